// Text becomes ids and comes back; saved tokenizers come in only if they are sound.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CharacterTokenizer } from '../../../src/data/tokenizers/characterTokenizer.js'
import { type Tokenizer, tokenizerFromJSON } from '../../../src/data/tokenizers/tokenizer.js'
import { ConfigurationError, FileFormatError } from '../../../src/errors.js'

const anyText = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 })

describe('CharacterTokenizer', () => {
  it('gives ids by code point, from 1 on', () => {
    const tokenizer: Tokenizer = CharacterTokenizer.fit('b\u{1f600}a\nb\uffee')
    expect(tokenizer.size).toBe(6)
    expect([...tokenizer.encode('\nab\uffee\u{1f600}')]).toEqual([1, 2, 3, 4, 5])
    expect(tokenizer.unit).toBe('character')
  })

  it('brings every text of known characters back', () => {
    fc.assert(
      fc.property(anyText, text => {
        fc.pre(text !== '\ufffd'.repeat(text.length))
        const tokenizer = CharacterTokenizer.fit(text)
        const tokens = tokenizer.encode(text)
        expect(tokens.length).toBe([...text].length)
        expect(tokenizer.decode(tokens)).toBe(text)
      }),
    )
  })

  it('brings long texts back, whatever lies where its chunks end', () => {
    for (const shift of ['', 'a']) {
      const text = `${shift}${'\u{1f600}'.repeat(9000)}b`
      const tokenizer = CharacterTokenizer.fit(text)
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
    }
    expect(CharacterTokenizer.fit('a').decode([])).toBe('')
  })

  it('is the same after JSON', () => {
    fc.assert(
      fc.property(anyText, anyText, (text, other) => {
        fc.pre(text !== '\ufffd'.repeat(text.length))
        const tokenizer = CharacterTokenizer.fit(text)
        const again = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer)))
        expect(again.size).toBe(tokenizer.size)
        expect(again.start).toBe(tokenizer.start)
        expect(again.encode(text + other)).toEqual(tokenizer.encode(text + other))
        expect(JSON.stringify(again)).toBe(JSON.stringify(tokenizer))
      }),
    )
  })

  it('makes what it does not know the unknown symbol, which is written U+FFFD', () => {
    const tokenizer = CharacterTokenizer.fit('abc')
    const tokens = tokenizer.encode('axb\u{1f600}\ufffd')
    expect([...tokens]).toEqual([1, 0, 2, 0, 0])
    expect(tokenizer.decode(tokens)).toBe('a\ufffdb\ufffd\ufffd')
  })

  it('takes a lone surrogate as unknown, in the vocabulary and in the text', () => {
    const tokenizer = CharacterTokenizer.fit('a\ud83d\ude00\ud83d')
    expect(tokenizer.size).toBe(3)
    expect([...tokenizer.encode('\ud83da\ude00\ud83d')]).toEqual([0, 1, 0, 0])
    expect([...tokenizer.encode('\ud83d\ud83d\ude00')]).toEqual([0, 2])
    expect(() => CharacterTokenizer.fit('\ud83d')).toThrow(ConfigurationError)
  })

  it('starts a text after a line end, else a space, else its first symbol', () => {
    expect(CharacterTokenizer.fit('\tb a\n').start).toBe(2)
    expect(CharacterTokenizer.fit('\tb a').start).toBe(2)
    expect(CharacterTokenizer.fit('\tba').start).toBe(1)
  })

  it('knows only characters that occur often enough', () => {
    expect(CharacterTokenizer.fit('aabbbc', { minCount: 2 }).toJSON().symbols).toBe('ab')
    expect(() => CharacterTokenizer.fit('abc', { minCount: 2 })).toThrow(/3 characters has no character that occurs 2/)
    for (const minCount of [0, 1.5, Number.NaN]) {
      expect(() => CharacterTokenizer.fit('abc', { minCount })).toThrow(ConfigurationError)
    }
    expect(() => CharacterTokenizer.fit('')).toThrow(ConfigurationError)
  })

  it('refuses ids that do not exist', () => {
    const tokenizer = CharacterTokenizer.fit('ab')
    for (const id of [3, -1, 0.5, Number.NaN]) expect(() => tokenizer.decode([1, id])).toThrow(/token 1 must be/)
  })
})

describe('a saved tokenizer', () => {
  const refused: [string, unknown][] = [
    ['null', null],
    ['a list', []],
    ['a number', 3],
    ['nothing', {}],
    ['another unit', { unit: 'word', symbols: 'ab' }],
    ['an inherited unit', Object.create({ unit: 'character', symbols: 'ab' })],
    ['no symbols', { unit: 'character' }],
    ['empty symbols', { unit: 'character', symbols: '' }],
    ['a list of symbols', { unit: 'character', symbols: ['a'] }],
    ['symbols out of order', { unit: 'character', symbols: 'ba' }],
    ['a symbol twice', { unit: 'character', symbols: 'aa' }],
    ['a lone surrogate', { unit: 'character', symbols: 'a\ud800' }],
    ['the unknown symbol', { unit: 'character', symbols: 'a\ufffd' }],
    ['a key too many', JSON.parse('{ "unit": "character", "symbols": "ab", "__proto__": 1 }')],
  ]

  it.each(refused)('is refused with %s', (_, json) => {
    expect(() => tokenizerFromJSON(json, 'm.safetensors')).toThrow(FileFormatError)
    expect(() => tokenizerFromJSON(json, 'm.safetensors')).toThrow(/^m\.safetensors: .*[^\n]$/)
  })

  it('never lets anything else through than a tokenizer or a FileFormatError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ unit: fc.constant('character'), symbols: anyText })), json => {
        try {
          expect(JSON.stringify(tokenizerFromJSON(json))).toBe(JSON.stringify(json))
        } catch (error) {
          expect(error).toBeInstanceOf(FileFormatError)
        }
      }),
    )
  })
})
