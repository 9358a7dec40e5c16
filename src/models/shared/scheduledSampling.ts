/* What a model is fed in training: the true token, or its own (Bengio, Vinyals, Jaitly & Shazeer 2015). At each step but the
 * first a coin is thrown; with probability `ratio` the true token goes in, else one that is drawn from what the model
 * foretold at the step before.
 *
 * No gradient flows through a drawn token. So the tokens are drawn first, step by step and without a tape, and the fused
 * kernels then run over them as over any others: the gradient is the same. The model that draws is the one in use,
 * without dropout. */
import type { CellState } from '../../cells/cell.js'
import type { Engine } from '../../engine/engine.js'
import type { Tensor } from '../../engine/tensor.js'
import { fold, type RandomKey, wordsAt } from '../../random.js'

/** One step of a model: from tokens [1, batch] and a state, what comes next as logits [1, batch, vocabulary]. */
export type FeedStep = (
  tokens: Tensor,
  state: readonly CellState[],
) => { readonly logits: Tensor; readonly state: readonly CellState[] }

export interface Feeding {
  /** Probability that the true token is fed, 0 to 1. */
  readonly ratio: number
  /** What coins and tokens are drawn from. */
  readonly key: RandomKey
}

/**
 * Inputs [time, batch] of which some are the model's own. To be called in a scope; nothing of it comes on the tape.
 * @param inputs the true ones, [time, batch]
 */
export function fedInputs(
  engine: Engine,
  { inputs, timeSteps, batchSize }: { inputs: Int32Array; timeSteps: number; batchSize: number },
  state: readonly CellState[],
  feedStep: FeedStep,
  { ratio, key }: Feeding,
): Int32Array {
  const outer = engine.tape
  engine.tape = undefined
  try {
    const stream = fold(key, 'scheduledSampling')
    const fed = inputs.slice()
    let now = state
    for (let t = 0; t + 1 < timeSteps; t++) {
      const tokens = engine.tokens(fed.subarray(t * batchSize, (t + 1) * batchSize), [1, batchSize])
      const next = feedStep(tokens, now)
      now = next.state
      const logits = engine.read(next.logits)
      const vocabulary = logits.length / batchSize
      for (let b = 0; b < batchSize; b++) {
        const at = (t + 1) * batchSize + b
        const [coin, draw] = wordsAt(stream, at)
        if (coin / 2 ** 32 < ratio) continue
        fed[at] = drawn(logits.subarray(b * vocabulary, (b + 1) * vocabulary), draw / 2 ** 32)
      }
    }
    return fed
  } finally {
    engine.tape = outer
  }
}

/** The token whose part of softmax's distribution holds `uniform`, 0 to 1. */
function drawn(logits: Float64Array, uniform: number): number {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity)
  const weights = logits.map(logit => Math.exp(logit - most))
  let left = uniform * weights.reduce((sum, weight) => sum + weight, 0)
  for (let token = 0; token < weights.length - 1; token++) {
    left -= weights[token]
    if (left < 0) return token
  }
  return weights.length - 1
}
