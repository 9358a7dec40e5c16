/* Beam search against exhaustive search, on models small enough to be searched whole; with a beam of 1 it is greedy; groups
 * do not know each other. */
import { describe, expect, it } from 'vitest'
import { ConfigurationError, NumericError } from '../../src/errors.js'
import { type BeamOptions, type BeamRows, beamSearch, type Hypothesis } from '../../src/generation/beamSearch.js'
import { threefry } from '../../src/random.js'

const VOCABULARY = 4
const END = 3

/** Log-probabilities that depend on all that was read, and on the group's own number. */
function distribution(seed: number, history: readonly number[]): Float64Array {
  const key = history.reduce((hash, token) => Math.imul(hash, 31) + token + 1, seed)
  const weights = Array.from({ length: VOCABULARY }, (_, token) => {
    const [draw] = threefry(seed, key, 9, token)
    return (draw / 2 ** 32) ** 2 + 0.01
  })
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return Float64Array.from(weights, weight => Math.log(weight / total))
}

class Rows implements BeamRows {
  steps = 0
  private histories: { seed: number; read: number[] }[]
  constructor(seeds: readonly number[]) {
    this.histories = seeds.map(seed => ({ seed, read: [] }))
  }
  next(): Float64Array {
    this.steps++
    return Float64Array.from(this.histories.flatMap(({ seed, read }) => [...distribution(seed, read)]))
  }
  advance(rows: Int32Array, tokens: Int32Array): void {
    this.histories = Array.from(rows, (row, i) => {
      const { seed, read } = this.histories[row]
      return { seed, read: [...read, tokens[i]] }
    })
  }
}

/** Every text that ends, or has `maxLength` tokens. */
function exhaustive(seed: number, { maxLength, lengthPenalty = 0, minLength = 0 }: BeamOptions) {
  const found: { tokens: number[]; logProbability: number; score: number }[] = []
  const visit = (tokens: number[], before: number) => {
    distribution(seed, tokens).forEach((value, token) => {
      const logProbability = before + value
      const longer = [...tokens, token]
      if (token === END && tokens.length < minLength) return
      if (token !== END && longer.length < (maxLength as number)) visit(longer, logProbability)
      else {
        const score = logProbability / ((5 + longer.length) / 6) ** lengthPenalty
        found.push({ tokens: token === END ? tokens : longer, logProbability, score })
      }
    })
  }
  visit([], 0)
  return found.sort((a, b) => b.score - a.score)
}

const search = (seeds: readonly number[], options: BeamOptions) =>
  beamSearch(new Rows(seeds), seeds.length, { ends: [END], ...options })

const plain = ({ tokens, logProbability, score }: Pick<Hypothesis, 'tokens' | 'logProbability' | 'score'>) => ({
  tokens: [...tokens],
  logProbability: Number(logProbability.toFixed(9)),
  score: Number(score.toFixed(9)),
})

describe('a beam that holds everything', () => {
  it.each([0, 0.6, 1, 2])('finds what an exhaustive search finds, with a length penalty of %d', async lengthPenalty => {
    for (let seed = 1; seed <= 20; seed++) {
      const options = { beamSize: 2000, nBest: 5, maxLength: 5, lengthPenalty }
      const [found] = await search([seed], options)
      expect(found.map(plain)).toEqual(exhaustive(seed, options).slice(0, 5).map(plain))
    }
  })

  it('ends no text before minLength', async () => {
    const options = { beamSize: 2000, nBest: 5, maxLength: 5, minLength: 3, lengthPenalty: 0.6 }
    const [found] = await search([4], options)
    expect(found.map(plain)).toEqual(exhaustive(4, options).slice(0, 5).map(plain))
    for (const { tokens } of found) expect(tokens.length).toBeGreaterThanOrEqual(3)
  })
})

describe('a small beam', () => {
  it('of 1 is greedy', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const tokens: number[] = []
      for (let ended = false; !ended && tokens.length < 8; ) {
        const values = distribution(seed, tokens)
        const best = values.indexOf(Math.max(...values))
        if (best === END) ended = true
        else tokens.push(best)
      }
      const [[found]] = await search([seed], { beamSize: 1, maxLength: 8, lengthPenalty: 1 })
      expect(found.tokens).toEqual(tokens)
    }
  })

  it('tells the log-probability of what it found, and the rows that foretold it', async () => {
    const [found] = await search([5], { beamSize: 3, nBest: 3, maxLength: 6 })
    for (const { tokens, rows, logProbability, finished } of found) {
      const read = finished ? [...tokens, END] : tokens
      const sum = read.reduce((total, token, i) => total + distribution(5, read.slice(0, i))[token], 0)
      expect(logProbability).toBeCloseTo(sum, 10)
      expect(rows).toHaveLength(read.length)
    }
  })

  it('searches groups as it searches each alone', async () => {
    const options = { beamSize: 3, nBest: 2, lengthPenalty: 0.6 }
    const seeds = [1, 2, 3, 4, 5, 6]
    const limits = [6, 2, 0, 4, 6, 1]
    const together = await search(seeds, { ...options, maxLength: limits })
    for (const [g, seed] of seeds.entries()) {
      const [alone] = await search([seed], { ...options, maxLength: limits[g] })
      expect(together[g].map(plain)).toEqual(alone.map(plain))
    }
  })

  it('ends as soon as nothing better can come', async () => {
    const rows = new Rows([2])
    const [[best]] = await beamSearch(rows, 1, { beamSize: 3, ends: [END], maxLength: 1000 })
    expect(best.finished).toBe(true)
    expect(rows.steps).toBeLessThan(50)
  })

  it('without an end goes to the limit', async () => {
    const [found] = await search([3], { beamSize: 2, nBest: 2, maxLength: 7, ends: [] })
    expect(found.map(({ tokens, finished }) => [tokens.length, finished])).toEqual([
      [7, false],
      [7, false],
    ])
  })
})

it('says what cannot be', async () => {
  await expect(search([1], { beamSize: 0, maxLength: 5 })).rejects.toThrow(ConfigurationError)
  await expect(search([1], { beamSize: 2, nBest: 3, maxLength: 5 })).rejects.toThrow(
    'beam search: nBest must be a whole number from 1 to beamSize, 2; got 3',
  )
  const broken: BeamRows = { next: () => Float64Array.of(0, Number.NaN), advance: () => {} }
  await expect(beamSearch(broken, 1, { beamSize: 1, maxLength: 5 })).rejects.toThrow(NumericError)
})
