/* A file on disk becomes three parts, or one line says why not. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigurationError, FileFormatError } from '../../src/errors.js'
import { readText } from '../../src/node/corpora.js'

let path: string
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'recurra-corpora-')), 'book.txt')
})
afterEach(() => rm(join(path, '..'), { recursive: true, force: true }))

const text = Array.from({ length: 2000 }, (_, i) => `sentence number ${i}\r\n`).join('')

describe('readText', () => {
  it('splits a file into parts that hold it all', async () => {
    await writeFile(path, text)
    const { train, validation, test } = await readText(path, { seed: 3, validation: 0.1 })
    const lines = [train, validation, test].flatMap(part => part.text.split('\n').filter(line => line !== ''))
    expect(lines.toSorted()).toEqual(text.trim().split('\r\n').toSorted())
    expect(train.name).toBe(`${path} (training)`)
    expect(validation.text.length / text.length).toBeCloseTo(0.1, 1)
  })

  it('draws by seed', async () => {
    await writeFile(path, text)
    expect(await readText(path, { seed: 1 })).toEqual(await readText(path))
    expect(await readText(path, { seed: 2 })).not.toEqual(await readText(path))
  })

  it.each([
    ['', 'is empty'],
    ['\ufeff', 'is empty'],
    [' \r\n\t', 'holds nothing but white space'],
  ])('refuses a file without text: %j', async (content, came) => {
    await writeFile(path, content)
    const message = `${path}: a text to train on must hold characters; it ${came}; give another file`
    await expect(readText(path)).rejects.toThrow(new ConfigurationError(message))
  })

  it('refuses a file that is too short, missing, or not UTF-8', async () => {
    await expect(readText(path)).rejects.toThrow(/it does not exist/)
    await writeFile(path, 'ab')
    await expect(readText(path)).rejects.toThrow(/book\.txt: 2 characters in 2 pieces cannot fill three parts/)
    await writeFile(path, Uint8Array.of(0x61, 0xe9))
    await expect(readText(path)).rejects.toThrow(FileFormatError)
  })
})
