/* Opening files and reading whole ones in Node. Every file that the product opens is opened here, so that pipes, devices,
 * sockets and folders are refused and never waited for. Whatever the operating system answers becomes one line that names
 * the path, the cause and the cure. How files are written: writing.ts. */
import { constants as bufferConstants, isUtf8 } from 'node:buffer'
import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { ConfigurationError, FileFormatError, RecurraError } from '../errors.js'

/** One read asks for at most this much: Node refuses reads past 2 GiB, and a model file may be longer. */
const LARGEST_READ = 2 ** 28

/** The longest array of bytes in this version of Node. */
const LONGEST_BYTES = bufferConstants.MAX_LENGTH - 1

/** V8's longest string, in code units: 512 MiB. */
export const LONGEST_TEXT = bufferConstants.MAX_STRING_LENGTH

export interface ReadOptions {
  /** A longer file is refused before it is read. Default what can be held: 4 GiB as bytes, 512 MiB as a text. */
  readonly maxBytes?: number | undefined
}

/**
 * Opens a regular file, or a link to one. Never waits: a pipe, a device, a socket or a folder is refused before it is
 * opened, and once more after, as another may have taken its place.
 * @param flags `r` reads; `a` writes at the end, and makes the file where there is none
 * @throws ConfigurationError
 */
export async function openFile(path: string, flags: 'r' | 'a' = 'r'): Promise<FileHandle> {
  const doing = flags === 'r' ? 'read' : 'write'
  let file: FileHandle | undefined
  try {
    const before = flags === 'r' ? await stat(path) : await stat(path).catch(() => undefined)
    if (before) checkRegular(before, path, doing)
    const access = flags === 'r' ? constants.O_RDONLY : constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT
    // Windows has no O_NONBLOCK, and no pipes among its files.
    file = await open(path, access | (constants.O_NONBLOCK ?? 0), 0o666)
    checkRegular(await file.stat(), path, doing)
    return file
  } catch (error) {
    await file?.close().catch(() => {})
    throw explained(error, path, doing)
  }
}

function checkRegular(stats: Stats, path: string, doing: 'read' | 'write'): void {
  if (stats.isFile()) return
  if (stats.isDirectory()) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' })
  const kind = stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device'
  const cure =
    doing === 'read' ? 'give a regular file, or - for standard input where that is taken' : 'give a regular file'
  throw new ConfigurationError(`${path}: cannot ${doing} the file: it is ${kind}; ${cure}`)
}

/** Closes a file after `use`, whose error counts before one of closing. @throws ConfigurationError, and what `use` throws */
export async function usingFile<T>(file: FileHandle, path: string, use: () => Promise<T>): Promise<T> {
  let result: T
  try {
    result = await use()
  } catch (error) {
    await file.close().catch(() => {})
    throw isOfSystem(error) ? explained(error, path, 'read') : error
  }
  await file.close().catch(error => {
    throw explained(error, path, 'read')
  })
  return result
}

const isOfSystem = (error: unknown) => typeof (error as NodeJS.ErrnoException).code === 'string' || isOutOfMemory(error)

/** What V8 throws where a typed array finds no memory. */
const isOutOfMemory = (error: unknown) => error instanceof RangeError && error.message.includes('allocation failed')

/**
 * All bytes of a regular file, files past 2 GiB included.
 * @throws ConfigurationError where it cannot be read or is longer than `maxBytes`
 */
export async function readFileBytes(path: string, { maxBytes }: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const limit = Math.min(maxBytes ?? LONGEST_BYTES, LONGEST_BYTES)
  const file = await openFile(path)
  return usingFile(file, path, async () => {
    const { size } = await file.stat()
    if (size > limit) throw tooLarge(path, limit, size)
    // One byte more than the size shows the end without growing; files of /proc say 0 and grow.
    let bytes = new Uint8Array(Math.max(size, 65_535) + 1)
    let length = 0
    while (true) {
      const { bytesRead } = await file.read(bytes, length, Math.min(bytes.length - length, LARGEST_READ), null)
      if (bytesRead === 0) return bytes.subarray(0, length)
      length += bytesRead
      if (length > limit) throw tooLarge(path, limit)
      if (length === bytes.length) {
        const grown = new Uint8Array(Math.min(2 * length, LONGEST_BYTES + 1))
        grown.set(bytes)
        bytes = grown
      }
    }
  })
}

/** @param size where it is known */
export function tooLarge(where: string, limit: number, size?: number): ConfigurationError {
  const came = size === undefined ? 'it has more' : `it has ${size}`
  return new ConfigurationError(
    `${where}: it may have ${limit} bytes; ${came}; give a smaller file, or cut it into parts`,
  )
}

/**
 * The text of a UTF-8 file, or of standard input for `-`. A byte order mark is dropped and CRLF becomes LF.
 * @throws FileFormatError with the place of the first byte that is not UTF-8
 * @throws ConfigurationError where the file cannot be read or is longer than `maxBytes`
 */
export async function readTextFile(path: string, { maxBytes = LONGEST_TEXT }: ReadOptions = {}): Promise<string> {
  return textOf(path === '-' ? await readStandardInput(maxBytes) : await readFileBytes(path, { maxBytes }), path)
}

/** As `readTextFile`, from bytes that have been read. */
export function textOf(bytes: Uint8Array, path: string): string {
  const where = path === '-' ? 'standard input' : path
  // Longer ones may be a text all the same, as a character has up to four bytes; past 2 GiB V8 ends the process.
  if (bytes.length >= 2 ** 31) throw tooLarge(where, LONGEST_TEXT, bytes.length)
  checkUtf8(bytes, where)
  let text: string
  try {
    text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  } catch (error) {
    throw explained(error, where, 'read')
  }
  if (text.charCodeAt(0) === 0xfeff) text = text.slice(1)
  return text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text
}

async function readStandardInput(maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of process.stdin) {
      chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
      length += chunk.length
      if (length > maxBytes) throw tooLarge('standard input', maxBytes)
    }
  } catch (error) {
    throw explained(error, 'standard input', 'read')
  }
  return Buffer.concat(chunks)
}

/** @param before how many bytes have been read before these @throws FileFormatError where bytes are not UTF-8 */
export function checkUtf8(bytes: Uint8Array, where: string, before = 0): void {
  if (!isUtf8(bytes)) throw new FileFormatError(`${where}: ${notUtf8(bytes, before)}`)
}

/** What a byte order mark says, where it is UTF-16's. */
export function utf16Of(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'UTF-16LE'
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'UTF-16BE' : undefined
}

function notUtf8(bytes: Uint8Array, before: number): string {
  const utf16 = before === 0 ? utf16Of(bytes) : undefined
  const offset = firstInvalidByte(bytes)
  const came = `byte ${before + offset} (0x${bytes[offset].toString(16).padStart(2, '0')}) is not${utf16 ? `; it looks like ${utf16}` : ''}`
  return `the text must be UTF-8; ${came}; convert it, as with: iconv -f ${utf16 || 'LATIN1'} -t UTF-8`
}

/** Where the first sequence begins that is not well-formed UTF-8 (table 3-7 of the Unicode Standard); −1 if none. */
export function firstInvalidByte(bytes: Uint8Array): number {
  let i = 0
  while (i < bytes.length) {
    const lead = bytes[i]
    if (lead < 0x80) {
      i++
      continue
    }
    const more = lead >= 0xc2 && lead <= 0xdf ? 1 : (lead & 0xf0) === 0xe0 ? 2 : lead >= 0xf0 && lead <= 0xf4 ? 3 : 0
    if (more === 0) return i
    // The second byte keeps out longer forms than needed (E0, F0), surrogates (ED) and what lies past U+10FFFF (F4).
    const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
    const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
    if (!(bytes[i + 1] >= lowest && bytes[i + 1] <= highest)) return i
    for (let k = 2; k <= more; k++) if ((bytes[i + k] & 0xc0) !== 0x80) return i
    i += more + 1
  }
  return -1
}

/** What the system's error means to the user; an error of ours stays as it is. */
export function explained(
  error: unknown,
  path: string,
  doing: 'read' | 'write',
  what: 'file' | 'folder' = 'file',
): RecurraError {
  if (error instanceof RecurraError) return error
  const { code, message } = error as NodeJS.ErrnoException
  const [cause, cure] = causes(isOutOfMemory(error) ? 'ENOMEM' : code, doing) ?? [
    message ?? String(error),
    'mend the cause and try again',
  ]
  return new ConfigurationError(`${path}: cannot ${doing} the ${what}: ${cause}; ${cure}`, { cause: error })
}

function causes(code: string | undefined, doing: 'read' | 'write'): [cause: string, cure: string] | undefined {
  switch (code) {
    case 'ENOENT':
      return doing === 'read'
        ? ['it does not exist', 'check the path, which is relative to the current folder']
        : ['its folder does not exist', 'make the folder or choose another path']
    case 'ENOTDIR':
      return ['a part of its path is a file, not a folder', 'check the path']
    case 'EEXIST':
      return ['a file stands in its way', 'choose another path']
    case 'EISDIR':
    case 'ENOTEMPTY':
      return ['it is a folder', 'give the path of a file']
    case 'EACCES':
    case 'EPERM':
      return doing === 'read'
        ? ['no permission to read it', 'change its permissions or choose another file']
        : ['no permission to write in its folder', "change the folder's permissions or choose another folder"]
    case 'EROFS':
      return ['its file system is read-only', 'choose another folder']
    case 'ENOSPC':
    case 'EDQUOT':
      return ['the disk is full', 'free some space or choose another folder']
    case 'EIO':
      return ['the disk or the network drive fails', 'look at it, or choose another folder']
    case 'EFBIG':
      return ['its file system takes no file so large', 'choose another folder']
    case 'ENAMETOOLONG':
      return ['its path is too long', 'choose a shorter one']
    case 'ELOOP':
      return ['its symbolic links run in a circle', 'mend the links']
    case 'EMFILE':
    case 'ENFILE':
      return ['too many files are open', 'close some, or raise the limit with: ulimit -n']
    case 'ERR_STRING_TOO_LONG':
      return ['a text holds at most 512 MiB', 'cut the file into parts']
    case 'ENXIO':
      return ['nothing stands behind its name', 'give a regular file']
    case 'ENOMEM':
      return ['too little memory is free', 'end other programs, or choose a smaller file']
    case 'ERR_INVALID_ARG_VALUE':
      return ['the path holds a null character', 'check the path']
    default:
      return undefined
  }
}
