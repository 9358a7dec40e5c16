// Mean, maximum and softmax over the steps of each sequence: what they are by definition, and their gradients against finite
// differences, for sequences of every length.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { multiply } from '../../src/engine/operations/operations.js'
import {
  maxOverTime,
  meanOverTime,
  softmaxOverTime,
  sumOverTime,
  weightedSumOverTime,
} from '../../src/engine/operations/overTime.js'
import type { Tensor } from '../../src/engine/tensor.js'
import { ShapeError } from '../../src/errors.js'
import { describeEach, everyBackend } from './everyBackend.js'
import { checkGradients, input } from './finiteDifferences.js'
import { Draw } from './randomValues.js'

const [time, batch, width] = [5, 4, 3]
const lengths = [5, 1, 3, 0]

/** x with zeros past each sequence's end, as recurrent layers give it. */
function masked(engine: Engine, x: Tensor): Tensor {
  const columns = x.shape[2]
  const there = Float64Array.from({ length: x.size }, (_, i) =>
    Math.floor(i / (batch * columns)) < lengths[Math.floor(i / columns) % batch] ? 1 : 0,
  )
  return multiply(engine, x, engine.from(there, x.shape))
}

describeEach(everyBackend, engineOf => {
  it('is what its definition says', () => {
    const engine = engineOf()
    const values = new Draw(3).values(time * batch * width)
    engine.scope(() => {
      const x = masked(engine, engine.from(values, [time, batch, width]))
      const scores = engine.from(values.subarray(0, time * batch), [time, batch, 1])
      const alpha = softmaxOverTime(engine, scores, lengths)
      const given = {
        mean: engine.read(meanOverTime(engine, x, lengths)),
        max: engine.read(maxOverTime(engine, x, lengths)),
        alpha: engine.read(alpha),
        sum: engine.read(weightedSumOverTime(engine, x, alpha)),
      }
      for (let b = 0; b < batch; b++) {
        const steps = Array.from({ length: lengths[b] }, (_, t) => t)
        const total = steps.reduce((sum, t) => sum + Math.exp(values[t * batch + b]), 0)
        const share = (t: number) => Math.exp(values[t * batch + b]) / total
        for (let t = 0; t < time; t++) expect(given.alpha[t * batch + b]).toBeCloseTo(t < lengths[b] ? share(t) : 0, 6)
        for (let k = 0; k < width; k++) {
          const at = (t: number) => values[(t * batch + b) * width + k]
          const mean = steps.reduce((sum, t) => sum + at(t), 0) / Math.max(1, steps.length)
          expect(given.mean[b * width + k]).toBeCloseTo(mean, 6)
          expect(given.max[b * width + k]).toBeCloseTo(steps.length ? Math.max(...steps.map(at)) : 0, 6)
          const weighted = steps.reduce((sum, t) => sum + share(t) * at(t), 0)
          expect(given.sum[b * width + k]).toBeCloseTo(weighted, 6)
        }
      }
    })
  })
})

describe('gradients over time', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await openEngine({ backend: 'reference' })
  })
  afterAll(() => engine.close())

  it.each(['sum', 'mean', 'max', 'softmax', 'weighted sum'])('of %s are those of finite differences', kind => {
    const draw = new Draw(8)
    checkGradients(
      engine,
      draw,
      { x: input(draw, time, batch, width), e: input(draw, time, batch, 1) },
      ({ x: given, e }) => {
        const x = masked(engine, given)
        const alpha = softmaxOverTime(engine, e, lengths)
        if (kind === 'sum') return [sumOverTime(engine, x), alpha]
        if (kind === 'mean') return [meanOverTime(engine, x, lengths), alpha]
        if (kind === 'max') return [maxOverTime(engine, x, lengths), alpha]
        return kind === 'softmax' ? [x, alpha] : weightedSumOverTime(engine, x, alpha)
      },
    )
  })

  it('refuse lengths that are not of the batch', () => {
    engine.scope(() => {
      const x = engine.tensor([time, batch, width])
      expect(() => meanOverTime(engine, x, [1, 2])).toThrow(ShapeError)
      expect(() => maxOverTime(engine, x, [1, 2, 9, 1])).toThrow(
        'maxOverTime: lengths[2] must be 0 to 5, the time of [5, 4, 3]; got 9',
      )
    })
  })
})
