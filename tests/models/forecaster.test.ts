/* The forecaster: it learns what a naive forecast cannot know, its answers rest on nothing that comes later, a seed gives the
 * same bits in any company, and a file gives the same model back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SeriesCorpus, type TimeSeries } from '../../src/data/corpora/timeSeries.js'
import { frequencyOf, Timeline } from '../../src/data/time/frequency.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { driftOf, evaluateForecaster, seasonalNaive } from '../../src/evaluation/forecast.js'
import { train } from '../../src/index.js'
import { DISTRIBUTIONS, type DistributionName } from '../../src/layers/distributions.js'
import { windowBatches } from '../../src/models/forecaster/batches.js'
import { Forecaster } from '../../src/models/forecaster/forecaster.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
})
afterAll(() => engine.close())

const STEPS = 240
const timeline = new Timeline(frequencyOf('day'), { days: 19_723, seconds: 0 })
const start = timeline.indexOf({ days: 19_723, seconds: 0 }) as number

/** Weekly sales of shops; a promotion, known ahead, doubles them. */
function shop(id: string, level: number, steps = STEPS): TimeSeries {
  const promotion = Float64Array.from({ length: steps + 14 }, (_, t) => ((t * 7 + level) % 11 < 2 ? 1 : 0))
  const units = Float64Array.from({ length: steps }, (_, t) =>
    Math.round(level * (4 + 3 * Math.sin((2 * Math.PI * t) / 7)) * (1 + promotion[t])),
  )
  return {
    id,
    start,
    length: steps,
    targets: [units],
    future: [{ name: 'promotion', kind: 'number', values: promotion }],
    past: [],
    constant: [{ name: 'kind', kind: 'category', values: [level > 20 ? 'large' : 'small'] }],
  }
}
const corpusOf = (series: readonly TimeSeries[]) =>
  new SeriesCorpus({ name: 'shops', timeline, targetColumns: ['units'], series })
const shops = corpusOf([shop('a', 5), shop('b', 50), shop('c', 11)])
const options = { horizon: 7, context: 14, hiddenSize: 16, numLayers: 1, dropout: 0, lags: [7] }

async function trained(corpus: SeriesCorpus, more: object = {}, steps = 150) {
  const model = await Forecaster.create({ series: corpus, ...options, ...more, engine })
  await train(
    model,
    { train: windowBatches(corpus, model.configuration, { batchSize: 16 }) },
    { steps, batchSize: 16, learningRate: 0.01, reportEvery: steps },
  )
  return model
}

describe('a forecaster', () => {
  it('learns what a promotion does, which seasonal naive cannot know, across series of any size', async () => {
    const known = shops.until(start + STEPS - 56)
    const model = await trained(known, {}, 300)
    const report = await evaluateForecaster(model, shops.until(start + STEPS, { from: start + STEPS - 56 }), {
      paths: 50,
    })
    expect(report.origins).toHaveLength(8)
    expect(report.CRPS).toBeLessThan(0.5 * report.seasonalNaive.CRPS)
    expect(report.MASE).toBeLessThan(0.5 * report.seasonalNaive.MASE)
    expect(Object.keys(report.bySeries)).toEqual(['a', 'b', 'c'])
    expect(report.byStep).toHaveLength(7)
    model.close()
  })

  it.each(Object.keys(DISTRIBUTIONS) as DistributionName[])(
    'with %s lowers its loss and gives ascending quantiles',
    async distribution => {
      for (const decoder of ['recursive', 'direct'] as const) {
        const model = await trained(shops, { distribution, decoder }, 60)
        const { series } = await model.forecast(shops, { paths: 40, quantiles: [0.1, 0.5, 0.9] })
        for (const { quantiles, times, mean } of series) {
          expect(times).toHaveLength(7)
          mean.forEach((_, t) => {
            expect(quantiles['0.1'][t]).toBeLessThanOrEqual(quantiles['0.5'][t])
            expect(quantiles['0.5'][t]).toBeLessThanOrEqual(quantiles['0.9'][t])
          })
        }
        model.close()
      }
    },
  )

  it.each(['log', 'difference'] as const)('with transform %s answers in the units of the table', async transform => {
    const grown = corpusOf([
      { ...shop('a', 5), targets: [Float64Array.from({ length: STEPS }, (_, t) => 100 * 1.01 ** t)] },
    ])
    const model = await trained(grown, { transform }, 200)
    const { mean, times } = await model.forecast(grown, { paths: 40 })
    expect(times[0]).toBe('2024-08-28')
    const next = 100 * 1.01 ** (STEPS + 3)
    expect(Math.abs(mean[3] / next - 1)).toBeLessThan(0.05)
    model.close()
  })

  it('reads nothing of what comes after an origin', async () => {
    const model = await Forecaster.create({ series: shops, ...options, engine })
    const from = start + 100
    const other = corpusOf(
      shops.series.map(series => ({
        ...series,
        targets: [series.targets[0].map((value, t) => (t < 100 ? value : 1e6))],
      })),
    )
    const [a, b] = [await model.forecast(shops, { from, paths: 5 }), await model.forecast(other, { from, paths: 5 })]
    expect(b.series.map(({ mean }) => [...mean])).toEqual(a.series.map(({ mean }) => [...mean]))
    model.close()
  })

  it('gives a series the same bits alone and in company, and other bits for another seed', async () => {
    const model = await Forecaster.create({ series: shops, ...options, engine })
    const together = await model.forecast(shops, { paths: 7, seed: 3 })
    const alone = await model.forecast(corpusOf([shops.series[1]]), { paths: 7, seed: 3 })
    expect(alone.paths.map(path => [...path])).toEqual(together.series[1].paths.map(path => [...path]))
    const other = await model.forecast(corpusOf([shops.series[1]]), { paths: 7, seed: 4 })
    expect([...other.mean]).not.toEqual([...alone.mean])
    model.close()
  })

  it('is the same model after its file', async () => {
    const model = await trained(shops, {}, 20)
    const bytes = model.toBytes()
    const again = await Forecaster.load(bytes, { engine })
    expect([...(await again.forecast(shops, { paths: 5 })).series[2].mean]).toEqual([
      ...(await model.forecast(shops, { paths: 5 })).series[2].mean,
    ])
    expect(again.configuration).toEqual(model.configuration)
    model.close()
    again.close()
  })

  it('takes series of one value, of zeros, of gaps and shorter than the context', async () => {
    const flat = (id: string, value: number) => ({ ...shop(id, 5), targets: [new Float64Array(STEPS).fill(value)] })
    const gaps = {
      ...shop('gaps', 7),
      targets: [shop('gaps', 7).targets[0].map((value, t) => (t % 3 === 1 ? Number.NaN : value))],
    }
    const odd = corpusOf([flat('zero', 0), flat('flat', 0.1), gaps, shop('short', 9, 5)])
    const model = await trained(odd, {}, 40)
    const { series } = await model.forecast(odd, { paths: 20 })
    for (const { mean } of series) expect(mean.every(Number.isFinite)).toBe(true)
    expect(Math.abs(series[1].mean[0] - 0.1)).toBeLessThan(0.5)
    model.close()
  })

  it('forecasts a series and a category that it has never seen, and reports the category', async () => {
    const model = await trained(shops, {}, 20)
    const stranger = corpusOf([
      { ...shop('new', 30), constant: [{ name: 'kind', kind: 'category', values: ['huge'] }] },
    ])
    const forecast = await model.forecast(stranger, { paths: 5 })
    expect([...forecast.unknown]).toEqual([['kind', ['huge']]])
    expect(forecast.mean.every(Number.isFinite)).toBe(true)
    model.close()
  })

  it('refuses what it cannot forecast from, by name', async () => {
    const model = await Forecaster.create({ series: shops, ...options, engine })
    const bare = corpusOf(shops.series.map(series => ({ ...series, future: [] })))
    await expect(model.forecast(bare)).rejects.toThrow(/future covariates are promotion; got none/)
    await expect(model.forecast(shops, { horizon: 15 })).rejects.toThrow(
      /future covariate promotion is missing at 2024-09-11/,
    )
    await expect(model.forecast(shops, { quantiles: [1.2] })).rejects.toThrow(/between 0 and 1; got 1.2/)
    const weekly = new SeriesCorpus({
      ...shops,
      name: 'weekly',
      targetColumns: ['units'],
      timeline: new Timeline(frequencyOf('week'), { days: 19_723, seconds: 0 }),
      series: shops.series,
    })
    await expect(model.forecast(weekly)).rejects.toThrow(/a step of the model is a day; got steps of a week/)
    await expect(
      Forecaster.create({ series: shops, ...options, distribution: 'negative-binomial', transform: 'log', engine }),
    ).rejects.toThrow(/negative-binomial|counts/)
    const aborted = AbortSignal.abort(new Error('enough'))
    await expect(model.forecast(shops, { signal: aborted })).rejects.toThrow('enough')
    model.close()
  })
})

describe('naive forecasts', () => {
  const values = Float64Array.of(1, 2, 3, Number.NaN, 5, 6)
  it('take the value a season before, the last that is known, or the line', () => {
    expect([0, 1, 2, 3].map(t => seasonalNaive(values, 6, t, 3))).toEqual([1, 5, 6, 1])
    expect(driftOf(values, 6, 0)).toBe(7)
    expect(driftOf(values, 4, 0)).toBe(5)
  })
})
