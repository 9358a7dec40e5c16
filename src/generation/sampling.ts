/* Drawing the next token from a distribution: temperature, the k likeliest (Fan et al. 2018), the nucleus of probability p
 * (Holtzman et al. 2020), or simply the likeliest. Pure functions of numbers. */
import type { Random } from '../engine/random.js'

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
  const most = logProbabilities.reduce((a, b) => Math.max(a, b), -Infinity)
  let tokens = [...logProbabilities.keys()]
  const weight = Float64Array.from(logProbabilities, value => Math.exp((value - most) / temperature))
  if ((topK !== undefined && topK < tokens.length) || topP < 1) {
    tokens.sort((a, b) => weight[b] - weight[a] || a - b)
    if (topK !== undefined) tokens = tokens.slice(0, topK)
    const total = tokens.reduce((sum, token) => sum + weight[token], 0)
    let reached = 0
    const nucleus = tokens.findIndex(token => {
      reached += weight[token]
      return reached >= topP * total
    })
    if (nucleus >= 0) tokens = tokens.slice(0, nucleus + 1)
  }
  let left = draw * tokens.reduce((sum, token) => sum + weight[token], 0)
  for (const token of tokens) {
    left -= weight[token]
    if (left < 0) return token
  }
  return tokens.findLast(token => weight[token] > 0) as number
}

function likeliest(logProbabilities: Float64Array): number {
  let best = 0
  for (let token = 1; token < logProbabilities.length; token++)
    if (logProbabilities[token] > logProbabilities[best]) best = token
  return best
}
