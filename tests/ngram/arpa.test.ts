/* ARPA files from elsewhere: read where they make sense, and refused by line number where they do not. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FileFormatError } from '../../src/errors.js'
import { NGram } from '../../src/ngram/ngram.js'

const good = [
  'a comment, as SRILM allows',
  '\\data\\',
  'ngram 1=4',
  'ngram 2=2',
  '',
  '\\1-grams:',
  '-0.6\t<s>\t-0.3',
  '-0.6\t</s>',
  '-0.5\tb\t-0.2',
  '-1e0\ta\t-0.1',
  '',
  '\\2-grams:',
  '-0.1\tb a',
  '-0.2\t<s> b',
  '',
  '\\end\\',
]
const read = (lines: readonly string[]) =>
  NGram.fromArpa(new TextEncoder().encode(`${lines.join('\n')}\n`), { where: 'm.arpa' })
const changed = (line: number, text: string) => good.map((old, i) => (i === line - 1 ? text : old))

describe('an ARPA file', () => {
  it('is read in any order of its n-grams, and without <unk>', async () => {
    const model = await read(good)
    const scores = model.score('b a z')
    expect(scores.map(({ matched }) => matched)).toEqual([2, 2, 1, 1])
    const wanted = [-0.2, -0.1, -100.1, -0.6]
    scores.forEach(({ log10Probability }, i) => {
      expect(log10Probability).toBeCloseTo(wanted[i], 4)
    })
  })

  it('is read with carriage returns, spaces for tabs and no empty lines between its sections', async () => {
    const expected = (await read(good)).score('b a')
    expect((await read(good.map(line => `${line.replaceAll('\t', '  ')}\r`))).score('b a')).toEqual(expected)
    expect((await read(good.filter(line => line !== ''))).score('b a')).toEqual(expected)
  })

  it('backs off through suffixes that were pruned away', async () => {
    const model = await read([
      ...['\\data\\', 'ngram 1=3', 'ngram 2=1', 'ngram 3=1', '', '\\1-grams:'],
      ...[
        '-1\ta\t-0.1',
        '-1\tb\t-0.2',
        '-1\tc\t-0.3',
        '',
        '\\2-grams:',
        '-0.5\ta b\t-0.4',
        '',
        '\\3-grams:',
        '-0.2\ta b c',
      ],
      ...['', '\\end\\'],
    ])
    const scores = model.score('a b c a')
    expect(scores.map(({ matched }) => matched)).toEqual([1, 2, 3, 1])
    expect(scores[3].log10Probability).toBeCloseTo(-1.3, 5)
  })

  it.each([
    [3, 'ngram 1=four', /count must look like/],
    [3, 'ngram 1=5', /promised 5 1-grams; there are 4/],
    [3, 'ngram 1=99999999999999', /at most/],
    [4, 'ngram 3=2', /order 2 was to come/],
    [6, '\\2-grams:', /1-grams: was to come/],
    [7, 'x\t<s>\t-0.3', /number/],
    [7, '0.5\t<s>\t-0.3', /at most 0/],
    [7, 'nan\t<s>', /number/],
    [7, '-1 <s> -1 -1', /2 or 3 fields .*; got 4/],
    [8, '-0.6\t<s>', /twice/],
    [13, '-0.1\tb q', /q is not among/],
    [13, '-0.1\tb a -0.5', /3 fields /],
    [13, '-0.1', /3 fields /],
    [14, '-0.1\tb a', /stands in line 13/],
    [15, '-0.2\ta b', /promised 2 2-grams; there are more/],
    [16, '', /cut short/],
    [16, '\\3-grams:', /end/],
  ])('with line %i as %j is refused', async (line, text, message) => {
    const fault = await read(changed(line, text)).then(
      () => undefined,
      error => error,
    )
    expect(fault).toBeInstanceOf(FileFormatError)
    expect(fault.message).toMatch(message)
    expect(fault.message).toMatch(/^m\.arpa: line \d+: /)
  })

  it('needs every context among the shorter n-grams', async () => {
    const lines = [
      ...['\\data\\', 'ngram 1=2', 'ngram 2=1', 'ngram 3=1', '', '\\1-grams:', '-1\ta\t0', '-1\tb\t0', ''],
      ...['\\2-grams:', '-1\ta b\t0', '', '\\3-grams:', '-1\tb a b', '', '\\end\\'],
    ]
    await expect(read(lines)).rejects.toThrow('line 14: the first 2 words must stand among the 2-grams')
  })

  it('that is none, empty, endless in its line or packed and cut is refused', async () => {
    await expect(NGram.fromArpa(new Uint8Array(0))).rejects.toThrow(/no line is/)
    await expect(NGram.fromArpa(new Uint8Array(3 << 20).fill(0x61))).rejects.toThrow(/line 1: longer/)
    const chunks: Uint8Array[] = []
    for await (const chunk of NGram.fit('a b', { discountFallback: true }).arpaGzip()) chunks.push(chunk)
    const packed = chunks[0].slice(0, 40)
    await expect(NGram.fromArpa(packed)).rejects.toThrow(FileFormatError)
  })

  it('with any line replaced is read or refused, never worse', async () => {
    const line = fc.oneof(fc.string(), fc.constantFrom(...good), fc.stringMatching(/^[-0-9.e\t ab<s>\\]{0,20}$/))
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: good.length }), line, async (at, text) => {
        try {
          const model = await read(changed(at, text))
          model.score('b a z')
        } catch (error) {
          expect(error).toBeInstanceOf(FileFormatError)
        }
      }),
      { numRuns: 300 },
    )
  })
})
