/* What a forecaster says of a number that is to come: a distribution whose parameters are a layer's outputs o, and what it
 * costs that the number was y, −log p(y) or a pinball loss, with the derivative by each output.
 *
 *     gaussian            μ = o_0, σ = softplus(o_1)                                     of z = (y − location) / scale
 *     student-t           μ = o_0, σ = softplus(o_1), ν = 2 + softplus(o_2)              of z
 *     negative-binomial   mean m = scale · softplus(o_0), α = softplus(o_1) / √scale     of the count y (DeepAR, equation 4)
 *     quantiles           q_0 = o_0, q_k = q_{k−1} + softplus(o_k): they never cross     of z; Koenker & Bassett 1978
 *
 * Outputs are few beside hidden states, so all is computed here in float64 and not in a kernel. */
import type { Engine } from '../engine/engine.js'
import { checkShape, type Tensor } from '../engine/tensor.js'
import { ConfigurationError } from '../errors.js'
import { digamma, logGamma, sigmoid, softplus } from './specialFunctions.js'

/** Uniform and normal numbers; `Random` is one. */
export interface NumberSource {
  /** In [0, 1). */
  uniform(): number
  /** Of mean 0 and deviation 1. */
  normal(): number
}

/** The units of a number: y = location + scale · z. */
export interface Units {
  readonly location: number
  readonly scale: number
}

export interface Distribution {
  readonly name: string
  /** Outputs a number. */
  readonly outputs: number
  /**
   * The cost of y.
   * @param o outputs, from `at` on
   * @param slope where the derivative by each output is written, times nothing; left out where none is wanted
   */
  cost(o: ArrayLike<number>, at: number, y: number, units: Units, slope?: Float64Array): number
  /** A number drawn, in the table's units. */
  sample(o: ArrayLike<number>, at: number, units: Units, random: NumberSource): number
  /** The mean, in the table's units. */
  mean(o: ArrayLike<number>, at: number, units: Units): number
}

/** No σ is smaller: a likelihood has no end where a series stands still. */
const LEAST_DEVIATION = 1e-4

const gaussian: Distribution = {
  name: 'gaussian',
  outputs: 2,
  cost(o, at, y, { location, scale }, slope) {
    const sigma = softplus(o[at + 1]) + LEAST_DEVIATION
    const r = ((y - location) / scale - o[at]) / sigma
    if (slope) {
      slope[0] = -r / sigma
      slope[1] = ((1 - r * r) / sigma) * sigmoid(o[at + 1])
    }
    return 0.5 * r * r + Math.log(sigma) + 0.5 * Math.log(2 * Math.PI)
  },
  sample(o, at, { location, scale }, random) {
    return location + scale * (o[at] + (softplus(o[at + 1]) + LEAST_DEVIATION) * random.normal())
  },
  mean: (o, at, { location, scale }) => location + scale * o[at],
}

const studentT: Distribution = {
  name: 'student-t',
  outputs: 3,
  cost(o, at, y, { location, scale }, slope) {
    const sigma = softplus(o[at + 1]) + LEAST_DEVIATION
    const nu = 2 + softplus(o[at + 2])
    const r = ((y - location) / scale - o[at]) / sigma
    const a = 1 + (r * r) / nu
    if (slope) {
      const weight = (nu + 1) / (nu * a)
      slope[0] = (-weight * r) / sigma
      slope[1] = ((1 - weight * r * r) / sigma) * sigmoid(o[at + 1])
      const byNu =
        -0.5 * digamma((nu + 1) / 2) +
        0.5 * digamma(nu / 2) +
        0.5 / nu +
        0.5 * Math.log(a) -
        (weight * r * r) / (2 * nu)
      slope[2] = byNu * sigmoid(o[at + 2])
    }
    return (
      logGamma(nu / 2) -
      logGamma((nu + 1) / 2) +
      0.5 * Math.log(nu * Math.PI) +
      Math.log(sigma) +
      ((nu + 1) / 2) * Math.log(a)
    )
  },
  sample(o, at, { location, scale }, random) {
    const nu = 2 + softplus(o[at + 2])
    const t = random.normal() / Math.sqrt((2 * gammaSample(nu / 2, random)) / nu)
    return location + scale * (o[at] + (softplus(o[at + 1]) + LEAST_DEVIATION) * t)
  },
  mean: (o, at, { location, scale }) => location + scale * o[at],
}

/** m and α are kept above 0, where the likelihood has no end. */
const LEAST_RATE = 1e-6

const negativeBinomial: Distribution = {
  name: 'negative-binomial',
  outputs: 2,
  cost(o, at, y, { scale }, slope) {
    const m = scale * softplus(o[at]) + LEAST_RATE
    const alpha = softplus(o[at + 1]) / Math.sqrt(scale) + LEAST_RATE
    const r = 1 / alpha
    const am = alpha * m
    if (slope) {
      slope[0] = ((m - y) / (m * (1 + am))) * scale * sigmoid(o[at])
      // d/dα of −log p, by way of r = 1 / α.
      const byR = digamma(r) - digamma(y + r) + Math.log1p(am) + (alpha * (y - m)) / (1 + am)
      slope[1] = ((-byR * r * r) / Math.sqrt(scale)) * sigmoid(o[at + 1])
    }
    return logGamma(y + 1) + logGamma(r) - logGamma(y + r) + r * Math.log1p(am) - y * Math.log(am / (1 + am))
  },
  sample(o, at, { scale }, random) {
    const m = scale * softplus(o[at]) + LEAST_RATE
    const alpha = softplus(o[at + 1]) / Math.sqrt(scale) + LEAST_RATE
    return poissonSample(gammaSample(1 / alpha, random) * alpha * m, random)
  },
  mean: (o, at, { scale }) => scale * softplus(o[at]) + LEAST_RATE,
}

/** Levels of the quantiles that are learned. */
export const LEARNED_QUANTILES: readonly number[] = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
const MEDIAN = LEARNED_QUANTILES.indexOf(0.5)

const quantiles: Distribution = {
  name: 'quantiles',
  outputs: LEARNED_QUANTILES.length,
  cost(o, at, y, { location, scale }, slope) {
    const z = (y - location) / scale
    let q = o[at]
    let cost = 0
    const count = LEARNED_QUANTILES.length
    const byQuantile = new Float64Array(count)
    for (let k = 0; k < count; k++) {
      if (k > 0) q += softplus(o[at + k])
      const level = LEARNED_QUANTILES[k]
      cost += z >= q ? level * (z - q) : (level - 1) * (z - q)
      byQuantile[k] = z >= q ? -level : 1 - level
    }
    if (slope) {
      // o_k moves q_k and all above it.
      let above = 0
      for (let k = count - 1; k >= 0; k--) {
        above += byQuantile[k]
        slope[k] = (above / count) * (k > 0 ? sigmoid(o[at + k]) : 1)
      }
    }
    return cost / count
  },
  sample(o, at, { location, scale }, random) {
    return location + scale * interpolatedQuantile(learnedQuantiles(o, at), random.uniform())
  },
  mean(o, at, { location, scale }) {
    return location + scale * learnedQuantiles(o, at)[MEDIAN]
  },
}

function learnedQuantiles(o: ArrayLike<number>, at: number): number[] {
  let q = o[at]
  return LEARNED_QUANTILES.map((_, k) => {
    if (k > 0) q += softplus(o[at + k])
    return q
  })
}

/** Between levels a straight line; past the outermost ones the outermost line goes on. */
function interpolatedQuantile(values: readonly number[], u: number): number {
  const last = LEARNED_QUANTILES.length - 2
  const found = LEARNED_QUANTILES.findIndex(level => u < level) - 1
  const k = found === -2 ? last : Math.max(0, Math.min(last, found))
  const [low, high] = [LEARNED_QUANTILES[k], LEARNED_QUANTILES[k + 1]]
  return values[k] + ((values[k + 1] - values[k]) * (u - low)) / (high - low)
}

export const DISTRIBUTIONS = {
  gaussian,
  'student-t': studentT,
  'negative-binomial': negativeBinomial,
  quantiles,
} as const satisfies Readonly<Record<string, Distribution>>

export type DistributionName = keyof typeof DISTRIBUTIONS

/** Gamma of a shape and scale 1 (Marsaglia & Tsang 2000). */
export function gammaSample(shape: number, random: NumberSource): number {
  if (shape < 1) return gammaSample(shape + 1, random) * (1 - random.uniform()) ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = random.normal()
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

/** Up to this mean Poisson numbers are counted out. */
const COUNTED_OUT = 10

/** Poisson of a mean: products of uniforms (Knuth) where it is small, else transformed rejection (Hörmann 1993, PTRS). */
export function poissonSample(mean: number, random: NumberSource): number {
  if (mean < COUNTED_OUT) {
    const limit = Math.exp(-mean)
    let count = 0
    for (let product = 1 - random.uniform(); product > limit; product *= 1 - random.uniform()) count++
    return count
  }
  const b = 0.931 + 2.53 * Math.sqrt(mean)
  const a = -0.059 + 0.02483 * b
  const inverse = 1.1239 + 1.1328 / (b - 3.4)
  const v = 0.9277 - 3.6224 / (b - 2)
  for (;;) {
    const u = random.uniform() - 0.5
    const w = 1 - random.uniform()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43)
    if (us >= 0.07 && w <= v) return k
    if (k < 0 || (us < 0.013 && w > us)) continue
    if (Math.log(w) + Math.log(inverse) - Math.log(a / (us * us) + b) <= k * Math.log(mean) - mean - logGamma(k + 1))
      return k
  }
}

/** What the outputs of a batch are held against. */
export interface DistributionTargets {
  /** [rows × numbers], in the table's units; NaN where nothing is known, which costs nothing */
  readonly values: Float64Array
  /** The units of each: [rows × numbers] */
  readonly locations: Float64Array
  readonly scales: Float64Array
}

/**
 * The mean cost of numbers under a distribution.
 * @param outputs [rows, numbers × distribution.outputs]
 * @returns loss [1] over the numbers that are known, and how many those are
 * @throws ShapeError where the arrays are of other sizes
 */
export function distributionLoss(
  engine: Engine,
  distribution: Distribution,
  outputs: Tensor,
  { values, locations, scales }: DistributionTargets,
): { readonly loss: Tensor; readonly count: number } {
  const { outputs: width } = distribution
  const [rows] = outputs.shape
  checkShape(outputs, 'distributionLoss: outputs', [rows, (values.length / rows) * width])
  if (locations.length !== values.length || scales.length !== values.length)
    throw new ConfigurationError(
      `distributionLoss: locations and scales must be as many as values, ${values.length}; got ${locations.length} and ${scales.length}`,
    )
  const o = engine.read(outputs)
  const { tape } = engine
  const wanted = tape?.requiresGrad(outputs) ? new Float64Array(o.length) : undefined
  const slope = new Float64Array(width)
  let sum = 0
  let count = 0
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue
    const units = { location: locations[i], scale: scales[i] }
    sum += distribution.cost(o, i * width, values[i], units, wanted && slope)
    if (wanted) wanted.set(slope, i * width)
    count++
  }
  const loss = engine.from([count > 0 ? sum / count : 0])
  if (tape && wanted)
    tape.record([loss], () => {
      const factor = engine.scalar(tape.gradientOf(loss) as Tensor) / Math.max(1, count)
      tape.add(
        outputs,
        engine.from(
          wanted.map(value => value * factor),
          outputs.shape,
        ),
      )
    })
  return { loss, count }
}
