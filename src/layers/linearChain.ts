/* The mathematics of a linear chain (Lafferty, McCallum & Pereira 2001) over one sequence. The score of tags y_1 … y_T is
 *
 *     s(y) = start_{y_1} + Σ_t e_{t,y_t} + Σ_{t>1} A_{y_{t−1},y_t} + end_{y_T},    log p(y) = s(y) − log Σ_{y'} exp s(y')
 *
 * e: emissions [T, K]; A: transitions [from, to]. The forward algorithm runs in log space: each step takes the largest out of
 * its sum, and exp A is made once, so that a step costs K² multiply-adds and K exponentials. All in float64. */

export interface Chain {
  /** K */
  readonly tags: number
  /** A [K, K], from and to */
  readonly transitions: Float64Array
  /** [K] */
  readonly start: Float64Array
  /** [K] */
  readonly end: Float64Array
}

/** A chain's transitions as the forward algorithm takes them, for all sequences of a batch. */
export interface ExponentialChain extends Chain {
  /** exp(A − largest) */
  readonly factors: Float64Array
  readonly largest: number
}

export function exponentialChain(chain: Chain): ExponentialChain {
  const largest = chain.transitions.reduce((a, b) => Math.max(a, b), -Infinity)
  return { ...chain, largest, factors: chain.transitions.map(each => Math.exp(each - largest)) }
}

/** s(y) */
export function chainScore({ tags, transitions, start, end }: Chain, emissions: Float64Array, y: Int32Array): number {
  const last = y.length - 1
  let score = start[y[0]] + end[y[last]]
  for (let t = 0; t <= last; t++)
    score += emissions[t * tags + y[t]] + (t > 0 ? transitions[y[t - 1] * tags + y[t]] : 0)
  return score
}

/** log α_{t,k}: of all ways to come to tag k at step t. [T, K] */
function forward(chain: ExponentialChain, emissions: Float64Array): Float64Array {
  const { tags, start, factors, largest } = chain
  const alpha = new Float64Array(emissions.length)
  const before = new Float64Array(tags)
  for (let k = 0; k < tags; k++) alpha[k] = start[k] + emissions[k]
  for (let from = tags; from < alpha.length; from += tags) {
    const most = exponentialsOf(alpha, from - tags, before)
    const sums = new Float64Array(tags)
    for (let i = 0; i < tags; i++) for (let k = 0; k < tags; k++) sums[k] += before[i] * factors[i * tags + k]
    for (let k = 0; k < tags; k++) alpha[from + k] = emissions[from + k] + most + largest + Math.log(sums[k])
  }
  return alpha
}

/** log β_{t,k}: of all ways to go on from tag k at step t. [T, K] */
function backward(chain: ExponentialChain, emissions: Float64Array): Float64Array {
  const { tags, end, factors, largest } = chain
  const beta = new Float64Array(emissions.length)
  const after = new Float64Array(tags)
  const last = beta.length - tags
  for (let k = 0; k < tags; k++) beta[last + k] = end[k]
  const reached = new Float64Array(tags)
  for (let from = last - tags; from >= 0; from -= tags) {
    for (let k = 0; k < tags; k++) reached[k] = beta[from + tags + k] + emissions[from + tags + k]
    const most = exponentialsOf(reached, 0, after)
    for (let i = 0; i < tags; i++) {
      let sum = 0
      for (let k = 0; k < tags; k++) sum += factors[i * tags + k] * after[k]
      beta[from + i] = most + largest + Math.log(sum)
    }
  }
  return beta
}

/** exp(x − largest) of K numbers from a place on; returns the largest. */
function exponentialsOf(x: Float64Array, from: number, into: Float64Array): number {
  let most = -Infinity
  for (let k = 0; k < into.length; k++) most = Math.max(most, x[from + k])
  for (let k = 0; k < into.length; k++) into[k] = Math.exp(x[from + k] - most)
  return most
}

function logSum(values: Float64Array): number {
  const into = new Float64Array(values.length)
  const most = exponentialsOf(values, 0, into)
  return most + Math.log(into.reduce((sum, each) => sum + each, 0))
}

/** log Σ_y exp s(y) */
export function chainNormalizer(chain: ExponentialChain, emissions: Float64Array): number {
  const { tags, end } = chain
  const alpha = forward(chain, emissions)
  return logSum(alpha.slice(-tags).map((each, k) => each + end[k]))
}

/** Where the gradient of log Σ_y exp s(y) − s(y) is added, which is what was expected less what is. */
export interface ChainGradient {
  /** [T, K] */
  readonly emissions: Float64Array
  readonly transitions: Float64Array
  readonly start: Float64Array
  readonly end: Float64Array
}

/**
 * −log p(y), and its gradient times a factor: the probability of each tag at each step and of each pair of tags, by the
 * forward-backward algorithm, less those of y.
 */
export function chainCost(
  chain: ExponentialChain,
  emissions: Float64Array,
  y: Int32Array,
  gradient?: ChainGradient,
  factor = 1,
): number {
  const { tags, end, factors, largest } = chain
  const alpha = forward(chain, emissions)
  const total = logSum(alpha.slice(-tags).map((each, k) => each + end[k]))
  const cost = total - chainScore(chain, emissions, y)
  if (!gradient) return cost
  const beta = backward(chain, emissions)
  const steps = emissions.length / tags
  for (let t = 0; t < steps; t++) {
    const from = t * tags
    for (let k = 0; k < tags; k++) {
      const probability = factor * Math.exp(alpha[from + k] + beta[from + k] - total)
      gradient.emissions[from + k] += probability
      if (t === 0) gradient.start[k] += probability
      if (t === steps - 1) gradient.end[k] += probability
    }
    gradient.emissions[from + y[t]] -= factor
    if (t === 0) continue
    const [before, after] = [new Float64Array(tags), new Float64Array(tags)]
    const most = exponentialsOf(alpha.subarray(from - tags, from), 0, before)
    const reached = beta.slice(from, from + tags).map((each, k) => each + emissions[from + k])
    const furthest = exponentialsOf(reached, 0, after)
    const scale = factor * Math.exp(most + furthest + largest - total)
    for (let i = 0; i < tags; i++)
      for (let k = 0; k < tags; k++)
        gradient.transitions[i * tags + k] += scale * before[i] * factors[i * tags + k] * after[k]
    gradient.transitions[y[t - 1] * tags + y[t]] -= factor
  }
  gradient.start[y[0]] -= factor
  gradient.end[y[steps - 1]] -= factor
  return cost
}

/** The likeliest tags (Viterbi 1967). */
export function likeliestTags({ tags, transitions, start, end }: Chain, emissions: Float64Array): Int32Array {
  const steps = emissions.length / tags
  const from = new Int32Array(emissions.length)
  let best = Float64Array.from({ length: tags }, (_, k) => start[k] + emissions[k])
  for (let t = 1; t < steps; t++) {
    const next = new Float64Array(tags)
    for (let k = 0; k < tags; k++) {
      let most = 0
      for (let i = 1; i < tags; i++)
        if (best[i] + transitions[i * tags + k] > best[most] + transitions[most * tags + k]) most = i
      from[t * tags + k] = most
      next[k] = best[most] + transitions[most * tags + k] + emissions[t * tags + k]
    }
    best = next
  }
  const answers = new Int32Array(steps)
  answers[steps - 1] = largestAt(best.map((each, k) => each + end[k]))
  for (let t = steps - 1; t > 0; t--) answers[t - 1] = from[t * tags + answers[t]]
  return answers
}

/** Where the largest stands; the first of equals. */
export function largestAt(values: ArrayLike<number>): number {
  let most = 0
  for (let k = 1; k < values.length; k++) if (values[k] > values[most]) most = k
  return most
}
