/* What kind of model a file holds: what it begins with decides, and its name only where that says nothing. */
import { FileFormatError, NGram } from '../../src/index.js'
import { openFile, usingFile } from '../../src/node/files.js'
import { fileChunks, readFileBytes } from '../../src/node/index.js'

/** What n-gram models are called: in binary form, as ARPA and as ARPA packed by gzip. */
export const NGRAM_MODEL = 'n-gram model'
/** What a file without metadata is taken for: its reader says what is wrong with it. */
const ASSUMED = 'language model'

/** SRILM may have written so much about the model before `\data\`. */
const INTRODUCTION = 1 << 16
/** A safetensors header is no longer. */
const LONGEST_HEADER = 100_000_000

/** @throws FileFormatError for a file that is no model */
export async function kindNameOf(path: string): Promise<string> {
  const head = await readAt(path, 0, INTRODUCTION)
  const text = head.toString('latin1')
  if (text.startsWith('recurra-gram')) return NGRAM_MODEL
  if (head[0] === 0x1f && head[1] === 0x8b) return NGRAM_MODEL
  // A safetensors file begins with its header's length in 8 bytes, then the header, which is JSON.
  if (head[8] === 0x7b) return savedNameOf(path, head)
  if (/^\s*\\data\\\s*$/m.test(text)) return NGRAM_MODEL
  if (/\.(arpa|arpa\.gz|ngram)$/.test(path)) return NGRAM_MODEL
  if (path.endsWith('.safetensors')) return ASSUMED
  throw new FileFormatError(
    `${path}: it is no model: neither one that recurra saved, nor an n-gram model in binary form or as ARPA; give such a file or the folder of a run`,
  )
}

/** The task in a safetensors file's metadata. */
async function savedNameOf(path: string, head: Buffer): Promise<string> {
  const length = Number(head.readBigUInt64LE(0))
  if (length > LONGEST_HEADER) return ASSUMED
  let task: unknown
  try {
    task = JSON.parse((await readAt(path, 8, length)).toString('utf8')).__metadata__?.['recurra.task']
  } catch {
    return ASSUMED
  }
  return typeof task === 'string' ? task : ASSUMED
}

export async function loadNGram(path: string): Promise<NGram> {
  const binary = (await readAt(path, 0, 12)).toString('latin1') === 'recurra-gram'
  if (binary || path.endsWith('.ngram')) return NGram.fromBytes(await readFileBytes(path), path)
  return NGram.fromArpa(fileChunks(path), { where: path })
}

async function readAt(path: string, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  const file = await openFile(path)
  return usingFile(file, path, async () => {
    const { bytesRead } = await file.read(bytes, 0, length, from)
    return bytes.subarray(0, bytesRead)
  })
}
