// Strict JSON takes what JSON.parse takes, but for keys that stand twice and nesting past its bound.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseStrictJson, type StrictJson, StrictJsonError } from '../../src/formats/strictJson.js'

function plain(value: StrictJson): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, entry]) => [key, plain(entry)]))
  }
  return Array.isArray(value) ? value.map(plain) : value
}

describe('parseStrictJson', () => {
  it('reads every value that JSON can hold', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space)
        expect(plain(parseStrictJson(text, 100))).toEqual(JSON.parse(text))
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
          wanted = JSON.parse(text)
        } catch {
          expect(() => parseStrictJson(text, 100)).toThrow(StrictJsonError)
          return
        }
        try {
          expect(plain(parseStrictJson(text, 100))).toEqual(wanted)
        } catch (error) {
          expect(String(error)).toMatch(/stands twice/)
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('refuses a key that stands twice, under any spelling', () => {
    expect(() => parseStrictJson('{"a":1,"b":2,"a":3}', 3)).toThrow('the key "a" stands twice at character')
    expect(() => parseStrictJson('{"a":1,"\\u0061":3}', 3)).toThrow('stands twice')
  })

  it('keeps __proto__ as a key like any other', () => {
    const value = parseStrictJson('{"__proto__":{"x":1},"constructor":2}', 3) as Map<string, StrictJson>
    expect([...value.keys()]).toEqual(['__proto__', 'constructor'])
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })

  it('bounds the nesting, however deep the text goes', () => {
    expect(() => parseStrictJson('[[[1]]]', 3)).not.toThrow()
    expect(() => parseStrictJson('[[[[1]]]]', 3)).toThrow('nesting deeper than 3')
    expect(() => parseStrictJson('['.repeat(1_000_000), 3)).toThrow('nesting deeper than 3')
  })
})
