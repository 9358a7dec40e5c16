/* Sentences become batches: each once an epoch, of like length, in an order that seed and epoch alone decide. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Buckets, padded } from '../../../src/data/batches/buckets.js'
import { ConfigurationError } from '../../../src/errors.js'
import { Random, seedKey } from '../../../src/random.js'

describe('Buckets', () => {
  const lengthLists = fc.array(fc.nat(50), { minLength: 1, maxLength: 200 })

  it('hold every sentence exactly once an epoch, in full batches but one', () => {
    fc.assert(
      fc.property(lengthLists, fc.integer({ min: 1, max: 20 }), fc.nat(1000), (lengths, batchSize, epoch) => {
        const buckets = new Buckets(lengths, { batchSize }, 'x')
        const batches = buckets.epoch(epoch)
        expect(batches).toHaveLength(buckets.batchesPerEpoch)
        const all = batches.flatMap(batch => [...batch])
        expect(all.toSorted((a, b) => a - b)).toEqual(lengths.map((_, i) => i))
        expect(batches.filter(batch => batch.length < batchSize).length).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('draw each epoch its own order, the same for the same seed', () => {
    const lengths = Array.from({ length: 500 }, (_, i) => i % 37)
    const epoch = (seed: number, number: number) => new Buckets(lengths, { batchSize: 8, seed }, 'x').epoch(number)
    expect(epoch(1, 5)).toEqual(epoch(1, 5))
    expect(epoch(1, 5)).not.toEqual(epoch(1, 6))
    expect(epoch(1, 5)).not.toEqual(epoch(2, 5))
    const first = new Set(epoch(1, 0).map(batch => [...batch].toSorted().join()))
    expect(epoch(1, 1).filter(batch => first.has([...batch].toSorted().join())).length).toBeLessThan(5)
  })

  it('leave little padding', () => {
    const random = new Random(seedKey(1))
    const lengths = Array.from({ length: 10_000 }, () => random.integer(1, 50))
    const wasted = (batches: readonly ArrayLike<number>[]) => {
      let cells = 0
      for (const batch of batches) {
        cells += batch.length * Math.max(...Array.from(batch, i => lengths[i]))
      }
      return 1 - lengths.reduce((sum, length) => sum + length, 0) / cells
    }
    expect(wasted(new Buckets(lengths, { batchSize: 32 }, 'x').epoch(0))).toBeLessThan(0.03)
  })

  it('refuse no sentences, and batches and epochs that are none', () => {
    expect(() => new Buckets([], { batchSize: 2 }, 'a.tsv (training)')).toThrow(/^a\.tsv \(training\): there are no/)
    for (const batchSize of [0, 1.5, Number.NaN]) {
      expect(() => new Buckets([1], { batchSize }, 'x')).toThrow(ConfigurationError)
    }
    expect(() => new Buckets([1], { batchSize: 1 }, 'x').epoch(-1)).toThrow(ConfigurationError)
  })
})

describe('padded', () => {
  it('lays sentences side by side, time first', () => {
    const batch = padded([[1, 2, 3], [4], []], 9)
    expect(batch).toEqual({
      tokens: Int32Array.of(1, 4, 9, 2, 9, 9, 3, 9, 9),
      lengths: Int32Array.of(3, 1, 0),
      timeSteps: 3,
      batchSize: 3,
    })
  })

  it('keeps every token', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(100), { maxLength: 12 }), { minLength: 1 }), sentences => {
        const { tokens, lengths, batchSize } = padded(sentences, -1)
        const again = sentences.map((_, b) => Array.from({ length: lengths[b] }, (_, t) => tokens[t * batchSize + b]))
        expect(again).toEqual(sentences)
        const kept = sentences.reduce((sum, sentence) => sum + sentence.length, 0)
        expect(tokens.filter(token => token === -1)).toHaveLength(tokens.length - kept)
      }),
    )
  })
})
