/* One sequence as a model sees it, laid out so that inspection can look at single losses: the sequence stands in the batch
 * several times, and each row keeps one loss E_t. */

import type { Tokenizer } from '../data/tokenizers/tokenizer.js'
import type { TokenBatch } from '../models/languageModel/batches.js'

export interface InspectedSequence<Batch> {
  /** Steps, each with a loss. */
  readonly steps: number
  /** What goes in at each step, and what is to come out, for people. */
  readonly names: readonly string[]
  readonly targetNames: readonly string[]
  /**
   * A batch of one row a loss, each the first `steps` steps of the sequence.
   * @param losses row i keeps E_t of t = losses[i] alone; its weight is 1
   */
  rows(losses: ArrayLike<number>, steps: number): Batch
}

/**
 * A text for a language model: the start symbol before it goes in first, its last token is only foretold.
 * @param tokens of the text
 */
export function textSequence(tokenizer: Tokenizer, tokens: ArrayLike<number>): InspectedSequence<TokenBatch> {
  const targets = Int32Array.from(tokens)
  const inputs = Int32Array.from(targets, (_, t) => (t === 0 ? tokenizer.start : targets[t - 1]))
  return {
    steps: targets.length,
    names: tokenNames(tokenizer, inputs),
    targetNames: tokenNames(tokenizer, targets),
    rows(losses, timeSteps) {
      const batchSize = losses.length
      const each = (of: Int32Array) =>
        Int32Array.from({ length: timeSteps * batchSize }, (_, i) => of[Math.floor(i / batchSize)])
      const rowWeights = new Float64Array(timeSteps * batchSize)
      for (let b = 0; b < batchSize; b++) rowWeights[losses[b] * batchSize + b] = 1
      return { inputs: each(inputs), targets: each(targets), timeSteps, batchSize, rowWeights }
    },
  }
}

const tokenNames = (tokenizer: Tokenizer, tokens: Int32Array) =>
  Array.from(tokens, token => tokenizer.vocabulary[token] ?? tokenizer.decode([token]))
