/* A text past the longest string that V8 can make (512 MiB) is counted, split and encoded all the same. It takes a minute
 * and 600 MB of disk, so it is run by `npm run test:long` only. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TextCorpus } from '../../src/data/corpora/corpus.js'
import { splitCorpus } from '../../src/data/corpora/splitCorpus.js'
import { CharacterTokenizer } from '../../src/data/tokenizers/characterTokenizer.js'
import { NGram } from '../../src/ngram/ngram.js'
import { readCorpus } from '../../src/node/corpora.js'

const reason = process.env.RECURRA_LONG ? '' : ' (skipped: npm run test:long runs it)'

describe.skipIf(reason !== '')(`a text of 600 MiB${reason}`, () => {
  const block = Array.from(
    { length: 20_000 },
    (_, i) => `line ${i % 977} says é, 中 or \u{1f600} ${i % 13} times\n`,
  ).join('')
  const times = Math.ceil((600 * 2 ** 20) / Buffer.byteLength(block))
  let folder: string
  let corpus: TextCorpus
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'recurra-very-long-'))
    const file = openSync(join(folder, 'long.txt'), 'w')
    for (let i = 0; i < times; i++) writeSync(file, block)
    closeSync(file)
    corpus = await readCorpus(join(folder, 'long.txt'))
  }, 120_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('is no string', () => {
    expect([corpus.isHeld, corpus.length]).toEqual([false, block.length * times])
    expect(() => corpus.text).toThrow(/too long to be held whole/)
  })

  it('has the n-grams of its parts, so many times as often', () => {
    const options = { order: 3, smoothing: 'maximum-likelihood' } as const
    const [whole, part] = [NGram.fit(corpus, options), NGram.fit(block, options)]
    expect(whole.counts).toEqual(part.counts)
    expect(whole.perplexity(block).loss).toBeCloseTo(part.perplexity(block).loss, 6)
  }, 300_000)

  it('is split and encoded', () => {
    const { train, validation, test } = splitCorpus(corpus, { seed: 3 })
    expect(train.length + validation.length + test.length).toBe(corpus.length)
    const tokenizer = CharacterTokenizer.fit(train)
    const tokens = test.encode(tokenizer)
    expect(tokens.length).toBe(test.characters)
    const begin = tokenizer.decode(tokens.subarray(0, 5000))
    expect([...test.chunks(0, begin.length)].join('')).toBe(begin)
  }, 300_000)
})
