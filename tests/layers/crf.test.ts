// The linear chain: its normalizer and its likeliest tags are those of an enumeration of all tags there can be, its gradient
// that of finite differences, and it holds in log space where numbers are far out.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { Crf, sequenceOf } from '../../src/layers/crf.js'
import {
  type Chain,
  chainCost,
  chainNormalizer,
  exponentialChain,
  likeliestTags,
} from '../../src/layers/linearChain.js'
import { watchAll } from '../../src/layers/parameter.js'
import { checkDirections } from '../engine/finiteDifferences.js'
import { Draw } from '../engine/randomValues.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ backend: 'reference' })
})
afterAll(() => engine.close())

function chainOf(draw: Draw, tags: number): Chain {
  return { tags, transitions: draw.values(tags * tags), start: draw.values(tags), end: draw.values(tags) }
}

/** Every sequence of tags with its score, from the definition alone. */
function enumerated(
  { tags, transitions, start, end }: Chain,
  emissions: Float64Array,
): { y: number[]; score: number }[] {
  const steps = emissions.length / tags
  return Array.from({ length: tags ** steps }, (_, n) => {
    const y = Array.from({ length: steps }, (_, t) => Math.floor(n / tags ** t) % tags)
    let score = start[y[0]]
    y.forEach((tag, t) => {
      score += emissions[t * tags + tag]
      score += t + 1 < steps ? transitions[tag * tags + y[t + 1]] : end[tag]
    })
    return { y, score }
  })
}

describe('a linear chain', () => {
  it.each([
    [1, 3],
    [2, 1],
    [4, 3],
    [6, 2],
    [3, 4],
  ])('of %i steps and %i tags is its enumeration', (steps, tags) => {
    const draw = new Draw(steps + 10 * tags)
    for (let run = 0; run < 5; run++) {
      const chain = chainOf(draw, tags)
      const emissions = draw.values(steps * tags).map(e => 3 * e)
      const all = enumerated(chain, emissions)
      const total = Math.log(all.reduce((sum, { score }) => sum + Math.exp(score), 0))
      expect(chainNormalizer(exponentialChain(chain), emissions)).toBeCloseTo(total, 12)
      const { y, score } = all[Math.floor(all.length / 2)]
      expect(chainCost(exponentialChain(chain), emissions, Int32Array.from(y))).toBeCloseTo(total - score, 12)
      const best = all.reduce((a, b) => (b.score > a.score ? b : a))
      expect(Array.from(likeliestTags(chain, emissions))).toEqual(best.y)
    }
  })

  it('holds where exponentials would overflow, and over 10,000 steps', () => {
    const chain = chainOf(new Draw(5), 3)
    const emissions = Float64Array.from({ length: 30_000 }, (_, i) => (i % 3 === 0 ? 900 : -900))
    const cost = chainCost(exponentialChain(chain), emissions, new Int32Array(10_000))
    expect(cost).toBeGreaterThanOrEqual(0)
    expect(cost).toBeLessThan(1e-3)
    expect(likeliestTags(chain, emissions).every(tag => tag === 0)).toBe(true)
  })
})

describe('a conditional random field', () => {
  const [time, batch, tags] = [5, 3, 4]
  const lengths = [5, 1, 3]

  it('has the gradient of finite differences, in its parameters and in what is below it', () => {
    const draw = new Draw(9)
    const crf = new Crf(engine, { tags, name: 'crf' })
    const emissions = { value: engine.keep([time, batch, tags]), gradient: engine.keep([time, batch, tags]) }
    for (const { value } of [...crf.parameters, emissions]) engine.write(value, draw.values(value.size))
    const y = Int32Array.from({ length: time * batch }, (_, i) => (i * 7) % tags)
    const loss = () => engine.scope(() => engine.scalar(crf.loss(emissions.value, y, lengths)))
    engine.scope(() =>
      engine.recording(tape => {
        watchAll(tape, crf.parameters)
        tape.watch(emissions.value, emissions.gradient)
        tape.backward(crf.loss(emissions.value, y, lengths))
      }),
    )
    checkDirections(engine, draw, [...crf.parameters, emissions], loss, 6)
    const past = engine.read(emissions.gradient).filter((_, i) => {
      const row = Math.floor(i / tags)
      return Math.floor(row / batch) >= lengths[row % batch]
    })
    expect(past.every(each => each === 0)).toBe(true)
    engine.release(emissions.value)
    engine.release(emissions.gradient)
  })

  it('decodes each sequence of a batch as it does alone', () => {
    const draw = new Draw(2)
    const crf = new Crf(engine, { tags, name: 'crf' })
    for (const { value } of crf.parameters) engine.write(value, draw.values(value.size))
    engine.scope(() => {
      const emissions = engine.from(draw.values(time * batch * tags), [time, batch, tags])
      const together = crf.decode(emissions, lengths)
      expect(together.map(({ length }) => length)).toEqual(lengths)
      lengths.forEach((length, b) => {
        const own = sequenceOf(engine.read(emissions), { b, batch, width: tags, length })
        expect(crf.decode(engine.from(own, [length, 1, tags]), [length])[0]).toEqual(together[b])
      })
    })
  })
})
