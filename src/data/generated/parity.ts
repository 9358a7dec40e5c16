/* Parity: is the number of ones in a row of bits even or odd? Every bit counts and none tells anything alone; what one
 * bit of memory solves for any length, counting words never does. */
import { ConfigurationError } from '../../errors.js'
import type { LabelledText } from '../corpora/items.js'
import { defineCorpus, type GenerateCorpusOptions } from './generatedCorpus.js'

export interface ParityOptions extends GenerateCorpusOptions {
  /** Bits at most; lengths from 1 on are drawn evenly, as long as there are rows that were not drawn. Default 40. */
  length?: number | undefined
}

export const parity = defineCorpus<LabelledText, ParityOptions>({
  name: 'parity',
  task: 'classify',
  unit: 'character',
  description:
    'Rows of 1 to 40 bits, labelled even or odd by their number of ones: a network must keep one bit of memory through ' +
    'the whole row and turn it at every one.',
  fileForm: 'tab-separated columns text and label, with a header',
  defaultCount: 10_000,
  header: 'text\tlabel\n',
  drawer: ({ length = 40 }) => {
    if (!Number.isSafeInteger(length) || length < 1) {
      throw new ConfigurationError(`parity: length must be a whole number from 1 on; got ${length}`)
    }
    return random => {
      const bits = Array.from({ length: random.integer(1, length) }, () => random.integer(0, 1))
      const ones = bits.reduce((sum, bit) => sum + bit, 0)
      return { text: bits.join(''), label: ones % 2 === 0 ? 'even' : 'odd' }
    }
  },
  linesOf: ({ text, label }) => `${text}\t${label}\n`,
})
