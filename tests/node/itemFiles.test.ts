/* Files on disk become items and splits; a row that is wrong is named by its line. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ItemSplits } from '../../src/data/corpora/items.js'
import { copy } from '../../src/data/generated/copy.js'
import { englishFrench } from '../../src/data/generated/englishFrench.js'
import { ConfigurationError, FileFormatError } from '../../src/errors.js'
import { readJSONLines, readJSONLinesCorpus, readSentenceCorpus, readSentences } from '../../src/node/itemFiles.js'
import { readJSONPairs, readPairCorpus, readPairs } from '../../src/node/pairFiles.js'
import { readTagged, readTaggedCorpus } from '../../src/node/taggedFiles.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recurra-items-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function file(content: string, name = 'a.txt'): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}
const all = <Item>({ train, validation, test }: ItemSplits<Item>) =>
  [train, validation, test].flatMap(part => part.items)

describe('sentences', () => {
  it('are lines; empty ones are none', async () => {
    const corpus = await readSentenceCorpus(await file('\ufeffone\r\n\r\n two \n\t\nthree'))
    expect(corpus.items).toEqual(['one', ' two ', 'three'])
    expect(corpus.name).toBe(join(folder, 'a.txt'))
  })

  it('are split, their repetitions counted and removed on request', async () => {
    const path = await file(`${Array.from({ length: 40 }, (_, i) => `sentence ${i % 30}\n`).join('')}`)
    const kept = await readSentences(path, { validation: 0.1, test: 0.1 })
    expect([kept.duplicates, all(kept).length]).toEqual([10, 40])
    const removed = await readSentences(path, { validation: 0.1, test: 0.1, removeDuplicates: true })
    expect([removed.duplicates, all(removed).length]).toEqual([10, 30])
  })

  it('must be there', async () => {
    await expect(readSentenceCorpus(await file('\n \n'))).rejects.toThrow(/a\.txt: it holds no sentences; give another/)
  })
})

describe('pairs', () => {
  it('stand in a line, set apart by a tab', async () => {
    const corpus = await readPairCorpus(await file('Go.\tVa !\tCC-BY 2.0\n\nHi.\tSalut.\n'))
    expect(corpus.items).toEqual([
      { source: 'Go.', target: 'Va !' },
      { source: 'Hi.', target: 'Salut.' },
    ])
  })

  it('stand in two files of as many lines', async () => {
    const paths = [await file('a\n\nb\nc\n', 'x.en'), await file('A\n\nB\n\n', 'x.fr')] as const
    expect((await readPairCorpus(paths)).items).toEqual([
      { source: 'a', target: 'A' },
      { source: 'b', target: 'B' },
    ])
    const short = await file('A\n', 'y.fr')
    await expect(readPairCorpus([paths[0], short])).rejects.toThrow(
      /y\.fr: it must have as many lines as .*x\.en; it has 1, and that one 4; give files whose lines belong together$/,
    )
  })

  it('of one source sentence stay in one part', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => `source ${i % 50}\ttarget ${i}\n`)
    const { train, validation, test } = await readPairs(await file(rows.join('')), { validation: 0.1, test: 0.1 })
    const sources = [train, validation, test].map(part => new Set(part.items.map(({ source }) => source)))
    expect(sources.reduce((sum, set) => sum + set.size, 0)).toBe(50)
    expect(test.items).toHaveLength(20)
  })

  it('whose source a given part has are not trained on; the others keep their order', async () => {
    const path = await file(Array.from({ length: 40 }, (_, i) => `source ${i % 20}\ttarget ${i}\n`).join(''))
    const testFile = await file('source 3\tother\nsource 99\tnew\n', 'test.tsv')
    const { train, validation, test, leftOut } = await readPairs(path, { testFile, validation: 0.1 })
    expect([leftOut, train.items.length, validation.items.length, test.items.length]).toEqual([2, 34, 4, 2])
    const places = train.items.map(({ target }) => Number(target.slice(7)))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    await expect(readPairs(testFile, { testFile })).rejects.toThrow(
      /test\.tsv: all of it is in the held-out files too, and nothing is left to train on; give another file$/,
    )
  })

  it('are named by line where they are none', async () => {
    await expect(readPairCorpus(await file('a\tb\nonly one\n'))).rejects.toThrow(FileFormatError)
    await expect(readPairCorpus(await file('a\tb\nonly one\n'))).rejects.toThrow(
      /a\.txt, line 2: source and target must/,
    )
    await expect(readPairCorpus(await file('a\tb\n\na\t \n'))).rejects.toThrow(
      /a\.txt, line 3: the target is empty; give it a text, or leave the line out$/,
    )
  })

  it('that a built-in corpus wrote come back, in the same parts', async () => {
    const made = englishFrench.generate({ seed: 4, count: 400 })
    const read = await readPairs(await file(made.toFile()), { seed: 4, validation: 0.1, test: 0.1 })
    expect(read.train.items).toEqual(made.train.items)
    expect(read.test.items).toEqual(made.test.items)
  })
})

describe('tagged sentences', () => {
  it('come from two columns', async () => {
    const made = copy.generate({ count: 60, delay: 2, length: 4 })
    const read = await readTagged(await file(made.toFile()), { validation: 0.1, test: 0.1 })
    expect(read.train.items).toEqual(made.train.items)
    expect(read.duplicates).toBe(0)
  })

  it('come from CoNLL-U where the name says so', async () => {
    const row = '1\tGo\tgo\tVERB\tVB\t_\t0\troot\t_\t_\n'
    const path = await file(`# text = Go\n${row}\n`, 'a.conllu')
    expect((await readTaggedCorpus(path)).items).toEqual([{ words: ['Go'], tags: ['VERB'] }])
    expect((await readTaggedCorpus(path, { tagColumn: 'xpos' })).items[0].tags).toEqual(['VB'])
    await expect(readTaggedCorpus(await file('1 Go\n', 'b.conllu'))).rejects.toThrow(
      /b\.conllu, line 1: a word of CoNLL-U/,
    )
  })

  const treebank = '../shared/data/ud-english-ewt/en_ewt-ud-dev.conllu.gz'
  it.skipIf(!existsSync(treebank))(`come from a real treebank (skipped without ${treebank})`, async () => {
    const { items } = await readTaggedCorpus(treebank)
    expect(items).toHaveLength(2001)
    expect(items[0].words).toEqual(['From', 'the', 'AP', 'comes', 'this', 'story', ':'])
    expect(items[0].tags).toEqual(['ADP', 'DET', 'PROPN', 'VERB', 'DET', 'NOUN', 'PUNCT'])
    expect(new Set(items.flatMap(({ tags }) => tags)).size).toBe(17)
  })
})

describe('JSON lines', () => {
  it('have named columns', async () => {
    const path = await file('{"review": "good", "stars": 5}\n\n{"stars": 1, "review": "bad"}\n')
    expect((await readJSONLinesCorpus(path, { textColumn: 'review', labelColumn: 'stars' })).items).toEqual([
      { text: 'good', label: '5' },
      { text: 'bad', label: '1' },
    ])
    await expect(readJSONLinesCorpus(path, { textColumn: 'reviews' })).rejects.toThrow(
      /a\.txt, line 1: there is no column reviews; .*did you mean review\?/,
    )
  })

  it('are split, as texts and as pairs', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => `${JSON.stringify({ text: `t${i}`, label: i % 2 })}\n`)
    expect(all(await readJSONLines(await file(rows.join(''))))).toHaveLength(30)
    const pairs = Array.from({ length: 30 }, (_, i) => `${JSON.stringify({ en: `s${i % 10}`, fr: `t${i}` })}\n`)
    const { test } = await readJSONPairs(await file(pairs.join('')), {
      sourceColumn: 'en',
      targetColumn: 'fr',
      test: 0.1,
    })
    expect(new Set(test.items.map(({ source }) => source)).size).toBe(1)
    expect(test.items).toHaveLength(3)
  })

  it('are named by line where they are none', async () => {
    await expect(readJSONLinesCorpus(await file('{"text": "a", "label": "b"}\n{"text":\n'))).rejects.toThrow(
      /a\.txt, line 2: a line must be a JSON object; it is not JSON$/,
    )
    await expect(readJSONLinesCorpus(await file('[1]'))).rejects.toThrow(
      /line 1: a line must be a JSON object; got a list/,
    )
    await expect(readJSONLinesCorpus(await file('{"__proto__": {"text": "a"}, "label": 1}'))).rejects.toThrow(
      ConfigurationError,
    )
  })
})
