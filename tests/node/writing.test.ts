/* Files are written whole or not at all, whatever fails. */
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../../src/errors.js'
import { readFileBytes } from '../../src/node/files.js'
import { appendLine, dropTornLine, fileSystem, removeTemporaries, writeFileAtomically } from '../../src/node/writing.js'
import { type Call, failingFiles, shortWrites } from './failingFiles.js'
import { failure, folderForEach, permissionsHold } from './onDisk.js'

const folder = folderForEach('writing')

describe('writeFileAtomically', () => {
  it('writes a file, then another over it, and leaves nothing else', async () => {
    const path = join(folder.path, 'model.safetensors')
    await writeFileAtomically(path, Uint8Array.of(1, 2, 3))
    await writeFileAtomically(path, Uint8Array.of(4))
    await writeFileAtomically(join(folder.path, 'config.yaml'), 'seed: 1\n')
    expect([...(await readFile(path))]).toEqual([4])
    expect(await readFile(join(folder.path, 'config.yaml'), 'utf8')).toBe('seed: 1\n')
    expect((await readdir(folder.path)).toSorted()).toEqual(['config.yaml', 'model.safetensors'])
  })

  it('writes a file of many megabytes whole', async () => {
    const bytes = new Uint8Array(20_000_003).map((_, i) => i * 31)
    await writeFileAtomically(join(folder.path, 'large'), bytes)
    expect(Buffer.compare(await readFileBytes(join(folder.path, 'large')), bytes)).toBe(0)
  })

  it('replaces what a symbolic link points to, not the link', async () => {
    await writeFile(join(folder.path, 'old'), 'old')
    await symlink(join(folder.path, 'old'), join(folder.path, 'link'))
    await writeFileAtomically(join(folder.path, 'link'), 'new')
    expect(await readFile(join(folder.path, 'old'), 'utf8')).toBe('new')
  })

  it('says that the folder does not exist', async () => {
    const { message, kind } = await failure(writeFileAtomically(join(folder.path, 'no', 'm'), 'x'))
    expect(kind).toBe('configuration')
    expect(message).toBe(
      `${join(folder.path, 'no', 'm')}: cannot write the file: its folder does not exist; make the folder or choose another path`,
    )
  })

  it('says that a part of the path is a file', async () => {
    await writeFile(join(folder.path, 'file'), '')
    const { message } = await failure(writeFileAtomically(join(folder.path, 'file', 'm'), 'x'))
    expect(message).toMatch(/a part of its path is a file, not a folder; check the path$/)
  })

  it('says that the path is a folder, and removes its temporary file', async () => {
    await mkdir(join(folder.path, 'runs'))
    const { message } = await failure(writeFileAtomically(join(folder.path, 'runs'), 'x'))
    expect(message).toMatch(/it is a folder; give the path of a file$/)
    expect(await readdir(folder.path)).toEqual(['runs'])
  })

  it('keeps the old file when the bytes cannot be written', async () => {
    const path = join(folder.path, 'm')
    await writeFileAtomically(path, 'old')
    const { message } = await failure(writeFileAtomically(path, 7 as unknown as Uint8Array))
    expect(message).toContain(`${path}: cannot write the file`)
    expect(await readFile(path, 'utf8')).toBe('old')
    expect(await readdir(folder.path)).toEqual(['m'])
  })

  it.skipIf(!permissionsHold)('says that there is no permission to write in the folder', async () => {
    await chmod(folder.path, 0o555)
    const error = await failure(writeFileAtomically(join(folder.path, 'm'), 'x'))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toMatch(/no permission to write in its folder; change the folder's permissions/)
    await chmod(folder.path, 0o755)
  })

  it.skipIf(process.platform !== 'linux')(
    'says why a folder that nobody may write refuses, for the superuser too',
    async () => {
      // /proc takes no new files from anyone.
      const error = await failure(writeFileAtomically('/proc/self/model.safetensors', 'x'))
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error.message).toMatch(/^\/proc\/self\/model\.safetensors: cannot write the file: [^;]+; [^;]+/)
    },
  )

  it('writes on where the system takes a part of the bytes', async () => {
    await writeFileAtomically(join(folder.path, 'm'), 'some more bytes', shortWrites)
    expect(await readFile(join(folder.path, 'm'), 'utf8')).toBe('some more bytes')
  })
})

const codes: [code: string, cause: RegExp][] = [
  ['ENOSPC', /the disk is full; free some space/],
  ['EIO', /the disk or the network drive fails/],
  ['EINTR', /EINTR/],
  ['EBADF', /EBADF/],
]

describe('whatever call fails', () => {
  it.each(codes)(
    'with %s, writeFileAtomically leaves the old file or the new one, and nothing else',
    async (code, cause) => {
      const good = failingFiles()
      await writeFileAtomically(join(folder.path, 'm'), pieces('old'), good)
      const meets: Call[] = ['open', 'write', 'write', 'sync', 'close', 'rename', 'open', 'sync', 'close']
      expect(good.calls).toEqual(meets)
      for (const partly of [false, true]) {
        for (let at = 0; at < meets.length; at++) {
          await writeFileAtomically(join(folder.path, 'm'), pieces('old'))
          const files = failingFiles({ at, code, partly })
          const told = await writeFileAtomically(join(folder.path, 'm'), pieces('new'), files).then(
            () => undefined,
            (error: unknown) => error as Error,
          )
          // From the rename on, the new file stands; a folder that cannot be synced is told where a disk is to blame.
          const stands = await readFile(join(folder.path, 'm'), 'utf8')
          expect(stands).toBe(at <= meets.indexOf('rename') ? 'old and more' : 'new and more')
          if (at <= meets.indexOf('rename')) expect(told?.message).toMatch(cause)
          if (told) expect(told).toBeInstanceOf(ConfigurationError)
          expect(await readdir(folder.path)).toEqual(['m'])
        }
      }
    },
  )

  it('and the temporary file cannot be removed either, the fault is the first one, and what stands is whole', async () => {
    await writeFileAtomically(join(folder.path, 'm'), 'old')
    const files = failingFiles({ at: 1, code: 'ENOSPC', partly: true })
    const stuck = { ...files, remove: () => Promise.reject(new Error('stuck')) }
    expect((await failure(writeFileAtomically(join(folder.path, 'm'), 'new', stuck))).message).toMatch(
      /the disk is full/,
    )
    expect(await readFile(join(folder.path, 'm'), 'utf8')).toBe('old')
  })

  it.each(codes)('with %s, appendLine adds the line or leaves the file as it was', async (code, cause) => {
    const path = join(folder.path, 'lines')
    for (const partly of [false, true]) {
      for (let at = 0; at < 3; at++) {
        await writeFile(path, 'one\n')
        const error = await failure(appendLine(path, 'two', failingFiles({ at, code, partly })))
        expect(error.message).toMatch(cause)
        expect(await readFile(path, 'utf8')).toBe(at < 2 ? 'one\n' : 'one\ntwo\n')
      }
    }
  })

  async function* pieces(text: string) {
    yield Buffer.from(text)
    yield Buffer.from(' and more')
  }
})

describe('a line', () => {
  it('that a kill has torn is dropped, whole ones stay', async () => {
    const path = join(folder.path, 'lines')
    for (const [before, after] of [
      ['one\ntw', 'one\n'],
      ['one\ntwo\n', 'one\ntwo\n'],
      ['on', ''],
      ['', ''],
    ]) {
      await writeFile(path, before)
      await dropTornLine(path)
      expect(await readFile(path, 'utf8')).toBe(after)
    }
  })

  it('is written in parts where the system takes no more at once', async () => {
    await appendLine(join(folder.path, 'lines'), 'a line', shortWrites)
    await appendLine(join(folder.path, 'lines'), 'another', shortWrites)
    expect(await readFile(join(folder.path, 'lines'), 'utf8')).toBe('a line\nanother\n')
  })

  it.skipIf(process.platform !== 'linux')('for a device that is always full is refused', async () => {
    const full = { ...fileSystem, open: () => fileSystem.open('/dev/full', 'a') }
    expect((await failure(appendLine(join(folder.path, 'lines'), 'a line', full))).message).toMatch(/the disk is full/)
  })
})

describe('temporary files', () => {
  it('of writers that are gone are removed, those of living ones and other files are not', async () => {
    const living = `.recurra-${process.pid}-0123456789ab.tmp`
    // No system has a process of this number.
    for (const name of [living, '.recurra-99999999-0123456789ab.tmp', '.recurra-99999999-notes.tmp', 'm'])
      await writeFile(join(folder.path, name), '')
    await removeTemporaries(folder.path)
    expect((await readdir(folder.path)).toSorted()).toEqual(['.recurra-99999999-notes.tmp', living, 'm'].toSorted())
  })
})
