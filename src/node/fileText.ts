/* A text that stays in its file, because it is too long to be held: UTF-8, read by chunks, each time anew.
 * One pass at the beginning checks every byte and notes where in the text each chunk begins, so that any part is found
 * without reading what stands before it. Reading is synchronous, as counting and encoding are. */
import { randomBytes } from 'node:crypto'
import { fstatSync, readSync, writeSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { codePoints, type TextSource } from '../data/corpora/corpus.js'
import { ConfigurationError } from '../errors.js'
import { checkUtf8, explained, openFile } from './files.js'
import { nameOf } from './lines.js'

// Small beside the pieces that a long text is split into, as a piece is read by whole chunks.
const CHUNK_SIZE = 2 ** 18

/** Closes the files of texts that nobody has any more. */
const dropped = new FinalizationRegistry<FileHandle>(file => void file.close().catch(() => {}))

export class FileText implements TextSource {
  length = 0
  characters = 0
  /** Of each chunk the place of its first byte in the file, and of its first code unit in the text. */
  private readonly bytesBefore: number[] = []
  private readonly lengthBefore: number[] = []
  private readonly size: number
  private readonly changed: number
  private readonly chunk = Buffer.alloc(CHUNK_SIZE)

  private constructor(
    private readonly file: FileHandle,
    private readonly where: string,
  ) {
    const { size, mtimeMs } = fstatSync(file.fd)
    this.size = size
    this.changed = mtimeMs
    dropped.register(this, file)
  }

  /**
   * The text of a file whose beginning has been read. Where that cannot be read again (it is packed, or it is standard
   * input), it goes to a temporary file, which has no name and ends with the program.
   * @throws ConfigurationError, FileFormatError
   */
  static async open(
    path: string,
    begun: readonly Uint8Array[],
    rest: AsyncGenerator<Uint8Array, void, undefined>,
  ): Promise<FileText> {
    const where = nameOf(path)
    const plain = path !== '-' && !path.endsWith('.gz')
    if (plain) await rest.return()
    const text = new FileText(plain ? await openFile(path) : await unpacked(begun, rest), where)
    await text.index()
    return text
  }

  *chunks(from = 0, to: number = this.length): Generator<string, void, undefined> {
    const { size, mtimeMs } = fstatSync(this.file.fd)
    if (size !== this.size || mtimeMs !== this.changed)
      throw new ConfigurationError(`${this.where}: the file has changed since it was opened; begin again`)
    for (let i = this.chunkAt(from); i < this.bytesBefore.length && this.lengthBefore[i] < to; i++) {
      const text = this.read(this.bytesBefore[i]).text
      const begin = this.lengthBefore[i]
      const part = text.slice(Math.max(0, from - begin), to - begin)
      if (part !== '') yield part
    }
  }

  /** The one pass that sees everything first. */
  private async index(): Promise<void> {
    for (let at = 0; at < this.size; ) {
      const { text, bytes } = this.read(at, true)
      this.bytesBefore.push(at)
      this.lengthBefore.push(this.length)
      this.length += text.length
      this.characters += codePoints(text)
      at += bytes
      await setImmediate()
    }
  }

  /** The last chunk that does not begin after a place of the text. */
  private chunkAt(place: number): number {
    let low = 0
    let high = this.lengthBefore.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.lengthBefore[middle] <= place) low = middle
      else high = middle - 1
    }
    return low
  }

  /** The chunk that begins at a byte: whole characters, and no line end cut in two. */
  private read(at: number, check = false): { text: string; bytes: number } {
    let length = 0
    try {
      while (length < CHUNK_SIZE) {
        const read = readSync(this.file.fd, this.chunk, length, CHUNK_SIZE - length, at + length)
        if (read === 0) break
        length += read
      }
    } catch (error) {
      throw explained(error, this.where, 'read')
    }
    if (length === CHUNK_SIZE && at + length < this.size) length = wholeLength(this.chunk)
    const bytes = this.chunk.subarray(0, length)
    if (check) checkUtf8(bytes, this.where, at)
    let text = bytes.toString('utf8')
    if (at === 0 && text.charCodeAt(0) === 0xfeff) text = text.slice(1)
    return { text: text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text, bytes: length }
  }
}

/** So much of a full chunk that the rest begins with a character, which is no LF after a CR. */
function wholeLength(bytes: Uint8Array): number {
  let end = bytes.length
  while (end > bytes.length - 4 && (bytes[end - 1] & 0xc0) === 0x80) end--
  const lead = bytes[end - 1]
  const wanted = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  end = end - 1 + wanted > bytes.length ? end - 1 : bytes.length
  return bytes[end - 1] === 0x0d ? end - 1 : end
}

async function unpacked(begun: readonly Uint8Array[], rest: AsyncGenerator<Uint8Array>): Promise<FileHandle> {
  const path = join(tmpdir(), `recurra-${process.pid}-${randomBytes(6).toString('hex')}.txt`)
  const file = await open(path, 'wx+').catch(error => {
    throw explained(error, path, 'write')
  })
  const write = (bytes: Uint8Array) => {
    try {
      for (let from = 0; from < bytes.length; ) from += writeSync(file.fd, bytes, from)
    } catch (error) {
      throw explained(error, path, 'write')
    }
  }
  try {
    // Without a name the file is gone with the program, however that ends.
    await rm(path)
    for (const chunk of begun) write(chunk)
    for await (const chunk of rest) write(chunk)
    return file
  } catch (error) {
    await file.close().catch(() => {})
    throw error
  }
}
