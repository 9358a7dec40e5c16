/* Files are read whole or refused in one line. */
import { execFileSync } from 'node:child_process'
import { chmod, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigurationError, FileFormatError } from '../../src/errors.js'
import { readCorpus } from '../../src/node/corpora.js'
import { firstInvalidByte, openFile, readFileBytes, readTextFile, usingFile } from '../../src/node/files.js'
import { fileChunks } from '../../src/node/lines.js'
import { failure, folderForEach, permissionsHold } from './onDisk.js'

const folder = folderForEach('files')

describe('readFileBytes', () => {
  it('reads an empty file, a small one and one that grows past its buffer', async () => {
    for (const size of [0, 1, 65_535, 65_536, 65_537, 300_000]) {
      const bytes = new Uint8Array(size).map((_, i) => i)
      await writeFile(join(folder.path, 'f'), bytes)
      expect(Buffer.compare(await readFileBytes(join(folder.path, 'f')), bytes)).toBe(0)
    }
  })

  it('refuses a file that is longer than asked for before it reads it', async () => {
    const path = join(folder.path, 'sparse')
    await writeFile(path, '')
    await truncate(path, 5 * 2 ** 30)
    expect((await failure(readFileBytes(path))).message).toMatch(
      /it may have \d+ bytes; it has 5368709120; give a smaller/,
    )
    expect((await failure(readTextFile(path))).message).toMatch(/it may have 536870888 bytes; it has 5368709120/)
    await truncate(path, 3 * 2 ** 30)
    expect((await failure(readTextFile(path))).message).toMatch(/it has 3221225472/)
    await truncate(path, 1001)
    expect((await failure(readFileBytes(path, { maxBytes: 1000 }))).message).toMatch(/may have 1000 bytes; it has 1001/)
    expect(await readFileBytes(path, { maxBytes: 1001 })).toHaveLength(1001)
  })

  it.skipIf(process.platform !== 'linux')('bounds a file that does not say its size', async () => {
    expect((await readFileBytes('/proc/self/status')).length).toBeGreaterThan(100)
    expect((await failure(readFileBytes('/proc/self/status', { maxBytes: 100 }))).message).toMatch(/it has more/)
  })

  it('tells an error at close in one line, and what was wrong before it first', async () => {
    const path = join(folder.path, 'f')
    await writeFile(path, 'some bytes')
    const opened = async () => {
      const file = await openFile(path)
      const close = file.close.bind(file)
      file.close = async () => {
        await close()
        throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
      }
      return file
    }
    const { message } = await failure(usingFile(await opened(), path, async () => 1))
    expect(message).toMatch(/f: cannot read the file: the disk or the network drive fails/)
    const first = usingFile(await opened(), path, () => Promise.reject(new FileFormatError('broken')))
    expect((await failure(first)).message).toBe('broken')
  })

  it('says that the file is missing', async () => {
    const { message, kind } = await failure(readFileBytes(join(folder.path, 'no.txt')))
    expect(kind).toBe('configuration')
    expect(message).toBe(
      `${join(folder.path, 'no.txt')}: cannot read the file: it does not exist; check the path, which is relative to the current folder`,
    )
  })

  it('says that the path is a folder', async () => {
    const error = await failure(readFileBytes(folder.path))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toBe(`${folder.path}: cannot read the file: it is a folder; give the path of a file`)
  })

  it('says that the path cannot be one', async () => {
    expect((await failure(readFileBytes('a\0b'))).message).toMatch(/null character/)
    expect((await failure(readFileBytes(join(folder.path, 'x'.repeat(5000))))).message).toMatch(/too long/)
  })

  it.skipIf(!permissionsHold)('says that there is no permission', async () => {
    await writeFile(join(folder.path, 'secret'), 'x')
    await chmod(join(folder.path, 'secret'), 0)
    expect((await failure(readFileBytes(join(folder.path, 'secret')))).message).toMatch(/no permission to read it/)
  })
})

describe.skipIf(process.platform === 'win32')('what is no regular file', () => {
  const readers = {
    openFile,
    readFileBytes,
    readTextFile,
    readCorpus,
    fileChunks: (path: string) => fileChunks(path).next(),
  }

  it('is refused, and never waited for: a pipe, also behind a link and packed', async () => {
    for (const name of ['pipe', 'pipe.gz']) {
      const pipe = join(folder.path, name)
      execFileSync('mkfifo', [pipe])
      await symlink(pipe, `${pipe}-link`)
      for (const path of [pipe, `${pipe}-link`])
        for (const read of Object.values(readers))
          expect((await failure(read(path))).message).toBe(
            `${path}: cannot read the file: it is a pipe; give a regular file, or - for standard input where that is taken`,
          )
      expect((await failure(openFile(pipe, 'a'))).message).toMatch(
        /cannot write the file: it is a pipe; give a regular/,
      )
    }
  })

  it('is refused: a device and a socket', async () => {
    const path = join(folder.path, 'socket')
    const server = createServer().listen(path)
    for (const read of Object.values(readers)) {
      expect((await failure(read('/dev/zero'))).message).toMatch(/^\/dev\/zero: cannot read the file: it is a device; /)
      expect((await failure(read(path))).message).toMatch(/cannot read the file: it is a socket; /)
      expect((await failure(read(folder.path))).message).toMatch(/it is a folder; /)
    }
    server.close()
  })

  it('may be written at the end, where it is a file or none', async () => {
    const path = join(folder.path, 'log')
    for (const line of ['a\n', 'b\n']) {
      const file = await openFile(path, 'a')
      await file.write(line)
      await file.close()
    }
    expect(await readFile(path, 'utf8')).toBe('a\nb\n')
    expect((await stat(path)).mode & 0o600).toBe(0o600)
  })
})

describe('readTextFile', () => {
  const textOf = async (bytes: Uint8Array | string) => {
    await writeFile(join(folder.path, 't.txt'), bytes)
    return readTextFile(join(folder.path, 't.txt'))
  }

  it('makes CRLF LF, drops the byte order mark and keeps the rest', async () => {
    expect(await textOf('\ufeffa\r\nb\n\r\n\u{1f600}\rc\ufeff')).toBe('a\nb\n\n\u{1f600}\rc\ufeff')
    expect(await textOf('')).toBe('')
    expect(await textOf('\ufeff')).toBe('')
  })

  it('names the first byte that is not UTF-8, and the cure', async () => {
    const error = await failure(textOf(Buffer.from('caf\xe9 au lait', 'latin1')))
    expect(error).toBeInstanceOf(FileFormatError)
    expect(error.message).toMatch(
      /t\.txt: the text must be UTF-8; byte 3 \(0xe9\) is not; convert it, as with: iconv -f LATIN1/,
    )
  })

  it('recognizes UTF-16', async () => {
    const error = await failure(textOf(Buffer.from('\ufeffhello', 'utf16le')))
    expect(error.message).toMatch(/byte 0 \(0xff\) is not; it looks like UTF-16LE; .*iconv -f UTF-16LE/)
  })

  it.each([
    ['a lone continuation', [0x61, 0x80], 1],
    ['a sequence cut short', [0x61, 0xe2, 0x82], 1],
    ['a longer form than needed', [0xc0, 0xaf], 0],
    ['a longer form of three', [0xe0, 0x80, 0xaf], 0],
    ['a surrogate', [0x61, 0x62, 0xed, 0xa0, 0x80], 2],
    ['a code past the last', [0xf4, 0x90, 0x80, 0x80], 0],
    ['a byte that never stands', [0x61, 0xff], 1],
  ])('refuses %s', async (_, bytes, offset) => {
    expect((await failure(textOf(Uint8Array.from(bytes)))).message).toContain(`byte ${offset} `)
  })

  it('finds an invalid byte exactly where the platform does', () => {
    const lead = fc.constantFrom(
      0x00,
      0x41,
      0x7f,
      0x80,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xe1,
      0xed,
      0xef,
      0xf0,
      0xf1,
      0xf4,
      0xf5,
    )
    const decoder = new TextDecoder('utf-8', { fatal: true })
    const valid = (bytes: Uint8Array) => {
      try {
        decoder.decode(bytes)
        return true
      } catch {
        return false
      }
    }
    fc.assert(
      fc.property(fc.array(lead, { maxLength: 8 }), values => {
        const bytes = Uint8Array.from(values)
        const offset = firstInvalidByte(bytes)
        expect(offset === -1).toBe(valid(bytes))
        if (offset >= 0) expect(valid(bytes.subarray(0, offset))).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  it('reads standard input for -', async () => {
    // A process of its own: this one's standard input belongs to the test runner.
    const script = `
      import { createServer } from 'vite'
      const server = await createServer({ configFile: false, server: { middlewareMode: true }, logLevel: 'silent' })
      const { readTextFile } = await server.ssrLoadModule('/src/node/files.ts')
      console.log(JSON.stringify(await readTextFile('-').catch(error => error.message)))
      await server.close()`
    const run = (input: Uint8Array) =>
      JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { input, encoding: 'utf8' }))
    expect(run(Buffer.from('\ufeffé\r\n'))).toBe('é\n')
    expect(run(Buffer.of(0x61, 0xff))).toMatch(/^standard input: the text must be UTF-8; byte 1 \(0xff\) is not/)
  }, 30_000)

  it('leaves the file as it was', async () => {
    await textOf('a\r\n')
    expect((await stat(join(folder.path, 't.txt'))).size).toBe(3)
  })
})
