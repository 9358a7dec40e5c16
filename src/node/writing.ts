/* Writing files in Node so that nothing is torn: after a kill, a power cut or a full disk the old file or the new one is
 * there, whole; of a file that grows by lines, every whole line. What it asks of the file system stands in one record. */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, realpath, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ConfigurationError, RecurraError } from '../errors.js'
import { explained, readFileBytes } from './files.js'
import { isProcess } from './processes.js'

/** A file that is open, as far as writing goes. */
export interface OpenFile {
  /** How many of the bytes were taken, which may be fewer. */
  write(bytes: Uint8Array): Promise<number>
  size(): Promise<number>
  truncate(size: number): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

/** What keeping files asks of a file system. Each may fail as the system's calls do, with a `code`. */
export interface FileOperations {
  /** `wx` makes a new file, `a` writes at the end of one that may be there, `r` opens a folder to sync it. */
  open(path: string, flags: 'wx' | 'a' | 'r'): Promise<OpenFile>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
}

/** Opening a pipe does not wait for its reader: it fails. */
const FLAGS = {
  wx: 'wx',
  a: constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0),
  r: 'r',
}

/** The operating system's. */
export const fileSystem: FileOperations = {
  async open(path, flags) {
    const file = await open(path, FLAGS[flags])
    return {
      write: async bytes => (await file.write(bytes)).bytesWritten,
      size: async () => (await file.stat()).size,
      truncate: size => file.truncate(size),
      sync: () => file.sync(),
      close: () => file.close(),
    }
  },
  rename,
  remove: path => rm(path, { force: true }),
}

/** What a file is written from. */
export type FileContent = Uint8Array | string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** Who may write in a folder, where that is one process alone: `RunLock` is one. */
export interface Ownership {
  /** 32 hexadecimal digits that no other owner has. */
  readonly token: string
  /** @throws RecurraError when another owns the folder */
  check(): Promise<void>
}

/**
 * Writes a file so that nobody ever sees half of it: a temporary file in the same folder (renaming works only within a
 * file system) is written, synced and renamed over `path`, then the folder is synced, so that the name survives a
 * power cut too. On failure the temporary file is removed and an existing file is as it was, but where only the last
 * sync failed: then the new file stands. A symbolic link stays a link; its target is replaced.
 * @param owner the temporary file's name holds its token, and the ownership is checked before and after the rename
 * @throws ConfigurationError when the file cannot be written
 * @throws RecurraError when another owns the folder
 */
export async function writeFileAtomically(
  path: string,
  content: FileContent,
  files = fileSystem,
  owner?: Ownership,
): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const folder = dirname(target)
  const temporary = join(folder, `${PREFIX}${owner?.token ?? process.pid}-${randomBytes(6).toString('hex')}.tmp`)
  try {
    const file = await files.open(temporary, 'wx')
    try {
      for await (const chunk of chunksOf(content)) await writeAll(file, chunk)
      await file.sync()
    } finally {
      await file.close()
    }
    await owner?.check()
    await files.rename(temporary, target)
  } catch (error) {
    await files.remove(temporary).catch(() => {})
    // Whoever takes a folder over removes the temporary files of the one before.
    await owner?.check()
    throw error instanceof RecurraError ? error : explained(error, path, 'write')
  }
  await syncFolder(folder, files).catch(error => {
    throw explained(error, path, 'write')
  })
  await owner?.check()
}

const PREFIX = '.recurra-'

/**
 * Adds a line to a file, whole or not at all: where it cannot be written whole, what was written is taken back. A kill or
 * a power cut may still leave a part of it, which readers must expect at a file's end.
 * @param owner is checked between opening the file and writing: whoever takes over replaces the file by a copy
 * @throws ConfigurationError when the file cannot be written
 * @throws RecurraError when another owns the folder
 */
export async function appendLine(path: string, line: string, files = fileSystem, owner?: Ownership): Promise<void> {
  try {
    const file = await files.open(path, 'a')
    try {
      await owner?.check()
      const size = await file.size()
      try {
        await writeAll(file, Buffer.from(`${line}\n`))
      } catch (error) {
        await file.truncate(size).catch(() => {})
        throw error
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    throw error instanceof RecurraError ? error : explained(error, path, 'write')
  }
}

/** Ends a file of lines after its last whole one: a writer may have been killed within the next. */
export async function dropTornLine(path: string, files = fileSystem): Promise<void> {
  const bytes = await readFileBytes(path)
  const end = bytes.lastIndexOf(0x0a) + 1
  if (end === bytes.length) return
  try {
    const file = await files.open(path, 'a')
    try {
      await file.truncate(end)
    } finally {
      await file.close()
    }
  } catch (error) {
    throw explained(error, path, 'write')
  }
}

/**
 * Removes what writers that were killed have left in a folder; files of living processes stay.
 * @param owner of the folder: of other owners none may write there, so their files go
 * @throws ConfigurationError when a file of another owner cannot be removed
 */
export async function removeTemporaries(
  folder: string,
  files = fileSystem,
  owner?: Pick<Ownership, 'token'>,
): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const writer = /^\.recurra-([0-9a-f]{32}|\d+)-[0-9a-f]{12}\.tmp$/.exec(name)?.[1]
    const path = join(folder, name)
    if (writer === undefined || writer === owner?.token) continue
    if (writer.length < 32) {
      if (!isProcess(Number(writer))) await files.remove(path).catch(() => {})
    } else if (owner) {
      await files.remove(path).catch(error => {
        throw explained(error, path, 'write')
      })
    }
  }
}

/**
 * Makes a folder and those that it lies in, where they are missing. Node's own recursive `mkdir` never ends on a file
 * system that answers "no such file" to a new name, as /proc does.
 */
export async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && (await isFolder(path))) return
    if (code !== 'ENOENT' || dirname(path) === path) throw error
    if (await isFolder(dirname(path))) throw Object.assign(new Error('no new names'), { code: 'EROFS' })
    await makeFolders(dirname(path))
    await mkdir(path)
  }
}

/**
 * Tries whether a file or a folder could be made at a path: in the nearest folder that is there, one is made and removed.
 * @throws ConfigurationError when it could not
 */
export async function checkWritable(path: string, what: 'file' | 'folder'): Promise<void> {
  try {
    let folder = dirname(path)
    while (!(await stat(folder).catch(() => undefined)) && dirname(folder) !== folder) folder = dirname(folder)
    if (!(await isFolder(folder)))
      throw new ConfigurationError(`${path}: ${folder} is a file, not a folder; choose another path`)
    const trial = await mkdtemp(join(folder, PREFIX)).catch(async error => {
      if (error.code === 'ENOENT' && (await isFolder(folder))) error.code = 'EROFS'
      throw error
    })
    await rmdir(trial)
  } catch (error) {
    throw error instanceof RecurraError ? error : explained(error, path, 'write', what)
  }
}

const isFolder = (path: string) =>
  stat(path).then(
    state => state.isDirectory(),
    () => false,
  )

/** One call asks for at most this much: Node refuses writes past 2 GiB, and a model file may be longer. */
const LARGEST_WRITE = 2 ** 28

async function* chunksOf(content: FileContent): AsyncGenerator<Uint8Array, void, undefined> {
  if (typeof content === 'string') yield Buffer.from(content)
  else if (content instanceof Uint8Array) yield content
  else yield* content
}

/** A system may take a part of what it is given, and says how much. */
export async function writeAll(file: OpenFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const written = await file.write(bytes.subarray(at, at + LARGEST_WRITE))
    if (!(written > 0)) throw Object.assign(new Error('the file takes no more bytes'), { code: 'ENOSPC' })
    at += written
  }
}

/** Not every system lets a folder be opened or synced (Windows, some network drives): the file itself stands already. */
async function syncFolder(folder: string, files: FileOperations): Promise<void> {
  let handle: OpenFile | undefined
  try {
    handle = await files.open(folder, 'r')
    await handle.sync()
  } catch (error) {
    if (['EIO', 'ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    await handle?.close()
  }
}
