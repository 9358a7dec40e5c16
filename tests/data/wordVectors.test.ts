/* Vectors of a vocabulary's words, out of every form of file, however its bytes arrive. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseWordVectors, WordVectorReader } from '../../src/data/wordVectors.js'
import { ConfigurationError, FileFormatError } from '../../src/errors.js'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const parse = (text: string, words: string[], missing?: () => number) =>
  parseWordVectors(bytesOf(text), words, { name: 'v.txt', missing: missing ?? 'zero' })

/** As word2vec writes them; gensim leaves the line end out. */
function binary(vectors: [string, number[]][], lineEnd = '\n', promised = vectors.length): Uint8Array {
  const parts = [bytesOf(`${promised} ${vectors[0]?.[1].length ?? 3}\n`)]
  for (const [word, vector] of vectors) {
    parts.push(bytesOf(`${word} `), new Uint8Array(Float32Array.from(vector).buffer), bytesOf(lineEnd))
  }
  return Uint8Array.from(parts.flatMap(part => [...part]))
}

const three: [string, number[]][] = [
  ['the', [1, -2.5, 0.125]],
  ['of', [0, 0, 3e-5]],
  ['naïve', [-1e10, 2, 3]],
]
const written = three.map(([word, vector]) => `${word} ${vector.join(' ')}`).join('\n')
const forms: [string, Uint8Array, string][] = [
  ['word2vec text', bytesOf(`3 3\n${written}\n`), 'word2vec text'],
  ['fastText, a space behind each row', bytesOf(`3 3\n${written.replaceAll('\n', ' \n')} \n`), 'word2vec text'],
  ['word2vec text without a last line end', bytesOf(`3 3\n${written}`), 'word2vec text'],
  [
    'word2vec text with CRLF and a byte order mark',
    bytesOf(`\ufeff3 3\r\n${written.replaceAll('\n', '\r\n')}\r\n`),
    'word2vec text',
  ],
  ['GloVe text', bytesOf(`${written}\n`), 'glove text'],
  ['GloVe text with tabs', bytesOf(`${written.replaceAll(' ', '\t')}\n`), 'glove text'],
  ['word2vec binary', binary(three), 'word2vec binary'],
  ['word2vec binary of gensim', binary(three, ''), 'word2vec binary'],
]

describe('word vectors', () => {
  it.each(forms)('are read from %s, in whatever parts it arrives', (_, bytes, format) => {
    const cuts = fc
      .array(fc.nat(bytes.length), { maxLength: 6 })
      .map(places => [0, ...places.toSorted((a, b) => a - b)])
    fc.assert(
      fc.property(cuts, places => {
        const reader = new WordVectorReader(['naïve', 'absent', 'the'], 'v')
        places.forEach((from, i) => {
          reader.push(bytes.subarray(from, places[i + 1] ?? bytes.length))
        })
        const { table, dimension, found, report } = reader.end()
        expect(dimension).toBe(3)
        expect(table).toEqual(Float32Array.of(-1e10, 2, 3, 0, 0, 0, 1, -2.5, 0.125))
        expect(found).toEqual([true, false, true])
        expect(report).toEqual({ format, dimension: 3, inFile: 3, found: 2, missing: 1, missingWords: ['absent'] })
      }),
    )
  })

  it('keep a word of GloVe’s that holds spaces', () => {
    expect(parse('a 1 2\n. . . 3 4\n', ['. . .']).table).toEqual(Float32Array.of(3, 4))
  })

  it('take the first vector of a word, and give it to every id of the word', () => {
    expect(parse('a 1 2\na 3 4\n', ['a', 'b', 'a']).table).toEqual(Float32Array.of(1, 2, 0, 0, 1, 2))
  })

  it('draw what is missing, as widely spread as what was found', () => {
    let drawn = 0
    const { table } = parse('a 3 -3\n', ['a', 'b'], () => ++drawn)
    expect([...table]).toEqual([3, -3, 3, 6])
    expect([...parse('a 3 -3\n', ['b'], () => 1).table]).toEqual([1, 1])
  })

  it.each([
    ['no vectors', '', /v\.txt: it holds no word vectors/],
    ['a header alone', '0 5\n', /it holds no word vectors/],
    ['a word without numbers', 'word\n', /line 1: a vector must have 1 … 4096 numbers; got 0/],
    ['a dimension too large', `2 5000\n`, /line 1: a vector must have 1 … 4096 numbers; got 5000/],
    ['too few numbers', 'a 1 2\nb 1\n', /^v\.txt, line 2: must be a word and 2 numbers$/],
    ['too many numbers', 'a 1 2\nb 0.5 1 2\n', /^v\.txt, line 2: must be a word and 2 numbers; it has more$/],
    ['too many numbers after a header', '1 2\nb 5 1 2\n', /^v\.txt, line 2: must be a word and 2 numbers; it has more/],
    ['too few numbers after a header', '2 3\nb 5 1\na 1 2 3\n', /^v\.txt, line 2: must be a word and 3 numbers/],
    ['what is no number', 'a 1 2\nb 1 x2\n', /^v\.txt, line 2: must be a word and 2 numbers$/],
    ['half a number', 'a 1 2\na 1 2\nc 1 2-3\n', /^v\.txt, line 3: must be a word and 2 numbers; got 2-3$/],
    ['a promise it does not keep', '3 1\na 1\nb 2\n', /its first line promises 3 vectors; it holds 2; fetch it again/],
  ])('refuse a text with %s, by line', (_, text, message) => {
    expect(() => parse(text, ['a', 'c'])).toThrow(FileFormatError)
    expect(() => parse(text, ['c'])).toThrow(message)
  })

  it('refuse a binary file that is cut, too long, or holds NaN', () => {
    const words = ['the', 'of']
    const whole = binary(three)
    expect(() => parseWordVectors(whole.subarray(0, -5), words)).toThrow(/vector 3: is cut short; fetch the file again/)
    expect(() => parseWordVectors(binary(three, '\n', 5), words)).toThrow(/promises 5 vectors; it holds 3/)
    expect(() => parseWordVectors(binary(three, '\n', 2), words)).toThrow(/promises 2 vectors; more bytes follow/)
    expect(() => parseWordVectors(binary([['the', [Number.NaN, 1, 1]]]), words)).toThrow(/NaN or infinity/)
  })

  it('say that bytes without end are no vectors, before they fill the memory', () => {
    const reader = new WordVectorReader(['a'], 'v')
    const noise = new Uint8Array(2 ** 20).fill(0x78)
    expect(() => {
      for (let i = 0; i < 4; i++) reader.push(noise)
    }).toThrow(FileFormatError)
    expect(() => parseWordVectors(new Uint8Array(1), [])).toThrow(ConfigurationError)
  })

  it('read or refuse any bytes with a FileFormatError', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: fc.constantFrom('a', '1', ' ', '\n', '.', '-', '\t'), maxLength: 80 }).map(bytesOf),
    )
    fc.assert(
      fc.property(noise, bytes => {
        try {
          expect(parseWordVectors(bytes, ['a']).report.inFile).toBeGreaterThan(0)
        } catch (error) {
          expect(error).toBeInstanceOf(FileFormatError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
