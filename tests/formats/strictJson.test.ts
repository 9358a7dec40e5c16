// Strict JSON takes what JSON.parse takes, but for keys that stand twice and nesting past its bound.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseStrictObject, type StrictJson, StrictJsonError } from '../../src/formats/strictJson.js'

const encoded = (text: string) => new TextEncoder().encode(text)
/** The text as the one value of an object; `depth` is the text's own. */
const parsed = (text: string, depth = 100) =>
  parseStrictObject(encoded(inObject(text)), { depth: depth + 1, elements: 100 }, (_, value) => value)
const inObject = (text: string) => `{"value":${text}}`

/** The value itself. */
const soleValue = (text: string, depth = 100) => parsed(text, depth).get('value') as StrictJson

function plain(value: StrictJson): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, entry]) => [key, plain(entry)]))
  }
  return Array.isArray(value) ? value.map(plain) : value
}

describe('strict JSON', () => {
  it('reads every value that JSON can hold', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space)
        expect(plain(soleValue(text))).toEqual(JSON.parse(text))
      }),
    )
  })

  it('refuses what JSON.parse refuses, and takes what it takes', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"a"',
      '"b"',
      '"\\',
      '1',
      '-',
      '0',
      '.5',
      'e3',
      'true',
      'null',
      ' ',
      '\u0001"',
    ]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), parts => {
        const text = parts.join('')
        let wanted: unknown
        try {
          wanted = JSON.parse(inObject(text))
        } catch {
          expect(() => parsed(text)).toThrow(StrictJsonError)
          return
        }
        try {
          expect(plain(parsed(text))).toEqual(wanted)
        } catch (error) {
          expect(String(error)).toMatch(/stands twice/)
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('refuses a key that stands twice, under any spelling', () => {
    expect(() => parsed('{"a":1,"b":2,"a":3}', 3)).toThrow('the key "a" stands twice at byte')
    expect(() => parsed('{"a":1,"\\u0061":3}', 3)).toThrow('stands twice')
  })

  it('keeps __proto__ as a key like any other', () => {
    const value = soleValue('{"__proto__":{"x":1},"constructor":2}', 3) as Map<string, StrictJson>
    expect([...value.keys()]).toEqual(['__proto__', 'constructor'])
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })

  it('bounds the nesting, however deep the text goes', () => {
    expect(() => parsed('[[[1]]]', 3)).not.toThrow()
    expect(() => parsed('[[[[1]]]]', 3)).toThrow('nesting deeper than 4')
    expect(() => parsed('['.repeat(1_000_000), 3)).toThrow('nesting deeper than 4')
  })

  it('bounds lists and numbers', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => i).join()
    expect(soleValue(`[${hundred}]`)).toHaveLength(100)
    expect(() => parsed(`[${hundred},1]`)).toThrow('a list of more than 100 elements at byte')
    expect(soleValue(`1${'0'.repeat(308)}`)).toBe(1e308)
    expect(() => parsed('1'.repeat(1_000_000))).toThrow('a number of more than 1100 characters at byte 9')
  })

  it('refuses bytes that are not UTF-8, inside of strings and outside', () => {
    for (const value of [
      [0x22, 0xff, 0x22],
      [0xff],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0x22, 0xc3],
      [0xef, 0xbb, 0xbf, 0x31],
    ]) {
      const bytes = Uint8Array.from([...encoded('{"value":'), ...value, 0x7d])
      expect(() => parseStrictObject(bytes, { depth: 1, elements: 1 }, (_, given) => given)).toThrow(StrictJsonError)
    }
  })
})

describe('the outermost object', () => {
  const bounds = { depth: 3, elements: 3 }

  it('changes each value of the outermost object, and no other', () => {
    const seen = parseStrictObject(encoded('{"a":1,"b":{"a":[2]}}'), bounds, (key, value) => [key, plain(value)])
    expect([...seen]).toEqual([
      ['a', ['a', 1]],
      ['b', ['b', { a: [2] }]],
    ])
  })

  it('ends with the first value that is refused, and takes nothing but an object', () => {
    const stop = () => {
      throw new RangeError('stop')
    }
    expect(() => parseStrictObject(encoded('{"a":1,no JSON at all'), bounds, stop)).toThrow('stop')
    for (const text of ['[1]', '1', '', '{"a":1}1']) {
      expect(() => parseStrictObject(encoded(text), bounds, (_, value) => value)).toThrow(StrictJsonError)
    }
  })
})
