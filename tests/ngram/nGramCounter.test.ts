/* Counting in batches that are merged is counting at once. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TextCorpus } from '../../src/data/corpora/corpus.js'
import { countNGrams } from '../../src/ngram/counting.js'
import { NGramCounter } from '../../src/ngram/nGramCounter.js'
import { NGram } from '../../src/ngram/ngram.js'

const someTokens = fc.array(fc.nat(5), { minLength: 1, maxLength: 200 })
const marks = { begin: 6, end: 5 }

/** Begin marks before every sentence, and the last sentence closed. */
function withMarks(tokens: readonly number[]): number[] {
  const stream = tokens.flatMap((token, i) => (i === 0 || tokens[i - 1] === marks.end ? [marks.begin, token] : [token]))
  return stream.at(-1) === marks.end ? stream : [...stream, marks.end]
}

describe.each([
  ['without sentence marks', undefined],
  ['with sentence marks', marks],
])('counting in batches %s', (_, marks) => {
  it('gives the levels that counting at once gives, however the tokens come', () => {
    fc.assert(
      fc.property(
        someTokens,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 60 }),
        (tokens, order, batch, size) => {
          const counter = new NGramCounter({ order, marks, batch })
          for (let from = 0; from < tokens.length; from += size)
            counter.push(Int32Array.from(tokens.slice(from, from + size)))
          const stream = Int32Array.from(marks ? withMarks(tokens) : tokens)
          expect(counter.end(7)).toEqual(countNGrams(stream, { order, vocabularySize: 7, marks }))
        },
      ),
    )
  })
})

it.each([{ unit: 'word' }, { unit: 'word', minCount: 2 }, { unit: 'character' }, { unit: 'byte-pair' }] as const)(
  'a text in chunks gives the model of the whole: %o',
  options => {
    const line = fc.array(fc.constantFrom('we', 'learn', 'é', '😀', 'a long word without an end'), { maxLength: 9 })
    fc.assert(
      fc.property(fc.array(line, { minLength: 2, maxLength: 20 }), fc.nat(30), (lines, size) => {
        const text = `we learn we\n${lines.map(words => words.join(' ')).join('\r\n')}`
        const chunks = function* () {
          const all = [...text]
          for (let i = 0; i < all.length; i += size + 1) yield all.slice(i, i + size + 1).join('')
        }
        const chunked = new TextCorpus({ length: text.length, characters: [...text].length, chunks }, 'text')
        for (const sentences of [true, false]) {
          const fitted = { ...options, sentences, order: 3, discountFallback: true }
          const model = NGram.fit(text, fitted)
          expect(NGram.fit(chunked, fitted).toBytes()).toEqual(model.toBytes())
          expect(model.perplexity(chunked)).toEqual(model.perplexity(text))
        }
      }),
    )
  },
)
