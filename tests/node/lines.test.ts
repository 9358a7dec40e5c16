/* Files come line by line, whatever ends their lines and wherever their chunks are cut; what is wrong is named by line. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigurationError, FileFormatError } from '../../src/errors.js'
import { fileChunks, lineBatches, readLines } from '../../src/node/lines.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recurra-lines-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function linesOf(
  content: string | Uint8Array,
  { name = 'a.txt', longestLine }: { name?: string; longestLine?: number } = {},
) {
  await writeFile(join(folder, name), content)
  const lines: string[] = []
  for await (const { text, number } of readLines(join(folder, name), { longestLine })) {
    lines.push(text)
    expect(number).toBe(lines.length)
  }
  return lines
}

describe('readLines', () => {
  it('gives lines without their ends and without a byte order mark', async () => {
    expect(await linesOf('\ufeffa\r\n\r\nb\n\n\u{1f600}\rc\r\n')).toEqual(['a', '', 'b', '', '\u{1f600}\rc'])
    expect(await linesOf('a\nb')).toEqual(['a', 'b'])
    expect(await linesOf('\n')).toEqual([''])
    expect(await linesOf('')).toEqual([])
    expect(await linesOf('a\n\ufeffb')).toEqual(['a', '\ufeffb'])
  })

  it('gives the lines of any text, gzipped or not', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '\u{1f600}', '\n', '\r\n', ' '), maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(text, async content => {
        const expected = content.split(/\r?\n/)
        if (expected.at(-1) === '') expected.pop()
        expect(await linesOf(content)).toEqual(expected)
        expect(await linesOf(gzipSync(content), { name: 'a.txt.gz' })).toEqual(expected)
      }),
      { numRuns: 50 },
    )
  })

  it('joins what chunks cut, characters and line ends too', async () => {
    const lines = Array.from({ length: 120_000 }, (_, i) => `${i} ${'é\u{1f600}'.repeat(i % 7)}`)
    lines[500] = 'é'.repeat(1_700_000)
    expect(await linesOf(lines.join('\r\n'))).toEqual(lines)
  })

  it('reads with memory for a chunk, not for the file', async () => {
    const path = join(folder, 'large.txt')
    await writeFile(path, 'one line of a large file, which is long\n'.repeat(2_000_000))
    let lines = 0
    let most = 0
    for await (const batch of lineBatches(path)) {
      lines += batch.lines.length
      most = Math.max(most, batch.lines.length)
    }
    expect(lines).toBe(2_000_000)
    expect(most).toBeLessThan(60_000)
  })

  it('names the line that is not UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from('a\nb\nc '), Buffer.of(0xe9), Buffer.from('\nd\n')])
    await expect(linesOf(bytes)).rejects.toThrow(FileFormatError)
    await expect(linesOf(bytes)).rejects.toThrow(/a\.txt, line 3: the text must be UTF-8; got the byte 0xe9; convert/)
    await expect(linesOf(Buffer.of(0x61, 0xe2, 0x82))).rejects.toThrow(/line 1: .* got the byte 0xe2/)
  })

  it('names the line that is too long, before it fills the memory', async () => {
    const longestLine = 100
    expect(await linesOf(`a\n${'x'.repeat(100)}\n`, { longestLine })).toHaveLength(2)
    await expect(linesOf(`a\n${'x'.repeat(101)}\nb`, { longestLine })).rejects.toThrow(
      /a\.txt, line 2: a line must not be longer than 100 bytes; cut it, or raise longestLine/,
    )
    await expect(linesOf(`a\n${'x'.repeat(3_000_000)}`, { longestLine })).rejects.toThrow(/line 2: a line must not be/)
  })

  it('bounds what a packed file may unpack to, and a plain one where it is asked to', async () => {
    const path = join(folder, 'bomb.txt.gz')
    await writeFile(path, gzipSync('x'.repeat(3_000_000)))
    const read = async (path: string, maxBytes?: number) => {
      let length = 0
      for await (const chunk of fileChunks(path, { maxBytes })) length += chunk.length
      return length
    }
    expect(await read(path)).toBe(3_000_000)
    expect(await read(path, 3_000_000)).toBe(3_000_000)
    await expect(read(path, 2_999_999)).rejects.toThrow(
      /bomb\.txt\.gz: unpacked, it may have 2999999 bytes and has more; raise maxBytes \(--max-bytes\) where the file can/,
    )
    const plain = join(folder, 'plain.txt')
    await writeFile(plain, 'x'.repeat(1001))
    await expect(read(plain, 1000)).rejects.toThrow(/plain\.txt: it may have 1000 bytes; it has 1001/)
    await expect(readLines(path, { maxBytes: 10 }).next()).rejects.toThrow(/unpacked, it may have 10 bytes/)
  })

  it('says what is wrong with a file', async () => {
    await expect(linesOf('no gzip', { name: 'a.gz' })).rejects.toThrow(
      /a\.gz: it must be a whole gzip file; .*fetch it/,
    )
    const cut = gzipSync('some text\n'.repeat(1000)).subarray(0, -20)
    await expect(linesOf(cut, { name: 'a.gz' })).rejects.toThrow(FileFormatError)
    for (const name of ['none.txt', 'none.txt.gz']) {
      const chunks = fileChunks(join(folder, name))
      await expect(chunks.next()).rejects.toThrow(ConfigurationError)
      await expect(fileChunks(join(folder, name)).next()).rejects.toThrow(/cannot read the file: it does not exist/)
    }
    await expect(fileChunks(folder).next()).rejects.toThrow(/it is a folder; give the path of a file/)
  })

  it('may be left early', async () => {
    const path = join(folder, 'left.txt.gz')
    await writeFile(path, gzipSync('line\n'.repeat(1_000_000)))
    for (let i = 0; i < 50; i++) {
      for await (const { text } of readLines(path)) {
        expect(text).toBe('line')
        break
      }
    }
  })

  it('reads standard input for -', () => {
    const script = `
      import { createServer } from 'vite'
      const server = await createServer({ configFile: false, server: { middlewareMode: true }, logLevel: 'silent' })
      const { readLines } = await server.ssrLoadModule('/src/node/lines.ts')
      const lines = []
      for await (const { text } of readLines('-')) lines.push(text)
      console.log(JSON.stringify(lines))
      await server.close()`
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      input: 'é\r\nb',
      encoding: 'utf8',
    })
    expect(JSON.parse(run.stdout)).toEqual(['é', 'b'])
  }, 30_000)
})
