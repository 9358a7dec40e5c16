// Words are cut, counted, chosen and put together again.
import { describe, expect, it } from 'vitest'
import { WordTokenizer } from '../../../src/data/tokenizers/wordTokenizer.js'
import { ConfigurationError } from '../../../src/errors.js'

const symbols = (tokenizer: WordTokenizer, text: string) =>
  Array.from(tokenizer.encode(text), id => tokenizer.vocabulary[id])
const of = (text: string, options = {}) => symbols(WordTokenizer.fit(text, options), text)

describe('words at white space', () => {
  it('are what stands between it, as it is', () => {
    expect(of('The cat, sat.')).toEqual(['The', 'cat,', 'sat.'])
  })

  it('imply the single space between them; all other white space is symbols', () => {
    expect(of(' a b  c\nd\t')).toEqual([' ', 'a', 'b', ' ', ' ', 'c', '\n', 'd', '\t'])
    expect(of('a \nb')).toEqual(['a', ' ', '\n', 'b'])
  })

  it('have ids by how often they occur, then by code units', () => {
    const tokenizer = WordTokenizer.fit('b a c b a b')
    expect(tokenizer.vocabulary).toEqual(['<unk>', 'b', 'a', 'c'])
    expect(tokenizer.id('c')).toBe(3)
    expect(tokenizer.id('d')).toBe(tokenizer.unknown)
  })

  it('take <unk> in a text as the unknown word', () => {
    const tokenizer = WordTokenizer.fit('a <unk> a <unk> <unk>')
    expect(tokenizer.vocabulary).toEqual(['<unk>', 'a'])
    expect(tokenizer.decode(tokenizer.encode('a <unk> b'))).toBe('a <unk> <unk>')
  })
})

describe('words at Unicode boundaries', () => {
  it('leave punctuation, joined to the word it stands close to', () => {
    const text = 'He said "don\'t (really) stop." Well-known 3.14, va\u202f?'
    expect(of(text, { boundaries: 'unicode' })).toEqual([
      ...['He', 'said', '"￭', "don't", '(￭', 'really', '￭)', 'stop', '￭.', '￭"'],
      ...['Well', '￭-￭', 'known', '3.14', '￭,', 'va', '\u202f', '?'],
    ])
  })

  it('make a word one symbol wherever it stands', () => {
    const tokenizer = WordTokenizer.fit('cat "cat" (cat) cat. cat', { boundaries: 'unicode' })
    expect(symbols(tokenizer, 'cat "cat" (cat) cat.').filter(symbol => symbol.includes('cat'))).toEqual(
      Array.from({ length: 4 }, () => 'cat'),
    )
  })

  it('take a joiner in the text as unknown', () => {
    expect(of('a ￭ b', { boundaries: 'unicode' })).toEqual(['a', '<unk>', 'b'])
  })

  it('never cut a surrogate pair, however long the stretch', () => {
    for (const shift of ['', 'a']) {
      const text = shift + '\u{1f600}'.repeat(500)
      const tokenizer = WordTokenizer.fit(text, { boundaries: 'unicode' })
      expect(tokenizer.vocabulary.every(symbol => !/\p{Surrogate}/u.test(symbol))).toBe(true)
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
    }
  })
})

describe('WordTokenizer.fit', () => {
  it('folds letters where asked to, in texts to be read too', () => {
    const tokenizer = WordTokenizer.fit('The the THE Été', { foldCase: true })
    expect(tokenizer.vocabulary).toEqual(['<unk>', 'the', 'été'])
    expect(tokenizer.decode(tokenizer.encode('ÉTÉ The'))).toBe('été the')
  })

  it('keeps words that are frequent enough, and no more than maxSize', () => {
    expect(WordTokenizer.fit('a a a b b c', { minCount: 2 }).vocabulary).toEqual(['<unk>', 'a', 'b'])
    expect(WordTokenizer.fit('a a a b b c', { maxSize: 2 }).vocabulary).toEqual(['<unk>', 'a'])
  })

  it('starts a text after a line end, else after its most frequent word', () => {
    const tokenizer = WordTokenizer.fit('a b\na c\n')
    expect(tokenizer.vocabulary[tokenizer.start]).toBe('\n')
    expect(WordTokenizer.fit('b a a').start).toBe(1)
  })

  it('refuses options that are none, and a text without words', () => {
    for (const minCount of [0, 1.5, Number.NaN]) {
      expect(() => WordTokenizer.fit('a', { minCount })).toThrow(/minCount must be a whole number/)
    }
    for (const maxSize of [1, 2.5, Number.NaN]) {
      expect(() => WordTokenizer.fit('a', { maxSize })).toThrow(/maxSize must be a whole number/)
    }
    expect(() => WordTokenizer.fit('a', { boundaries: 'lines' as 'space' })).toThrow(/space or unicode; got lines/)
    expect(() => WordTokenizer.fit('')).toThrow(ConfigurationError)
    expect(() => WordTokenizer.fit('a b c', { minCount: 2 })).toThrow(
      /3 different words has no word that occurs 2 times/,
    )
  })

  it('says what the decoder sets before a word that follows a prompt', () => {
    const tokenizer = WordTokenizer.fit('We learn now')
    const decoder = tokenizer.decoder()
    for (const token of tokenizer.encode('We learn')) decoder.push(token)
    expect(decoder.push(tokenizer.id('now'))).toBe(' now')
  })
})
