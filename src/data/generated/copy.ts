/* Delayed copy (the copying memory problem: Hochreiter & Schmidhuber 1997; Arjovsky, Shah & Bengio 2016): some symbols,
 * then `delay` − 1 blanks, then the sign to answer, then as many blanks as there were symbols; asked for are blanks up to
 * the sign and the symbols after it. A network without memory answers the blanks and guesses the symbols, 1 in 8. */
import { ConfigurationError } from '../../errors.js'
import type { TaggedSentence } from '../corpora/items.js'
import { defineCorpus, type GenerateCorpusOptions } from './generatedCorpus.js'

export interface CopyOptions extends GenerateCorpusOptions {
  /** Steps from the last symbol to the sign. Default 30. */
  delay?: number | undefined
  /** How many symbols are to be kept. Default 10. */
  length?: number | undefined
}

export const copySymbols = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
export const copyBlank = '_'
export const copySign = ':'

export const copy = defineCorpus<TaggedSentence, CopyOptions>({
  name: 'copy',
  task: 'tag',
  description:
    'Delayed copy (Hochreiter & Schmidhuber 1997; Arjovsky et al. 2016): ten symbols of eight kinds, a run of ' +
    'blanks, a sign, and after the sign the ten symbols are to be said again in their order. Tags are what is to be ' +
    'said at each step. Guessing has 1 in 8 of the symbols right.',
  fileForm: 'a symbol and its tag a line, set apart by a tab; an empty line after each sequence',
  defaultCount: 10_000,
  drawer: ({ delay = 30, length = 10 }) => {
    for (const [name, value] of Object.entries({ delay, length })) {
      if (!Number.isSafeInteger(value) || value < 1) {
        throw new ConfigurationError(`copy: ${name} must be a whole number from 1 on; got ${value}`)
      }
    }
    const blanks = (count: number) => Array.from({ length: count }, () => copyBlank)
    return random => {
      const symbols = Array.from({ length }, () => random.choose(copySymbols))
      return {
        words: [...symbols, ...blanks(delay - 1), copySign, ...blanks(length)],
        tags: [...blanks(length + delay), ...symbols],
      }
    }
  },
  linesOf: ({ words, tags }) => `${words.map((word, t) => `${word}\t${tags[t]}\n`).join('')}\n`,
})
