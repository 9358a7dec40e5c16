// Byte pairs: learned by count, joined in the order they were learned, never over a word's end.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { englishFrench } from '../../../src/data/generated/englishFrench.js'
import { learnMerges } from '../../../src/data/tokenizers/bytePairMerges.js'
import { eachPiece, longestPiece, writeUtf8 } from '../../../src/data/tokenizers/bytePairPieces.js'
import { BytePairTokenizer } from '../../../src/data/tokenizers/bytePairTokenizer.js'
import { ConfigurationError } from '../../../src/errors.js'

const piecesOf = (text: string) => {
  const pieces: string[] = []
  eachPiece(text, piece => pieces.push(piece))
  return pieces
}

describe('pieces', () => {
  it('are GPT-2’s', () => {
    expect(piecesOf("We're  learning 3 RNNs, now!\n\n  x")).toEqual([
      ...['We', "'re", ' ', ' learning', ' 3', ' RNNs', ',', ' now', '!', '\n\n ', ' x'],
    ])
  })

  it('join to the text, and none is longer than it may be', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), text => {
        const bytes = new Int32Array(longestPiece)
        const pieces = piecesOf(text)
        expect(pieces.join('')).toBe(text)
        const encoder = new TextEncoder()
        for (const piece of pieces) {
          expect([...bytes.subarray(0, writeUtf8(piece, bytes))]).toEqual([...encoder.encode(piece)])
        }
      }),
      { numRuns: 1000 },
    )
    expect(piecesOf(`a${'\u{10400}'.repeat(200)}`).every(piece => !/\p{Surrogate}/u.test(piece))).toBe(true)
  })
})

/** Byte pairs as they are told: count every pair, join the most frequent, again. */
function slowMerges(words: Map<string, number>, merges: number): number[] {
  const all = [...words].map(([word, count]) => ({ symbols: [...new TextEncoder().encode(word)], count }))
  const learned: number[] = []
  for (let next = 256; learned.length < 2 * merges; next++) {
    const counts = new Map<string, number>()
    for (const { symbols, count } of all)
      for (let i = 0; i + 1 < symbols.length; i++) {
        const pair = `${symbols[i]} ${symbols[i + 1]}`
        counts.set(pair, (counts.get(pair) ?? 0) + count)
      }
    const ranked = [...counts]
      .filter(([, count]) => count >= 2)
      .map(([pair, count]) => [count, ...pair.split(' ').map(Number)])
    ranked.sort((a, b) => b[0] - a[0] || a[1] - b[1] || a[2] - b[2])
    if (ranked.length === 0) break
    const [, left, right] = ranked[0]
    learned.push(left, right)
    for (const word of all) {
      const joined: number[] = []
      for (let i = 0; i < word.symbols.length; i++) {
        const found = word.symbols[i] === left && word.symbols[i + 1] === right
        joined.push(found ? next : word.symbols[i])
        if (found) i++
      }
      word.symbols = joined
    }
  }
  return learned
}

describe('learnMerges', () => {
  it('learns what counting all pairs again and again learns', () => {
    const words = fc.array(
      fc.tuple(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 }), fc.integer({ min: 1, max: 5 })),
    )
    fc.assert(
      fc.property(words, fc.integer({ min: 0, max: 30 }), (list, merges) => {
        const counted = new Map(list)
        const pieces = [...counted].map(([word, count]) => ({ symbols: [...new TextEncoder().encode(word)], count }))
        expect(learnMerges(pieces, merges, 2)).toEqual(slowMerges(counted, merges))
      }),
      { numRuns: 500 },
    )
  })
})

describe('BytePairTokenizer', () => {
  const corpus = englishFrench.generate({ count: 20_000 }).toFile()
  const tokenizer = BytePairTokenizer.fit(corpus, { size: 1000 })

  it('has no more ids than asked for, and joins frequent words whole', () => {
    expect(tokenizer.size).toBeLessThanOrEqual(1000)
    expect(tokenizer.vocabulary).toContain(' intelligent')
    expect([...tokenizer.encode(' intelligent')]).toHaveLength(1)
    expect(corpus.length / tokenizer.encode(corpus).length).toBeGreaterThan(3)
  })

  it('knows every text: what it never met is bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
      }),
    )
    expect(tokenizer.decode(tokenizer.encode('a\ud800b'))).toBe('a\ufffdb')
  })

  it('shows bytes that are no text as bytes', () => {
    expect(tokenizer.vocabulary[0xe9]).toBe('<0xE9>')
    expect(tokenizer.vocabulary[0x41]).toBe('A')
    expect(tokenizer.vocabulary[0x0a]).toBe('<0x0A>')
  })

  it('learns only pairs that occur often enough', () => {
    expect(BytePairTokenizer.fit('abcd').size).toBe(256)
    expect(BytePairTokenizer.fit('abcd', { minCount: 1 }).size).toBe(259)
    expect(BytePairTokenizer.fit('').size).toBe(256)
  })

  it('refuses options that are none', () => {
    for (const size of [255, 2 ** 20 + 1, 300.5, Number.NaN]) {
      expect(() => BytePairTokenizer.fit('a', { size })).toThrow(/size must be a whole number in 256/)
    }
    expect(() => BytePairTokenizer.fit('a', { minCount: 0 })).toThrow(ConfigurationError)
  })
})
