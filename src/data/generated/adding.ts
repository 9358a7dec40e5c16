/* The adding problem (Hochreiter & Schmidhuber 1997, in the form of Le, Jaitly & Hinton 2015): a sequence of numbers
 * from [0, 1) of which two are marked, one in each half; asked for is the sum of the two. Who always answers 1, the
 * mean, has a mean squared error of 1/6, the variance of the sum. */
import { ConfigurationError } from '../../errors.js'
import type { NumberSequence } from '../corpora/items.js'
import { defineCorpus, type GenerateCorpusOptions } from './generatedCorpus.js'

export interface AddingOptions extends GenerateCorpusOptions {
  /** Steps of each sequence, from 2 on. Default 100. */
  length?: number | undefined
}

// Numbers of six decimals: written into a file and read again they are the same.
const STEPS_OF_UNIT = 1_000_000

export const adding = defineCorpus<NumberSequence, AddingOptions>({
  name: 'adding',
  task: 'regress',
  description:
    'The adding problem (Hochreiter & Schmidhuber 1997): at each step a number from [0, 1) and a mark, 0 or 1; two ' +
    'steps are marked, one in each half, and the answer is the sum of their numbers. The answer 1 has a mean squared ' +
    'error of 0.167; less means that the network remembers over the whole sequence.',
  fileForm: 'JSON lines: inputs, a list of [number, mark], and targets, a list of the sum',
  defaultCount: 10_000,
  drawer: ({ length = 100 }) => {
    if (!Number.isSafeInteger(length) || length < 2) {
      throw new ConfigurationError(`adding: length must be a whole number from 2 on; got ${length}`)
    }
    const half = Math.floor(length / 2)
    return random => {
      const inputs = new Float64Array(2 * length)
      const drawn = Array.from({ length }, () => random.integer(0, STEPS_OF_UNIT - 1))
      const marked = [random.integer(0, half - 1), random.integer(half, length - 1)]
      for (let t = 0; t < length; t++) inputs[2 * t] = drawn[t] / STEPS_OF_UNIT
      for (const t of marked) inputs[2 * t + 1] = 1
      return { inputs, features: 2, targets: Float64Array.of((drawn[marked[0]] + drawn[marked[1]]) / STEPS_OF_UNIT) }
    }
  },
  // The first numbers and the sum: nobody draws them twice.
  keyOf: ({ inputs, targets }) => `${inputs.subarray(0, 16).join()} ${targets[0]}`,
  linesOf: ({ inputs, targets }) => {
    const pairs = Array.from({ length: inputs.length / 2 }, (_, t) => `[${inputs[2 * t]},${inputs[2 * t + 1]}]`)
    return `{"inputs":[${pairs.join(',')}],"targets":[${targets.join(',')}]}\n`
  },
})
