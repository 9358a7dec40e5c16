/* Lines of a stream of bytes, unpacked where it is gzip, without ever holding more than a line beside a chunk. */
import { FileFormatError } from '../errors.js'

export type ByteSource = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** No line of an ARPA file comes near this; a file without line ends is not one. */
const LONGEST_LINE = 1 << 20

/** What a gzip file may unpack to where nothing else is said. */
const MAX_UNPACKED_BYTES = 2 ** 33

export interface ByteLineOptions {
  /** Opens the messages. */
  readonly where: string
  /** A gzip file that unpacks to more bytes is refused. Default 8 GiB. */
  readonly maxBytes?: number | undefined
}

/**
 * Calls with each line's place in some bytes, its end left out.
 * @throws FileFormatError for a line that is too long, and for gzip that is damaged or unpacks to too much
 */
export async function eachLine(
  source: ByteSource,
  options: ByteLineOptions,
  call: (bytes: Uint8Array, from: number, to: number) => void,
): Promise<void> {
  const { where } = options
  let rest = new Uint8Array(0)
  let line = 1
  for await (const chunk of unpacked(source, options)) {
    let from = 0
    if (rest.length > 0) {
      const end = chunk.indexOf(0x0a)
      rest = concatenated(rest, end < 0 ? chunk : chunk.subarray(0, end))
      if (rest.length > LONGEST_LINE) throw tooLong(where, line)
      if (end < 0) continue
      call(rest, 0, rest.length)
      line++
      from = end + 1
    }
    for (let end = chunk.indexOf(0x0a, from); end >= 0; end = chunk.indexOf(0x0a, from)) {
      call(chunk, from, end)
      line++
      from = end + 1
    }
    rest = chunk.slice(from)
    if (rest.length > LONGEST_LINE) throw tooLong(where, line)
  }
  if (rest.length > 0) call(rest, 0, rest.length)
}

/** The bytes packed by gzip, in chunks. */
export async function* gzipped(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  yield* through(chunks, new CompressionStream('gzip'))
}

async function* unpacked(
  source: ByteSource,
  { where, maxBytes = MAX_UNPACKED_BYTES }: ByteLineOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = source instanceof Uint8Array ? pieces(source) : source
  const iterator = chunksOf(chunks)
  let first = new Uint8Array(0)
  while (first.length < 2) {
    const { value, done } = await iterator.next()
    if (done) break
    first = concatenated(first, value)
  }
  const all = (async function* () {
    yield first
    yield* iterator
  })()
  if (first[0] !== 0x1f || first[1] !== 0x8b) return yield* all
  let length = 0
  try {
    for await (const chunk of through(all, new DecompressionStream('gzip'))) {
      length += chunk.length
      if (length > maxBytes)
        throw new FileFormatError(
          `${where}: unpacked, it may have ${maxBytes} bytes and has more; raise maxBytes where the file can be trusted`,
        )
      yield chunk
    }
  } catch (error) {
    if (error instanceof TypeError || (error as { code?: string }).code?.startsWith('Z_'))
      throw new FileFormatError(`${where}: the gzip data is damaged or cut short; fetch the file again`)
    throw error
  }
}

async function* chunksOf(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks
}

/** A large array is read in pieces, so that unpacking it does not hold all of it twice. */
function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 1 << 20) yield bytes.subarray(from, from + (1 << 20))
}

async function* through(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  stream: CompressionStream | DecompressionStream,
): AsyncGenerator<Uint8Array, void, undefined> {
  const writer = stream.writable.getWriter()
  const reader = stream.readable.getReader() as ReadableStreamDefaultReader<Uint8Array>
  // What fails in writing shows in reading too, but for a fault of the source itself.
  let fault: unknown
  const written = (async () => {
    try {
      for await (const chunk of chunks) await writer.write(chunk as Uint8Array<ArrayBuffer>)
      await writer.close()
    } catch (error) {
      fault = error
      await writer.abort(error).catch(() => {})
    }
  })()
  try {
    for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read())
      yield value as Uint8Array
  } finally {
    await reader.cancel().catch(() => {})
    await written
  }
  if (fault !== undefined) throw fault
}

function concatenated(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

function tooLong(where: string, line: number): FileFormatError {
  return new FileFormatError(
    `${where}: line ${line}: longer than ${LONGEST_LINE} bytes; an ARPA file has one n-gram a line`,
  )
}
