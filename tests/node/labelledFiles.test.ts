/* Labelled texts from tables, JSON lines and folders of classes; parts that are given as files of their own. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readClassFolder, readLabelled, readLabelledCorpus } from '../../src/node/labelledFiles.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recurra-labelled-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}

describe('a folder of classes', () => {
  it('has a file for each, with a text a line; what is about them is no class', async () => {
    await write({
      'names/Czech.txt': 'Abl\n\nAdsit\n',
      'names/Irish.txt': 'Adam\r\n',
      'names/SOURCE.txt': 'somewhere\n',
    })
    const { items } = await readClassFolder(join(folder, 'names'))
    expect(items).toEqual([
      { text: 'Abl', label: 'Czech' },
      { text: 'Adsit', label: 'Czech' },
      { text: 'Adam', label: 'Irish' },
    ])
  })

  it('is called by the endings where the names are the same', async () => {
    await write({ 'rt/rt-polarity.pos': 'fine .\n', 'rt/rt-polarity.neg': 'dull .\n', 'rt/README': 'about' })
    const { items } = await readLabelledCorpus(join(folder, 'rt'))
    expect(items.map(({ label }) => label)).toEqual(['neg', 'pos'])
  })

  it('or has a folder for each, with a text a file', async () => {
    await write({ 'imdb/pos/0_9.txt': 'so\ngood', 'imdb/pos/1_8.txt': 'fine', 'imdb/neg/0_2.txt': 'bad' })
    const { items } = await readLabelledCorpus(join(folder, 'imdb'))
    expect(items).toEqual([
      { text: 'bad', label: 'neg' },
      { text: 'so\ngood', label: 'pos' },
      { text: 'fine', label: 'pos' },
    ])
  })

  it('with an empty class names it', async () => {
    await write({ 'empty/a.txt': 'x\n', 'empty/b.txt': ' \n' })
    await expect(readLabelledCorpus(join(folder, 'empty'))).rejects.toThrow(
      /empty\/b\.txt: the class b has no texts; fill it or remove it$/,
    )
    await mkdir(join(folder, 'nothing'), { recursive: true })
    await expect(readLabelledCorpus(join(folder, 'nothing'))).rejects.toThrow(/it is empty$/)
  })
})

describe('rows', () => {
  it('without a text or a class are named by their line', async () => {
    await write({ 'a.csv': 'text,label\nfine,good\n"  ",bad\n', 'b.jsonl': '{"text":"x","label":""}\n' })
    await expect(readLabelledCorpus(join(folder, 'a.csv'))).rejects.toThrow(
      /a\.csv, line 3: the column text is empty; give the row a text, or leave it out/,
    )
    await expect(readLabelledCorpus(join(folder, 'b.jsonl'))).rejects.toThrow(/line 1: the column label is empty/)
  })

  const rows = (count: number, word: string) =>
    `text,label\n${Array.from({ length: count }, (_, i) => `${word} ${i},${i % 2 ? 'odd' : 'even'}\n`).join('')}`

  it('are drawn into parts, or taken from files of their own', async () => {
    await write({ 'all.csv': rows(40, 'row'), 'test.csv': rows(4, 'tested'), 'watched.csv': rows(3, 'watched') })
    const path = join(folder, 'all.csv')
    const [testFile, validationFile] = [join(folder, 'test.csv'), join(folder, 'watched.csv')]
    const sizes = async (options: object) => {
      const { train, validation, test } = await readLabelled(path, { seed: 3, validation: 0.1, test: 0.2, ...options })
      return [train, validation, test].map(({ items }) => items.length)
    }
    expect(await sizes({})).toEqual([28, 4, 8])
    expect(await sizes({ testFile })).toEqual([36, 4, 4])
    expect(await sizes({ validationFile })).toEqual([32, 3, 8])
    expect(await sizes({ testFile, validationFile })).toEqual([40, 3, 4])
  })

  it('that repeat are counted, and left out on request, though both other parts are given', async () => {
    await write({ 'twice.csv': `${rows(5, 'row')}row 0,even\n`, 'given.csv': rows(2, 'row') })
    const given = { testFile: join(folder, 'given.csv'), validationFile: join(folder, 'given.csv') }
    for (const [removeDuplicates, trained] of [
      [false, 6],
      [true, 5],
    ] as const) {
      const { train, duplicates, leftOut, overlap } = await readLabelled(join(folder, 'twice.csv'), {
        removeDuplicates,
        ...given,
      })
      // Labelled texts are parted as their makers say, repeated or not.
      expect([train.items.length, duplicates, leftOut]).toEqual([trained, 1, 0])
      expect(overlap).toEqual({ validation: 2, test: 2 })
    }
  })
})
