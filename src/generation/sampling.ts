/* Drawing the next token from a distribution: temperature, the k likeliest (Fan et al. 2018), the nucleus of probability p
 * (Holtzman et al. 2020), or simply the likeliest. Pure functions of numbers. */
import type { Random } from '../random.js'

export interface SamplingOptions {
  /** Divides the log-probabilities: under 1 bolder, over 1 more even. Default 1. */
  readonly temperature?: number | undefined
  /** Only the k likeliest tokens; default all. */
  readonly topK?: number | undefined
  /** Only the likeliest tokens that together reach this probability; default 1: all. */
  readonly topP?: number | undefined
  /** Always the likeliest token. */
  readonly greedy?: boolean | undefined
}

/**
 * Draws a token.
 * @param logProbabilities in nats, one a token
 * @param random consumes one draw, also where nothing is left to chance
 */
export function sample(
  logProbabilities: Float64Array,
  { temperature = 1, topK, topP = 1, greedy = false }: SamplingOptions,
  random: Random,
): number {
  const draw = random.uniform()
  if (greedy) return likeliest(logProbabilities)
  const weight = weights(logProbabilities, temperature)
  const cut = (topK !== undefined && topK < weight.length) || topP < 1
  return cut ? drawn(weight, nucleus(weight, topK, topP), draw) : drawn(weight, undefined, draw)
}

/** What each token's probability is in proportion to, the likeliest's being 1. */
function weights(logProbabilities: Float64Array, temperature: number): Float64Array {
  const most = logProbabilities[likeliest(logProbabilities)]
  const weight = new Float64Array(logProbabilities.length)
  for (let token = 0; token < weight.length; token++)
    weight[token] = Math.exp((logProbabilities[token] - most) / temperature)
  return weight
}

/** The k likeliest tokens, of these the likeliest that together reach the probability; likeliest first. */
function nucleus(weight: Float64Array, topK: number | undefined, topP: number): number[] {
  const tokens = [...weight.keys()].sort((a, b) => weight[b] - weight[a] || a - b).slice(0, topK)
  const total = tokens.reduce((sum, token) => sum + weight[token], 0)
  let reached = 0
  const last = tokens.findIndex(token => {
    reached += weight[token]
    return reached >= topP * total
  })
  return last >= 0 ? tokens.slice(0, last + 1) : tokens
}

/** The token at a share `draw` of the weights of these tokens, or of all, in their order. */
function drawn(weight: Float64Array, tokens: readonly number[] | undefined, draw: number): number {
  const count = tokens?.length ?? weight.length
  let total = 0
  for (let i = 0; i < count; i++) total += weight[tokens?.[i] ?? i]
  let left = draw * total
  let last = 0
  for (let i = 0; i < count; i++) {
    const token = tokens?.[i] ?? i
    if (weight[token] > 0) last = token
    left -= weight[token]
    if (left < 0) return token
  }
  return last
}

function likeliest(logProbabilities: Float64Array): number {
  let best = 0
  for (let token = 1; token < logProbabilities.length; token++)
    if (logProbabilities[token] > logProbabilities[best]) best = token
  return best
}
