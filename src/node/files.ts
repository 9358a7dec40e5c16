// Reading whole files in Node. Whatever the operating system answers becomes one line that names the path, the cause and
// the cure. How files are written: writing.ts.
import { isUtf8 } from 'node:buffer'
import { type FileHandle, open } from 'node:fs/promises'
import { ConfigurationError, FileFormatError, type RecurraError } from '../errors.js'

// One read asks for at most this much: Node refuses reads past 2 GiB, and a model file may be longer.
const largestRead = 2 ** 28

/** All bytes of a file, pipes and files past 2 GiB included. Throws ConfigurationError. */
export async function readFileBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    const { size } = await file.stat()
    // One byte more than the size shows the end without growing; pipes and /proc files say 0 and grow.
    let bytes = new Uint8Array(Math.max(size, 65_535) + 1)
    let length = 0
    while (true) {
      const { bytesRead } = await file.read(bytes, length, Math.min(bytes.length - length, largestRead), null)
      if (bytesRead === 0) return bytes.subarray(0, length)
      length += bytesRead
      if (length === bytes.length) {
        const grown = new Uint8Array(2 * length)
        grown.set(bytes)
        bytes = grown
      }
    }
  } catch (error) {
    throw explained(error, path, 'read')
  } finally {
    await file?.close()
  }
}

/**
 * The text of a UTF-8 file, or of standard input for `-`. A byte order mark is dropped and CRLF becomes LF. Throws
 * FileFormatError with the place of the first byte that is not UTF-8, ConfigurationError when the file cannot be read.
 */
export async function readTextFile(path: string): Promise<string> {
  const where = path === '-' ? 'standard input' : path
  const bytes = path === '-' ? await readStandardInput() : await readFileBytes(path)
  if (!isUtf8(bytes)) throw new FileFormatError(`${where}: ${notUtf8(bytes)}`)
  let text: string
  try {
    text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  } catch (error) {
    throw explained(error, where, 'read')
  }
  if (text.charCodeAt(0) === 0xfeff) text = text.slice(1)
  return text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text
}

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of process.stdin) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  } catch (error) {
    throw explained(error, 'standard input', 'read')
  }
  return Buffer.concat(chunks)
}

function notUtf8(bytes: Uint8Array): string {
  const utf16 =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'UTF-16LE' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'UTF-16BE' : ''
  const offset = firstInvalidByte(bytes)
  const came = `byte ${offset} (0x${bytes[offset].toString(16).padStart(2, '0')}) is not${utf16 && `; it looks like ${utf16}`}`
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

/** What the system's error means to the user. */
export function explained(
  error: unknown,
  path: string,
  doing: 'read' | 'write',
  what: 'file' | 'folder' = 'file',
): RecurraError {
  const { code, message } = error as NodeJS.ErrnoException
  const [cause, cure] = causes(code, doing) ?? [message ?? String(error), 'mend the cause and try again']
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
    case 'ERR_INVALID_ARG_VALUE':
      return ['the path holds a null character', 'check the path']
    default:
      return undefined
  }
}
