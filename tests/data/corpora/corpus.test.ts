/* A corpus is split by whole pieces, by seed, and nothing is lost. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutsOf, splitPieces, splitText, TextCorpus, type TextSource } from '../../../src/data/corpora/corpus.js'
import { shuffledOrder } from '../../../src/data/shuffle.js'
import { ConfigurationError } from '../../../src/errors.js'
import { seedKey } from '../../../src/random.js'

const lines = Array.from({ length: 3000 }, (_, i) => `line ${i} of the text\n`)
const text = lines.join('')

/** The text between the cuts. */
function piecesOf(sample: string, count?: number): string[] {
  const cuts = cutsOf(new TextCorpus(sample, 'text'), count)
  return cuts.map((cut, i) => sample.slice(i === 0 ? 0 : cuts[i - 1], cut))
}

/** A text that is given in chunks of some characters, as a file gives it. */
function inChunks(sample: string, characters: number): TextSource {
  const chunks = function* (from: number, to: number) {
    const all = [...sample.slice(from, to)]
    for (let i = 0; i < all.length; i += characters) yield all.slice(i, i + characters).join('')
  }
  return { length: sample.length, characters: [...sample].length, chunks }
}

const anyText = fc.string({ unit: fc.constantFrom('a', '\n', '\r\n', '\u{1f600}', 'é', '\ud800'), maxLength: 300 })

describe('cutsOf', () => {
  it('cuts any text into pieces that join to it, none empty, none inside a surrogate pair', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 50 }), (sample, count) => {
        const pieces = piecesOf(sample, count)
        expect(pieces.join('')).toBe(sample)
        expect(pieces.length).toBeLessThanOrEqual(count)
        expect(pieces).not.toContain('')
        const codePoints = pieces.reduce((sum, piece) => sum + [...piece].length, 0)
        expect(codePoints).toBe([...sample].length)
      }),
    )
  })

  it('takes the nearest line end to each even cut, the one before it of two', () => {
    const nearest = (sample: string, place: number, reach: number) => {
      for (let away = 0; away <= reach; away++)
        for (const cut of [place - away, place + away]) if (sample[cut - 1] === '\n') return cut
      return place
    }
    const ascii = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n'), minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(ascii, fc.integer({ min: 1, max: 50 }), (sample, count) => {
        const wanted = Math.min(count, sample.length)
        const even = Array.from({ length: wanted - 1 }, (_, i) => Math.round(((i + 1) * sample.length) / wanted))
        const cuts = even.map(place => nearest(sample, place, sample.length / wanted / 2))
        expect(cutsOf(new TextCorpus(sample, 'text'), count)).toEqual([...new Set([...cuts, sample.length])])
      }),
    )
  })

  it('cuts at line ends, into about equal pieces', () => {
    const pieces = piecesOf(text)
    expect(pieces).toHaveLength(200)
    expect(pieces.every(piece => piece.endsWith('\n'))).toBe(true)
    const sizes = pieces.map(piece => piece.length)
    expect(Math.max(...sizes)).toBeLessThan(1.3 * Math.min(...sizes))
  })

  it('cuts anywhere where there are no line ends', () => {
    const pieces = piecesOf('x'.repeat(1000), 200)
    expect(pieces).toHaveLength(200)
    expect(new Set(pieces.map(piece => piece.length))).toEqual(new Set([5]))
  })

  it('refuses a count that is none', () => {
    for (const count of [0, -1, 1.5, Number.NaN]) expect(() => piecesOf('abc', count)).toThrow(ConfigurationError)
  })
})

describe('a text that is given in chunks', () => {
  const chunkSize = fc.integer({ min: 1, max: 40 })

  it('has the lines, the characters and the stretches of the text that is held', () => {
    fc.assert(
      fc.property(anyText, chunkSize, fc.nat(300), fc.nat(300), (sample, size, a, b) => {
        const whole = new TextCorpus(sample, 'text')
        const chunked = new TextCorpus(inChunks(sample, size), 'text')
        expect(chunked.text).toBe(sample)
        expect(chunked.characters).toBe([...sample].length)
        expect(whole.characters).toBe([...sample].length)
        expect([...chunked.lines()]).toEqual(sample.match(/[^\n]*\n|[^\n]+$/g) ?? [])
        expect([...whole.lines()]).toEqual([...chunked.lines()])
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        expect([...whole.chunks(from, Math.min(to, sample.length))].join('')).toBe(sample.slice(from, to))
      }),
    )
  })

  it.each(['pieces', 'end'] as const)('is split as the text that is held, %s held out', heldOut => {
    fc.assert(
      fc.property(anyText, chunkSize, fc.nat(1000), (sample, size, seed) => {
        const long = sample.repeat(2) + lines.slice(0, 3).join('')
        const options = { seed, validation: 0.2, test: 0.1, heldOut }
        const held = splitText(long, options)
        const parts = splitText(new TextCorpus(inChunks(long, size), 'text'), options)
        for (const part of ['train', 'validation', 'test'] as const) {
          expect(parts[part].text).toBe(held[part].text)
          expect([parts[part].length, parts[part].characters]).toEqual([held[part].length, held[part].characters])
          const middle = parts[part].length >> 1
          const stretch = [...parts[part].chunks(0, middle), ...parts[part].chunks(middle)]
          expect(stretch.join('')).toBe(held[part].text)
        }
      }),
    )
  })

  it('says that it is too long where a string is wanted', () => {
    const million = 'x'.repeat(2 ** 20)
    const chunks = function* () {
      for (let i = 0; i < 520; i++) yield million
    }
    const long = new TextCorpus({ length: 520 * 2 ** 20, characters: 520 * 2 ** 20, chunks }, 'book.txt')
    expect(() => long.text).toThrow(/^book\.txt: the text is 545259520 characters long, too long to be held whole/)
    expect(() => long.text).toThrow(ConfigurationError)
  })
})

describe('splitPieces', () => {
  // Every piece carries its own number, so that a part tells which pieces it holds.
  const numbered = fc
    .array(fc.integer({ min: 1, max: 60 }), { minLength: 3, maxLength: 60 })
    .map(sizes => sizes.map((size, i) => `<${i}>${'x'.repeat(size)}`))

  it('puts every piece into exactly one part and keeps the order', () => {
    fc.assert(
      fc.property(numbered, fc.integer(), (pieces, seed) => {
        const parts = Object.values(splitPieces(pieces, { seed, name: 'pieces', validation: 0.2, test: 0.1 }))
        const held = parts.map(part => part.text.match(/<\d+>x+/g) ?? [])
        expect(held.flat().toSorted()).toEqual(pieces.toSorted())
        for (const part of held) {
          expect(part.length).toBeGreaterThan(0)
          expect(part).toEqual(pieces.filter(piece => part.includes(piece)))
        }
      }),
    )
  })

  it('fills all three parts where there are three pieces, however uneven', () => {
    const parts = Object.values(
      splitPieces(['<0>x', `<1>${'x'.repeat(54)}`, '<2>x'], { seed: 0, validation: 0.2, test: 0.1 }),
    )
    expect(parts.map(part => part.text.match(/<\d+>/g)?.length)).toEqual([1, 1, 1])
  })

  it('gives each part its share of the characters', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { train, validation, test } = splitText(text, { seed, validation: 0.1, test: 0.05 })
      expect(validation.text.length / text.length).toBeCloseTo(0.1, 2)
      expect(test.text.length / text.length).toBeCloseTo(0.05, 2)
      expect(train.text.length + validation.text.length + test.text.length).toBe(text.length)
    }
  })

  it('draws the same parts for the same seed and others for another', () => {
    expect(splitText(text, { seed: 7 })).toEqual(splitText(text, { seed: 7 }))
    expect(splitText(text, { seed: 7 }).test.text).not.toBe(splitText(text, { seed: 8 }).test.text)
    expect(splitText(text)).toEqual(splitText(text, { seed: 1, validation: 0.05, test: 0.05, name: 'text' }))
  })

  it('holds the end out, in order, cut where the shares are full', () => {
    const digits = '0123456789'.repeat(100)
    const parts = splitText(digits, { heldOut: 'end', validation: 0.05, test: 0.1 })
    const { train, validation, test } = parts
    expect([train, validation, test].map(({ length }) => length)).toEqual([850, 50, 100])
    expect(train.text + validation.text + test.text).toBe(digits)
    expect(() => splitText('ab', { heldOut: 'end' })).toThrow(
      new ConfigurationError(
        'text: 2 characters cannot fill three parts (training 1, validation 0, test 1); give a longer text or other shares',
      ),
    )
    expect(() => splitText(digits, { heldOut: 'end', test: 1 })).toThrow('the test share must lie between 0 and 1')
  })

  it.each(['pieces', 'end'] as const)(
    'takes parts that are given; what would be theirs is trained on (%s)',
    heldOut => {
      const [other, another] = ['of another file', 'of a third'].map((said, i) => new TextCorpus(said, `given ${i}`))
      const drawn = splitText(text, { heldOut })
      const one = splitText(text, { heldOut, heldOutParts: { validation: other } })
      expect(one.validation).toBe(other)
      expect(one.test.text).toBe(drawn.test.text)
      expect(one.train.length).toBe(drawn.train.length + drawn.validation.length)
      const second = splitText(text, { heldOut, heldOutParts: { test: another } })
      expect(second.test).toBe(another)
      expect(second.validation.text).toBe(drawn.validation.text)
      expect(second.train.length).toBe(drawn.train.length + drawn.test.length)
      expect(splitText(text, { heldOut, heldOutParts: { validation: other, test: another } }).train.text).toBe(text)
    },
  )

  it('draws the parts that it drew when this was written', () => {
    const pieces = Array.from({ length: 40 }, (_, i) => `${String.fromCharCode(65 + i)}.....`)
    const { validation, test } = splitPieces(pieces, { seed: 1, validation: 0.1, test: 0.1 })
    expect([validation.text, test.text].map(part => part.replaceAll('.', ''))).toMatchInlineSnapshot(`
      [
        "HIKf",
        "DGR]",
      ]
    `)
  })

  it('names its parts', () => {
    const { train, validation, test } = splitText(text, { name: 'book.txt' })
    const names = [train, validation, test].map(part => part.name)
    expect(names).toEqual(['book.txt (training)', 'book.txt (validation)', 'book.txt (test)'])
  })

  it('gives each part a piece even when no piece is small enough for a share', () => {
    const { train, validation, test } = splitPieces(['aaa', 'bb', 'c'])
    expect([train.text, validation.text, test.text]).toEqual(['aaa', 'bb', 'c'])
  })

  it('does not fill a small part with one huge piece', () => {
    const pieces = ['h'.repeat(10_000), ...Array.from({ length: 100 }, () => 's'.repeat(100))]
    for (let seed = 0; seed < 20; seed++) expect(splitPieces(pieces, { seed }).train.text).toContain('h')
  })

  it('holds out only pieces that may be held out', () => {
    const pieces = Array.from({ length: 50 }, (_, i) => (i % 2 ? 'odd ' : 'even '))
    const { validation, test } = splitPieces(pieces, { mayBeHeldOut: (_, i) => i % 2 === 1 })
    expect(validation.text + test.text).not.toContain('even')
    expect(() => splitPieces(pieces, { mayBeHeldOut: () => false })).toThrow(ConfigurationError)
  })

  it('says which part would stay empty', () => {
    expect(() => splitText('', { name: 'a.txt' })).toThrow(/^a\.txt: 0 characters in 0 pieces cannot fill three parts/)
    expect(() => splitText('ab')).toThrow(/2 characters .*training 1, validation 0, test 1/)
    expect(() => splitText('ab')).toThrow(ConfigurationError)
    expect(splitText('abc').train.text).toHaveLength(1)
  })

  it('refuses shares and seeds that are none', () => {
    for (const share of [0, 1, -0.1, Number.NaN, 2]) {
      expect(() => splitText(text, { test: share })).toThrow(/test share must lie between 0 and 1/)
    }
    expect(() => splitText(text, { test: 0.5, validation: 0.5 })).toThrow(/leave text to train on/)
    for (const seed of [0.5, Number.NaN, 2 ** 60]) expect(() => splitText(text, { seed })).toThrow(/seed must be/)
  })
})

describe('shuffledOrder', () => {
  it('is a permutation', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.maxSafeInteger(), (count, seed) => {
        expect([...shuffledOrder(count, seedKey(seed))].sort((a, b) => a - b)).toEqual(
          Array.from({ length: count }, (_, i) => i),
        )
      }),
    )
  })

  it('makes the six orders of three about equally often', () => {
    const counts = new Map<string, number>()
    for (let seed = 0; seed < 6000; seed++) {
      const order = shuffledOrder(3, seedKey(seed)).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })
})
