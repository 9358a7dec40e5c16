/* A text that stays in its file is the text that is held, wherever its chunks are cut. */
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigurationError, FileFormatError } from '../../src/errors.js'
import { readCorpus, readText } from '../../src/node/corpora.js'
import { Random, seedKey } from '../../src/random.js'

const mostHeld = 1000
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recurra-long-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** More than a megabyte of characters of one to four bytes and line ends of both kinds: no boundary is spared for long. */
function hardBytes(seed: number): Buffer {
  const random = new Random(seedKey(seed))
  const units = ['a', 'é', '中', '\u{1f600}', ' ', '\r\n', '\n', '\r']
  return Buffer.from(Array.from({ length: 600_000 }, () => random.choose(units)).join(''))
}

async function written(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, bytes)
  return path
}

describe('a file longer than what is held', () => {
  it.each([1, 2, 3, 4])('has the text, the lines and the parts of the file that is held (%i)', async seed => {
    const path = await written('hard.txt', Buffer.concat([Buffer.from(seed % 2 ? '\ufeff' : ''), hardBytes(seed)]))
    const held = await readCorpus(path)
    const long = await readCorpus(path, { mostHeld })
    expect([held.isHeld, long.isHeld]).toEqual([true, false])
    expect(long.text === held.text).toBe(true)
    expect([long.length, long.characters, long.name]).toEqual([held.length, held.characters, held.name])
    const parts = await readText(path, { mostHeld, seed })
    const heldParts = await readText(path, { seed })
    for (const part of ['train', 'validation', 'test'] as const) {
      expect(parts[part].text === heldParts[part].text).toBe(true)
      expect(parts[part].characters).toBe(heldParts[part].characters)
    }
    for (const [from, to] of [
      [0, 1],
      [262_100, 262_190],
      [100_000, 600_000],
      [long.length - 5, long.length],
    ])
      expect([...long.chunks(from, to)].join('')).toBe(held.text.slice(from, to))
  })

  it('has its chunks cut inside no character and no line end', async () => {
    const around = 'é\u{1f600}\r\n中\r\r\n'
    for (let before = 2 ** 18 - Buffer.byteLength(around); before <= 2 ** 18; before++) {
      const text = `${'a'.repeat(before)}${around}${'b'.repeat(1000)}\r`
      const long = await readCorpus(await written('cut.txt', Buffer.from(text)), { mostHeld })
      expect(long.text === text.replaceAll('\r\n', '\n')).toBe(true)
    }
  })

  it('may be packed', async () => {
    const path = await written('hard.txt.gz', gzipSync(hardBytes(5)))
    const before = (await readdir(tmpdir())).filter(name => name.startsWith(`recurra-${process.pid}-`))
    const long = await readCorpus(path, { mostHeld })
    expect(long.isHeld).toBe(false)
    expect(long.text === (await readCorpus(path)).text).toBe(true)
    expect((await readdir(tmpdir())).filter(name => name.startsWith(`recurra-${process.pid}-`))).toEqual(before)
  })

  it('is refused with the place of the first byte that is not UTF-8', async () => {
    const bytes = hardBytes(6)
    const far = bytes.indexOf('a', 900_000)
    bytes[far] = 0xff
    const path = await written('bad.txt', bytes)
    await expect(readCorpus(path, { mostHeld })).rejects.toThrow(new RegExp(`byte ${far} \\(0xff\\) is not`))
    await expect(readCorpus(path, { mostHeld })).rejects.toThrow(FileFormatError)
    await expect(readCorpus(path)).rejects.toThrow(new RegExp(`byte ${far} \\(0xff\\) is not`))
  })

  it('may not change while it is used', async () => {
    const path = await written('changing.txt', hardBytes(7))
    const long = await readCorpus(path, { mostHeld })
    await utimes(path, 1, 1)
    expect(() => long.text).toThrow(ConfigurationError)
    expect(() => long.text).toThrow(/the file has changed since it was opened/)
  })
})
