/* Files line by line, of any length: UTF-8 with or without a byte order mark, lines ended by LF or CRLF, gzip by the
 * name's end. What is wrong is named by its line. */
import { isUtf8 } from 'node:buffer'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ConfigurationError, FileFormatError } from '../errors.js'
import { explained, firstInvalidByte, openFile, tooLarge, utf16Of } from './files.js'

export interface ChunkOptions {
  /**
   * More bytes, as they are when unpacked, are refused. Default 8 GiB for a .gz file and for standard input, whose
   * lengths do not show; no bound for others.
   */
  maxBytes?: number | undefined
}

export interface LineOptions extends ChunkOptions {
  /** A longer line is refused, in bytes. Default 16 MiB. */
  longestLine?: number | undefined
}

export interface Line {
  /** Without its end. */
  readonly text: string
  /** From 1 on. */
  readonly number: number
}

/** Lines that were read together. */
export interface LineBatch {
  readonly lines: readonly string[]
  /** The first one's number. */
  readonly first: number
}

const CHUNK_SIZE = 2 ** 20

export const LONGEST_LINE = 2 ** 24

const MAX_UNPACKED_BYTES = 2 ** 33

/**
 * The bytes of a file in parts, unpacked where the name ends in .gz; `-` is standard input.
 * @throws ConfigurationError where it cannot be read or is too long, FileFormatError where it is no whole gzip file
 */
export async function* fileChunks(
  path: string,
  { maxBytes }: ChunkOptions = {},
): AsyncGenerator<Buffer, void, undefined> {
  const where = nameOf(path)
  const packed = path.endsWith('.gz')
  const limit = maxBytes ?? (packed || path === '-' ? MAX_UNPACKED_BYTES : Infinity)
  let length = 0
  for await (const chunk of packed ? unpackedChunks(path) : rawChunks(path, limit)) {
    length += chunk.length
    if (length > limit) {
      const cure = 'raise maxBytes (--max-bytes) where the file can be trusted'
      throw new ConfigurationError(
        `${where}: ${packed ? 'unpacked, ' : ''}it may have ${limit} bytes and has more; ${cure}`,
      )
    }
    yield chunk
  }
}

async function* rawChunks(path: string, maxBytes = Infinity): AsyncGenerator<Buffer, void, undefined> {
  const where = nameOf(path)
  if (path === '-') {
    try {
      for await (const chunk of process.stdin) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    } catch (error) {
      throw explained(error, where, 'read')
    }
    return
  }
  const file = await openFile(path)
  let failed = true
  try {
    const { size } = await file.stat()
    if (size > maxBytes) throw tooLarge(where, maxBytes, size)
    while (true) {
      const { buffer, bytesRead } = await file
        .read(Buffer.allocUnsafe(CHUNK_SIZE), 0, CHUNK_SIZE, null)
        .catch(error => {
          throw explained(error, where, 'read')
        })
      if (bytesRead === 0) break
      yield buffer.subarray(0, bytesRead)
    }
    failed = false
  } finally {
    await file.close().catch(error => {
      if (!failed) throw explained(error, where, 'read')
    })
  }
}

async function* unpackedChunks(path: string): AsyncGenerator<Buffer, void, undefined> {
  const stream = pipeline(Readable.from(rawChunks(path)), createGunzip({ chunkSize: CHUNK_SIZE }), () => {
    // The iteration below meets the error too; without a listener Node would end the process.
  })
  try {
    for await (const chunk of stream) yield chunk
  } catch (error) {
    if (!String((error as NodeJS.ErrnoException).code).startsWith('Z_')) throw error
    throw new FileFormatError(`${path}: it must be a whole gzip file; ${(error as Error).message}; fetch it again`)
  }
}

/**
 * A file's lines, a chunk of them at a time.
 * @throws ConfigurationError, FileFormatError that names the line
 */
export async function* lineBatches(
  path: string,
  { longestLine = LONGEST_LINE, maxBytes }: LineOptions = {},
): AsyncGenerator<LineBatch, void, undefined> {
  const where = nameOf(path)
  let first = 1
  const linesOf = (bytes: Buffer): LineBatch => {
    const batch = { lines: decoded(bytes, first, where), first }
    const long = batch.lines.findIndex(line => line.length > longestLine)
    if (long >= 0) throw tooLong(where, first + long, longestLine)
    first += batch.lines.length
    return batch
  }
  let open: Buffer[] = []
  let openBytes = 0
  for await (const chunk of fileChunks(path, { maxBytes })) {
    const end = chunk.lastIndexOf(0x0a)
    const tail = chunk.subarray(end + 1)
    if (end >= 0) {
      yield linesOf(Buffer.concat([...open, chunk.subarray(0, end)]))
      open = []
      openBytes = 0
    }
    open.push(tail)
    openBytes += tail.length
    if (openBytes > longestLine + 4) throw tooLong(where, first, longestLine)
  }
  if (openBytes > 0) yield linesOf(Buffer.concat(open))
}

/** A file's lines one by one: simple, at about a million lines a second. */
export async function* readLines(path: string, options: LineOptions = {}): AsyncGenerator<Line, void, undefined> {
  for await (const { lines, first } of lineBatches(path, options)) {
    for (let i = 0; i < lines.length; i++) yield { text: lines[i], number: first + i }
  }
}

/** What a file is called in messages. */
export function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path
}

function decoded(bytes: Buffer, first: number, where: string): string[] {
  if (!isUtf8(bytes)) {
    const offset = firstInvalidByte(bytes)
    let line = first
    for (let i = bytes.indexOf(0x0a); i >= 0 && i < offset; i = bytes.indexOf(0x0a, i + 1)) line++
    const came = `0x${bytes[offset].toString(16).padStart(2, '0')}`
    throw new FileFormatError(
      `${where}, line ${line}: the text must be UTF-8; got the byte ${came}; convert it, as with: iconv -f ${(first === 1 && utf16Of(bytes)) || 'LATIN1'} -t UTF-8`,
    )
  }
  let text: string
  try {
    text = bytes.toString('utf8')
  } catch (error) {
    throw new ConfigurationError(`${where}, line ${first}: the line is longer than a text can be`, { cause: error })
  }
  if (first === 1 && text.charCodeAt(0) === 0xfeff) text = text.slice(1)
  const lines = text.split('\n')
  if (!text.includes('\r')) return lines
  return lines.map(line => (line.endsWith('\r') ? line.slice(0, -1) : line))
}

function tooLong(where: string, line: number, longestLine: number): FileFormatError {
  return new FileFormatError(
    `${where}, line ${line}: a line must not be longer than ${longestLine} bytes; cut it, or raise longestLine`,
  )
}
