// One contract for every tokenizer: ids in range, the same after JSON, text that comes back, time linear in the text.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TextCorpus } from '../../../src/data/corpora/corpus.js'
import { BytePairTokenizer } from '../../../src/data/tokenizers/bytePairTokenizer.js'
import { ByteTokenizer } from '../../../src/data/tokenizers/byteTokenizer.js'
import { CharacterTokenizer } from '../../../src/data/tokenizers/characterTokenizer.js'
import { MarkedTokenizer } from '../../../src/data/tokenizers/sentenceMarks.js'
import { type Tokenizer, tokenizerFromJSON } from '../../../src/data/tokenizers/tokenizer.js'
import { WordTokenizer } from '../../../src/data/tokenizers/wordTokenizer.js'
import { ConfigurationError, FileFormatError } from '../../../src/errors.js'

const kinds: [name: string, fitted: (text: string | TextCorpus) => Tokenizer][] = [
  ['character', CharacterTokenizer.fit],
  ['byte', () => new ByteTokenizer()],
  ['word', WordTokenizer.fit],
  ['word at Unicode boundaries', text => WordTokenizer.fit(text, { boundaries: 'unicode' })],
  ['byte-pair', text => BytePairTokenizer.fit(text, { size: 300 })],
  ['marked word', text => new MarkedTokenizer(WordTokenizer.fit(text))],
  ['marked byte-pair', text => new MarkedTokenizer(BytePairTokenizer.fit(text))],
]

// All that makes boundaries hard, and no lone surrogates, which UTF-8 cannot hold, nor the joiner and the replacement
// character, which mean something else.
const hardText = fc.string({
  unit: fc.constantFrom(
    ...['a', 'B', 'é', 'e\u0301', "'", '.', ',', '-', '3', ' ', '  ', '\n', '\r\n', '\t', '\u00a0', '\u202f', '\ufeff'],
    ...['\u{1f600}', '\u{1f468}\u200d\u{1f469}', '中', 'か', 'ส', 'ß', '<unk>', '<s>', "don't", '\0', '\u3000'],
  ),
  minLength: 1,
  maxLength: 60,
})
const anyText = fc.oneof(hardText, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 })).filter(text => {
  return !/[\ufffd\uffed]/.test(text) && /\S/.test(text.replaceAll('<unk>', ' '))
})

/** Long runs too, for what looks ahead. */
const chunkedText = fc
  .array(fc.tuple(hardText, fc.constantFrom(1, 1, 1, 30, 100)), { minLength: 1, maxLength: 4 })
  .map(parts => parts.map(([part, times]) => part.repeat(times)).join(''))
  .filter(text => /\S/.test(text.replaceAll('<unk>', ' ')))

describe.each(kinds)('a %s tokenizer', (_, fitted) => {
  it('gives a text in chunks, wherever they are cut, the ids of the whole', () => {
    fc.assert(
      fc.property(chunkedText, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), (text, sizes) => {
        const tokenizer = fitted(text)
        for (let round = 0; round < 2; round++) {
          const encoder = tokenizer.encoder()
          const ids: number[] = []
          for (let from = 0, i = 0; from < text.length; from += sizes[i++ % sizes.length])
            ids.push(...encoder.push(text.slice(from, from + sizes[i % sizes.length])))
          ids.push(...encoder.end())
          expect(ids).toEqual([...tokenizer.encode(text)])
        }
      }),
    )
  })

  it('is fitted to a text in chunks as to the whole', () => {
    fc.assert(
      fc.property(chunkedText, fc.integer({ min: 1, max: 50 }), (text, size) => {
        const chunks = function* () {
          const all = [...text]
          for (let i = 0; i < all.length; i += size) yield all.slice(i, i + size).join('')
        }
        const chunked = new TextCorpus({ length: text.length, characters: [...text].length, chunks }, 'text')
        expect(JSON.stringify(fitted(chunked))).toBe(JSON.stringify(fitted(text)))
        expect(chunked.encode(fitted(text))).toEqual(fitted(text).encode(text))
      }),
    )
  })

  it('brings every text back that it was made of', () => {
    fc.assert(
      fc.property(anyText, text => {
        const tokenizer = fitted(text)
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
      }),
      { numRuns: 300 },
    )
  })

  it('gives ids in 0 … size − 1, for texts it has not seen too', () => {
    fc.assert(
      fc.property(anyText, fc.string({ unit: 'binary' }), (text, other) => {
        const tokenizer = fitted(text)
        for (const id of tokenizer.encode(other)) expect(id >= 0 && id < tokenizer.size).toBe(true)
        expect(tokenizer.start >= 0 && tokenizer.start < tokenizer.size).toBe(true)
        expect(tokenizer.unknown < tokenizer.size).toBe(true)
        expect(tokenizer.vocabulary).toHaveLength(tokenizer.size)
      }),
    )
  })

  it('is the same after JSON', () => {
    fc.assert(
      fc.property(anyText, anyText, (text, other) => {
        const tokenizer = fitted(text)
        const again = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer)))
        expect(JSON.stringify(again)).toBe(JSON.stringify(tokenizer))
        expect(again.encode(text + other)).toEqual(tokenizer.encode(text + other))
        expect([again.unit, again.size, again.unknown, again.start]).toEqual([
          tokenizer.unit,
          tokenizer.size,
          tokenizer.unknown,
          tokenizer.start,
        ])
        expect(again.vocabulary).toEqual(tokenizer.vocabulary)
      }),
    )
  })

  it('decodes token by token what it decodes at once, whatever the tokens are', () => {
    fc.assert(
      fc.property(anyText, fc.array(fc.nat()), (text, numbers) => {
        const tokenizer = fitted(text)
        for (const tokens of [tokenizer.encode(text), numbers.map(number => number % tokenizer.size)]) {
          const decoder = tokenizer.decoder()
          const pieces = Array.from(tokens, token => decoder.push(token))
          expect(pieces.join('') + decoder.end()).toBe(tokenizer.decode(tokens))
        }
      }),
    )
  })

  it('is fitted to several texts as to one', () => {
    const texts = ['one line\n', 'another line, with more\n', 'one\n']
    expect(JSON.stringify(fitted(texts as unknown as string))).toBe(JSON.stringify(fitted(texts.join(''))))
  })

  it('refuses ids that do not exist', () => {
    const tokenizer = fitted('some text')
    for (const id of [tokenizer.size, -1, 0.5, Number.NaN]) {
      expect(() => tokenizer.decode([0, id])).toThrow(/token 1 must be/)
      expect(() => tokenizer.decoder().push(id)).toThrow(ConfigurationError)
    }
  })

  it('costs no more per character on one letter, combining marks or emoji joiners than on prose', () => {
    const prose = readFileSync(createRequire(import.meta.url).resolve('typescript/lib/lib.dom.d.ts'), 'utf8')
    const sample = prose.slice(0, 1_000_000)
    const saved = JSON.stringify(fitted(sample))
    const seconds = (text: string) => {
      const runs = Array.from({ length: 3 }, () => {
        // A new one each time: what one has seen before comes quicker.
        const tokenizer = tokenizerFromJSON(JSON.parse(saved))
        const begin = performance.now()
        tokenizer.encode(text)
        return performance.now() - begin
      })
      return Math.min(...runs)
    }
    seconds(sample)
    const proseTime = Math.max(seconds(sample), 5)
    const hostile = ['a'.repeat(1e6), `e${'\u0301'.repeat(1e6)}`, '\u{1f468}\u200d'.repeat(333_333), ' '.repeat(1e6)]
    for (const text of hostile) expect(seconds(text) / proseTime).toBeLessThan(8)
  })
})

describe('sentence marks', () => {
  const tokenizer = new MarkedTokenizer(WordTokenizer.fit('we learn </s> <s> we'))

  it('are the last two ids', () => {
    expect([tokenizer.sentenceStart, tokenizer.sentenceEnd]).toEqual([tokenizer.size - 2, tokenizer.size - 1])
    expect(tokenizer.vocabulary.slice(-2)).toEqual(['<s>', '</s>'])
    expect(tokenizer.start).toBe(tokenizer.sentenceStart)
  })

  it('stand around a sentence and are no text', () => {
    const tokens = tokenizer.encodeSentence('we learn')
    expect(tokens[0]).toBe(tokenizer.sentenceStart)
    expect(tokens.at(-1)).toBe(tokenizer.sentenceEnd)
    expect(tokenizer.decode(tokens)).toBe('we learn')
  })

  it('cannot be written into a text', () => {
    for (const token of tokenizer.encode('we learn </s> <s>')) expect(token).toBeLessThan(tokenizer.inner.size)
  })
})

describe('a saved tokenizer', () => {
  const refused: [string, unknown][] = [
    ['a unit of Object.prototype', { unit: 'constructor' }],
    ['marks that are no yes', { unit: 'byte', sentenceMarks: 1 }],
    ['marks that are a no', { unit: 'byte', sentenceMarks: false }],
    ['a key too many for bytes', { unit: 'byte', size: 3 }],
    ['no words', { unit: 'word', boundaries: 'space', foldCase: false }],
    ['an empty list of words', { unit: 'word', boundaries: 'space', foldCase: false, words: [] }],
    ['a word that is none', { unit: 'word', boundaries: 'space', foldCase: false, words: ['a', 3] }],
    ['an empty word', { unit: 'word', boundaries: 'space', foldCase: false, words: [''] }],
    ['a word with white space', { unit: 'word', boundaries: 'space', foldCase: false, words: ['a b'] }],
    ['a word twice', { unit: 'word', boundaries: 'space', foldCase: false, words: ['a', 'a'] }],
    ['the unknown word', { unit: 'word', boundaries: 'space', foldCase: false, words: ['<unk>'] }],
    ['other boundaries', { unit: 'word', boundaries: 'line', foldCase: false, words: ['a'] }],
    ['no word on letters', { unit: 'word', boundaries: 'space', words: ['a'] }],
    ['merges that are no list', { unit: 'byte-pair', merges: { length: 2 } }],
    ['half a pair', { unit: 'byte-pair', merges: [1, 2, 3] }],
    ['a pair of what comes later', { unit: 'byte-pair', merges: [256, 1] }],
    ['a negative id', { unit: 'byte-pair', merges: [-1, 1] }],
    ['an id that is no number', { unit: 'byte-pair', merges: ['1', 1] }],
    ['half an id', { unit: 'byte-pair', merges: [0.5, 1] }],
    ['a pair twice', { unit: 'byte-pair', merges: [1, 2, 1, 2] }],
    // Each pair doubles the last: after 40 the token would be a terabyte long.
    [
      'a token that grows without end',
      { unit: 'byte-pair', merges: Array.from({ length: 80 }, (_, i) => (i < 2 ? 97 : 255 + (i >> 1))) },
    ],
  ]

  it.each(refused)('is refused with %s', (_, json) => {
    expect(() => tokenizerFromJSON(json, 'm.safetensors')).toThrow(FileFormatError)
    expect(() => tokenizerFromJSON(json, 'm.safetensors')).toThrow(/^m\.safetensors: .*[^\n]$/)
  })

  it('is read or refused with a FileFormatError, whatever it is', () => {
    const fields = fc.record(
      {
        unit: fc.constantFrom('character', 'byte', 'word', 'byte-pair'),
        merges: fc.array(fc.oneof(fc.nat(300), fc.jsonValue())),
        words: fc.array(fc.oneof(fc.string(), fc.jsonValue())),
        boundaries: fc.constantFrom('space', 'unicode'),
        foldCase: fc.boolean(),
        symbols: fc.string(),
        sentenceMarks: fc.boolean(),
      },
      { requiredKeys: ['unit'] },
    )
    fc.assert(
      fc.property(fields, json => {
        try {
          expect(JSON.parse(JSON.stringify(tokenizerFromJSON(json)))).toEqual(JSON.parse(JSON.stringify(json)))
        } catch (error) {
          expect(error).toBeInstanceOf(FileFormatError)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
