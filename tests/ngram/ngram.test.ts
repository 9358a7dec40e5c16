/* What every n-gram model must hold, whatever the text: distributions, files, sentences, generation, refusals. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TextCorpus } from '../../src/data/corpora/corpus.js'
import { BytePairTokenizer } from '../../src/data/tokenizers/bytePairTokenizer.js'
import { CharacterTokenizer } from '../../src/data/tokenizers/characterTokenizer.js'
import { WordTokenizer } from '../../src/data/tokenizers/wordTokenizer.js'
import { ConfigurationError, FileFormatError } from '../../src/errors.js'
import { listNGrams } from '../../src/ngram/list.js'
import { NGram } from '../../src/ngram/ngram.js'
import { type NGramOptions, smoothings } from '../../src/ngram/ngramOptions.js'

/** Sentences of few words, so that contexts recur. */
const someText = fc
  .array(fc.array(fc.constantFrom('a', 'b', 'c', 'dog', 'é', '😀', '\f', 'x\u00a0y', '<U+0020>'), { maxLength: 8 }), {
    minLength: 1,
    maxLength: 12,
  })
  .map(lines => lines.map(line => line.join(' ')).join('\n'))
  .filter(text => /\S/.test(text))

const someOptions = fc.record({
  order: fc.integer({ min: 1, max: 6 }),
  unit: fc.constantFrom('word' as const, 'character' as const),
  smoothing: fc.constantFrom(...smoothings),
  k: fc.constantFrom(0.1, 1),
  sentences: fc.boolean(),
  discountFallback: fc.constant(true),
})

const sumOf = (values: Float64Array) => values.reduce((sum, value) => sum + Math.exp(value), 0)

describe('every model', () => {
  it('gives probabilities that sum to 1 after every context', () => {
    fc.assert(
      fc.property(
        someText,
        someText,
        someOptions,
        fc.constantFrom([], [0, 1], [0, 0, 1]),
        (text, other, options, prune) => {
          const model = NGram.fit(text, { ...options, prune: prune.slice(0, options.order) })
          const reading = model.read()
          expect(sumOf(reading.next())).toBeCloseTo(1, 5)
          for (const token of model.tokenizer.encode(`${text}\n${other}`)) {
            reading.push([token])
            expect(sumOf(reading.next())).toBeCloseTo(1, 5)
          }
        },
      ),
    )
  })

  it('scores with `score` what `next` predicts', () => {
    fc.assert(
      fc.property(someText, someText, someOptions, (text, other, options) => {
        const model = NGram.fit(text, options)
        const reading = model.read()
        for (const { token, logProbability } of model.score(other)) {
          const expected = reading.next()[token]
          if (expected === -Infinity) expect(logProbability).toBe(-Infinity)
          else expect(logProbability).toBeCloseTo(expected, 5)
          reading.push([token])
        }
      }),
    )
  })

  it('is the same after its binary form', () => {
    fc.assert(
      fc.property(someText, someText, someOptions, (text, other, options) => {
        const model = NGram.fit(text, options)
        const bytes = model.toBytes()
        const again = NGram.fromBytes(bytes)
        expect(again.score(other)).toEqual(model.score(other))
        expect(again.estimate).toEqual(JSON.parse(JSON.stringify(model.estimate)))
        expect(again.toBytes()).toEqual(bytes)
      }),
    )
  })

  it('is the same after ARPA, plain or gzip, in chunks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        someText,
        someText,
        someOptions,
        fc.integer({ min: 1, max: 50 }),
        async (text, other, options, size) => {
          fc.pre(options.smoothing !== 'add-k' || options.order === 1)
          const model = NGram.fit(text, options)
          const bytes = joined([...model.arpa()])
          const chunks: Uint8Array[] = []
          for (let from = 0; from < bytes.length; from += size) chunks.push(bytes.subarray(from, from + size))
          const packed: Uint8Array[] = []
          for await (const chunk of model.arpaGzip()) packed.push(chunk)
          for (const source of [bytes, chunks, joined(packed)]) {
            const again = await NGram.fromArpa(source, { unit: options.unit })
            expect(again.counts).toEqual(model.counts)
            expect(again.score(other)).toEqual(model.score(other))
            expect(joined([...again.arpa()])).toEqual(bytes)
          }
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('estimates', () => {
  it('maximum likelihood is relative frequency', () => {
    const model = NGram.fit('a b a c\na b\n', { order: 2, smoothing: 'maximum-likelihood' })
    const after = new Map(model.next('a').map(({ text, probability }) => [text, probability]))
    expect(after.get('b')).toBeCloseTo(2 / 3, 6)
    expect(after.get('c')).toBeCloseTo(1 / 3, 6)
    expect(after.get('a')).toBe(0)
    expect(model.perplexity('a a').perplexity).toBe(Infinity)
  })

  it('add-k is (c + k) / (N + k |V|), for what never followed too', () => {
    const model = NGram.fit('a b a c\na b\n', { order: 2, smoothing: 'add-k', k: 0.5 })
    // Foretold can be a, b, c, </s> and <unk>.
    const after = new Map(model.next('a').map(({ text, probability }) => [text, probability]))
    expect(after.get('b')).toBeCloseTo(2.5 / 5.5, 6)
    expect(after.get('a')).toBeCloseTo(0.5 / 5.5, 6)
    expect(model.score('a a')[1].logProbability).toBeCloseTo(Math.log(0.5 / 5.5), 6)
    expect(() => model.arpa()).toThrow(/binary/)
  })

  it('pruning drops what is rare and keeps what is frequent', () => {
    const text = `${'a b c\n'.repeat(3)}a c b\n`
    const model = NGram.fit(text, { order: 3, prune: [0, 1, 1], discountFallback: true })
    expect(model.counts).toEqual([6, 4, 3])
    expect(model.score('a b c').map(({ matched }) => matched)).toEqual([2, 3, 3, 3])
    expect(model.score('a c b')[1].matched).toBe(1)
  })

  it('discounts that the text does not give are an error with a way out', () => {
    expect(() => NGram.fit('I like ham')).toThrow(ConfigurationError)
    expect(() => NGram.fit('I like ham')).toThrow(/discountFallback: true/)
  })

  it('a text shorter than the order has a model', () => {
    const model = NGram.fit('ab', { order: 6, unit: 'character', discountFallback: true })
    expect(model.counts).toEqual([3, 1, 0, 0, 0, 0])
    expect(NGram.fromBytes(model.toBytes()).score('ab')).toEqual(model.score('ab'))
  })

  it('unknown words are counted, and <unk> in a text is one', () => {
    const model = NGram.fit('a b <unk> c\nb c a\n', { order: 2, discountFallback: true })
    const { unknown, tokens, perplexity, perplexityWithoutUnknown } = model.perplexity('a z\n\nz\n')
    expect([unknown, tokens]).toEqual([2, 6])
    expect(perplexity).not.toBeCloseTo(perplexityWithoutUnknown)
    expect(model.score('a z').map(({ text }) => text)).toEqual(['a', 'z', '</s>'])
    const rare = NGram.fit('a a b', { order: 1, minCount: 2, discountFallback: true })
    expect(rare.tokenizer.vocabulary).toEqual(['<unk>', '<s>', '</s>', 'a'])
  })
})

describe('tokenizers', () => {
  const text = 'We learn RNN.\nWe learn to learn.\n'.repeat(5)

  it.each([
    ['characters', CharacterTokenizer.fit(text)],
    ['words', WordTokenizer.fit(text)],
    ['byte pairs', BytePairTokenizer.fit(text, { size: 270 })],
  ])('%s, with sentences and without, through both files', async (_, tokenizer) => {
    for (const sentences of [false, true]) {
      const model = NGram.fit(new TextCorpus(text, 'lines'), { order: 3, tokenizer, sentences, discountFallback: true })
      const scores = model.score('We learn\nto')
      expect(NGram.fromBytes(model.toBytes()).score('We learn\nto')).toEqual(scores)
      const again = await NGram.fromArpa(model.arpa(), { tokenizer })
      expect(again.score('We learn\nto')).toEqual(scores)
      let continued = ''
      for await (const piece of model.generate({ prompt: 'We', greedy: true, length: 4 })) continued += piece
      expect(text).toContain(`We${continued}`)
    }
  })

  it.each(['byte', 'byte-pair'] as const)('%s are learned where asked for, and named by the ARPA file', async unit => {
    for (const sentences of [false, true]) {
      const model = NGram.fit(text, { order: 3, unit, sentences, discountFallback: true })
      const again = await NGram.fromArpa(model.arpa())
      expect(again.tokenizer.unit).toBe(unit)
      expect(again.score('We learn €')).toEqual(model.score('We learn €'))
      expect(again.perplexity('We learn €').unknown).toBe(0)
    }
  })

  it('an ARPA file whose comment is no tokenizer is refused', async () => {
    const arpa = new TextDecoder().decode(joined([...NGram.fit(text, { unit: 'byte', discountFallback: true }).arpa()]))
    const changed = (json: string) => new TextEncoder().encode(arpa.replace('{"unit":"byte"}', json))
    await expect(NGram.fromArpa(changed('{'))).rejects.toThrow(FileFormatError)
    await expect(NGram.fromArpa(changed('{"unit":"bite"}'))).rejects.toThrow(FileFormatError)
  })

  it('characters are recognised in an ARPA file without being told', async () => {
    const model = NGram.fit(text, { order: 2, unit: 'character', discountFallback: true })
    expect((await NGram.fromArpa(model.arpa())).tokenizer.unit).toBe('character')
  })

  it('words are generated with spaces between them and line ends after sentences', async () => {
    const model = NGram.fit(text, { order: 3, discountFallback: true })
    for (const [prompt, expected] of [
      ['We learn', ' RNN.\nWe learn'],
      ['We learn RNN.\n', 'We learn'],
      ['We ', 'learn RNN.'],
    ]) {
      let all = ''
      for await (const piece of model.generate({ prompt, greedy: true, length: 4 })) all += piece
      expect(all.startsWith(expected)).toBe(true)
    }
    expect(model.next('We', { top: 1 })[0].text).toBe('learn')
  })

  it('the same seed generates the same text', async () => {
    const model = NGram.fit(text, { order: 2, discountFallback: true })
    const draw = async (seed: number) => {
      let all = ''
      for await (const piece of model.generate({ seed, length: 40 })) all += piece
      return all
    }
    expect(await draw(3)).toBe(await draw(3))
    expect(await draw(3)).not.toBe(await draw(4))
  })

  it('lists the n-grams of a text', () => {
    expect(listNGrams('We learn RNN')).toEqual([
      { tokens: ['We', 'learn'], count: 1 },
      { tokens: ['learn', 'RNN'], count: 1 },
    ])
    expect(listNGrams('aaa', { unit: 'character' })).toEqual([{ tokens: ['a', 'a'], count: 2 }])
    expect(listNGrams('a', { order: 3 })).toEqual([])
  })
})

describe('refusals', () => {
  it.each([
    ['an empty text', '', {}],
    ['nothing but white space', ' \n\t\n', {}],
    ['an empty text of characters', '', { unit: 'character' }],
    ['order 0', 'a', { order: 0 }],
    ['thresholds that fall', 'a', { prune: [0, 2, 1] }],
    ['unigrams pruned', 'a', { prune: [1] }],
    ['a k of 0', 'a', { smoothing: 'add-k', k: 0 }],
    ['a smoothing that is not there', 'a', { smoothing: 'kneserney' }],
    ['a mark as a word', 'a </s> b', {}],
    ['an option misspelt', 'a', { ordr: 3 }],
  ])('%s', (_, text, options) => {
    expect(() => NGram.fit(text, options as NGramOptions)).toThrow(ConfigurationError)
  })

  const model = NGram.fit('a b c\nb c a\nc a b\n', { order: 3, discountFallback: true })

  it('every changed or missing byte of the binary form', () => {
    const bytes = model.toBytes()
    for (let i = 0; i < bytes.length; i++) {
      const changed = bytes.slice()
      changed[i] ^= 0x11
      expect(() => NGram.fromBytes(changed), `byte ${i}`).toThrow(FileFormatError)
      expect(() => NGram.fromBytes(bytes.slice(0, i)), `${i} bytes`).toThrow(FileFormatError)
    }
  })

  it('an empty text to evaluate, and tokens that are not there', () => {
    expect(() => model.perplexity('')).toThrow(ConfigurationError)
    expect(() => model.read().push([99])).toThrow(ConfigurationError)
    expect(() => model.read().push([-1])).toThrow(ConfigurationError)
  })
})

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}
