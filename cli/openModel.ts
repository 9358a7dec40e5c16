/* MODEL on the command line, whatever kind it is: a recurrent language model (a file, or a run's folder) or an n-gram
 * model (binary, ARPA, ARPA packed by gzip). What the file holds decides, and its name only where that says nothing. */
import { open } from 'node:fs/promises'
import { FileFormatError } from '../src/errors.js'
import { type EngineOptions, LanguageModel, NGram } from '../src/index.js'
import { explained, readFileBytes } from '../src/node/files.js'
import { modelFileOf } from '../src/node/index.js'
import { fileChunks } from '../src/node/lines.js'

export type OpenModel = LanguageModel | NGram

/** As help calls the argument. */
export const modelArgument = 'a model file, the folder of a run, or an n-gram model (binary, ARPA, gzip ARPA)'

/** SRILM may have written so much about the model before `\data\`. */
const looked = 1 << 16

type Kind = 'language model' | 'binary' | 'ARPA'

/**
 * Opens a model, lets `use` have it, and gives its memory back.
 * @throws FileFormatError for a file that is no model
 */
export async function withModel<T>(
  path: string,
  engine: EngineOptions,
  use: (model: OpenModel) => T | Promise<T>,
): Promise<T> {
  const file = await modelFileOf(path)
  const kind = await kindOf(file)
  if (kind === 'binary') return use(NGram.fromBytes(await readFileBytes(file), file))
  if (kind === 'ARPA') return use(await NGram.fromArpa(fileChunks(file), { where: file }))
  const model = await LanguageModel.load(file, engine)
  try {
    return await use(model)
  } finally {
    model.close()
    model.engine.close()
  }
}

/** As help calls the argument where only a recurrent model will do. */
export const recurrentModelArgument = 'a model file or the folder of a run'

/**
 * Opens a recurrent language model, lets `use` have it, and gives its memory back.
 * @throws FileFormatError for a file that is no such model
 */
export const withLanguageModel = <T>(
  path: string,
  engine: EngineOptions,
  use: (model: LanguageModel) => T | Promise<T>,
): Promise<T> =>
  withModel(path, engine, model => {
    if (model instanceof LanguageModel) return use(model)
    throw new FileFormatError(
      `${path}: it must be a recurrent model, which has states to look at; it is an n-gram model`,
    )
  })

async function kindOf(path: string): Promise<Kind> {
  const head = await headOf(path)
  const text = head.toString('latin1')
  if (text.startsWith('recurra-gram')) return 'binary'
  if (head[0] === 0x1f && head[1] === 0x8b) return 'ARPA'
  // A safetensors file begins with its header's length in 8 bytes, then the header, which is JSON.
  if (head[8] === 0x7b) return 'language model'
  if (/^\s*\\data\\\s*$/m.test(text)) return 'ARPA'
  if (/\.arpa(\.gz)?$/.test(path)) return 'ARPA'
  if (path.endsWith('.ngram')) return 'binary'
  if (path.endsWith('.safetensors')) return 'language model'
  throw new FileFormatError(
    `${path}: it is no model: neither a language model that recurra saved, nor an n-gram model in binary form or as ARPA; give such a file or the folder of a run`,
  )
}

async function headOf(path: string): Promise<Buffer> {
  const head = Buffer.alloc(looked)
  const file = await open(path).catch(error => {
    throw explained(error, path, 'read')
  })
  try {
    const { bytesRead } = await file.read(head, 0, looked, 0)
    return head.subarray(0, bytesRead)
  } catch (error) {
    throw explained(error, path, 'read')
  } finally {
    await file.close()
  }
}
