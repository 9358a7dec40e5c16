/* Likelihoods: their derivatives against differences, their samples against their own moments and distribution functions,
 * special functions against published values. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DISTRIBUTIONS, gammaSample, LEARNED_QUANTILES, poissonSample } from '../../src/layers/distributions.js'
import { digamma, logGamma, softplus } from '../../src/layers/specialFunctions.js'
import { Random, seedKey } from '../../src/random.js'

const random = (seed: number) => new Random(seedKey(seed))
const moments = (values: readonly number[]) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length }
}
const drawn = (count: number, draw: (random: Random) => number) => {
  const source = random(3)
  return Array.from({ length: count }, () => draw(source))
}

describe('special functions', () => {
  it('have the values of Abramowitz & Stegun', () => {
    expect(logGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 13)
    expect(logGamma(1.5)).toBeCloseTo(-0.1207822376352452, 13)
    expect(logGamma(171)).toBeCloseTo(706.5730622457874, 9)
    expect(digamma(1)).toBeCloseTo(-0.5772156649015329, 13)
    expect(digamma(0.5)).toBeCloseTo(-1.9635100260214235, 12)
    expect(softplus(-800)).toBe(0)
    expect(softplus(800)).toBe(800)
  })
  it('ψ is the derivative of log Γ', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 500, noNaN: true }), x => {
        const width = 1e-5 * Math.max(1, x)
        expect((logGamma(x + width) - logGamma(x - width)) / (2 * width)).toBeCloseTo(digamma(x), 4)
      }),
    )
  })
})

describe.each(Object.values(DISTRIBUTIONS))('$name', distribution => {
  const units = { location: distribution.name === 'negative-binomial' ? 0 : 2, scale: 3 }
  const outputs = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), {
    minLength: distribution.outputs,
    maxLength: distribution.outputs,
  })
  const value =
    distribution.name === 'negative-binomial'
      ? fc.integer({ min: 0, max: 40 })
      : fc.double({ min: -9, max: 9, noNaN: true })

  it('has the derivatives of its cost', () => {
    fc.assert(
      fc.property(outputs, value, (o, y) => {
        const slope = new Float64Array(distribution.outputs)
        distribution.cost(o, 0, y, units, slope)
        o.forEach((_, k) => {
          const moved = (by: number) =>
            distribution.cost(
              o.map((each, i) => (i === k ? each + by : each)),
              0,
              y,
              units,
            )
          const [wide, narrow] = [1e-4, 1e-5].map(width => (moved(width) - moved(-width)) / (2 * width))
          // A quantile has a kink where it is the number itself; there differences of two widths disagree.
          if (Math.abs(wide - narrow) < 1e-4) expect(slope[k]).toBeCloseTo(narrow, 3)
        })
      }),
    )
  })

  it('draws what it is: no parameters cost less than its own', () => {
    const o = Array.from(
      { length: distribution.outputs },
      (_, k) => [0.4, -0.6, 0.9, -1, -0.5, -1, -0.7, -1.2, -0.4, -0.8, -1][k],
    )
    const samples = drawn(20_000, source => distribution.sample(o, 0, units, source))
    const slopes = new Float64Array(distribution.outputs)
    const slope = new Float64Array(distribution.outputs)
    for (const y of samples) {
      distribution.cost(o, 0, y, units, slope)
      slope.forEach((by, k) => {
        slopes[k] += by / samples.length
      })
    }
    // At its own parameters the mean slope is 0; five deviations of the mean of 20,000 are about 0.035.
    for (const mean of slopes) expect(Math.abs(mean)).toBeLessThan(0.035)
    if (distribution.name !== 'quantiles') expect(distribution.mean(o, 0, units)).toBeCloseTo(moments(samples).mean, 0)
  })

  it('costs the same in other units of the same number', () => {
    if (distribution.name === 'negative-binomial') return
    const o = Array.from({ length: distribution.outputs }, () => 0.3)
    expect(distribution.cost(o, 0, 5, { location: 2, scale: 3 })).toBeCloseTo(
      distribution.cost(o, 0, 1, { location: 0, scale: 1 }),
      12,
    )
  })
})

describe('samples', () => {
  it('of a gamma have its mean and variance', () => {
    for (const shape of [0.3, 1, 4.5]) {
      const { mean, variance } = moments(drawn(40_000, source => gammaSample(shape, source)))
      expect(mean / shape).toBeCloseTo(1, 1)
      expect(variance / shape).toBeCloseTo(1, 1)
    }
  })
  it('of a Poisson have its mean and variance, small and large', () => {
    for (const rate of [0.4, 6, 30, 1000]) {
      const { mean, variance } = moments(drawn(40_000, source => poissonSample(rate, source)))
      expect(mean / rate).toBeCloseTo(1, 1)
      expect(variance / rate).toBeCloseTo(1, 1)
    }
  })
  it('of quantiles never cross and keep their levels', () => {
    const o = LEARNED_QUANTILES.map((_, k) => (k === 0 ? -1 : -0.5))
    const samples = drawn(20_000, source =>
      DISTRIBUTIONS.quantiles.sample(o, 0, { location: 0, scale: 1 }, source),
    ).sort((a, b) => a - b)
    let q = o[0]
    LEARNED_QUANTILES.forEach((level, k) => {
      if (k > 0) q += softplus(o[k])
      const share = samples.filter(sample => sample < q).length / samples.length
      expect(Math.abs(share - level)).toBeLessThan(0.02)
    })
  })
})
