/* The file that --out names: like a run's folder it is never overwritten, and that it can be written is known before
 * any work is done. */
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ConfigurationError } from '../../src/index.js'
import { explained } from '../../src/node/files.js'
import { writeFileAtomically } from '../../src/node/index.js'
import { checkWritable, makeFolders } from '../../src/node/writing.js'

/** @throws ConfigurationError when something stands at the path, or no file can be made there */
export async function checkFree(path: string): Promise<void> {
  if (await stat(path).catch(() => undefined))
    throw new ConfigurationError(`${path}: it exists, and is never overwritten; choose another name or remove it`)
  await checkWritable(path, 'file')
}

/** The first of `folder/prefix-1ending`, `-2`, … that is free. */
export async function nextFree(folder: string, prefix: string, ending: string): Promise<string> {
  for (let n = 1; ; n++) {
    const path = join(folder, `${prefix}-${n}${ending}`)
    if (!(await stat(path).catch(() => undefined))) return path
  }
}

/** Writes the file whole or not at all, and the folders that it lies in. */
export async function writeNew(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  await checkFree(path)
  await makeFolders(dirname(path)).catch(error => {
    throw explained(error, path, 'write')
  })
  await writeFileAtomically(path, content)
}
