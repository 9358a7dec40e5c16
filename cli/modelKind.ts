/* What kind of model a file holds, and which verb uses that kind: a model of the wrong kind is answered with the right verb. */
import { open } from 'node:fs/promises'
import { FileFormatError } from '../src/errors.js'
import { explained } from '../src/node/files.js'

/** Task in a model's file → what uses such a model. */
const verbs: Readonly<Record<string, string>> = {
  'language model': 'generate',
  classifier: 'classify',
  tagger: 'tag',
  translator: 'translate',
  regressor: 'eval',
}

/** The task stands at the file's beginning, before the vocabulary. */
const LOOKED = 4096

/** The task of a safetensors file that recurra saved; undefined of another file. */
export async function taskOfFile(path: string): Promise<string | undefined> {
  const head = Buffer.alloc(LOOKED)
  const file = await open(path).catch(error => {
    throw explained(error, path, 'read')
  })
  try {
    const { bytesRead } = await file.read(head, 0, LOOKED, 0)
    const text = head.subarray(0, bytesRead).toString('utf8')
    return /"recurra\.task":"([^"]*)"/.exec(text)?.[1]
  } catch (error) {
    throw explained(error, path, 'read')
  } finally {
    await file.close()
  }
}

/**
 * @param wanted what the verb takes
 * @throws FileFormatError where the file holds another kind of model
 */
export async function checkTask(path: string, wanted: string): Promise<void> {
  const task = await taskOfFile(path)
  if (task === undefined || task === wanted) return
  const cure = verbs[task] ? `use recurra ${verbs[task]}` : `give a ${wanted}`
  throw new FileFormatError(`${path}: a ${wanted} is wanted; the file holds a ${task}; ${cure}`)
}
