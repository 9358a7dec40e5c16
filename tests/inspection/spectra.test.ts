/* Largest singular values and spectral radii against numpy's. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { largestSingularValue, matrixOperator, spectralRadius } from '../../src/inspection/spectra.js'

interface Spectrum {
  readonly name: string
  readonly size: number
  readonly norm: number
  readonly radius: number
  /** Of a drawn matrix none: its name has the seed. */
  readonly values: readonly number[] | null
}

const golden: Spectrum[] = JSON.parse(readFileSync(new URL('../golden/spectra.json', import.meta.url), 'utf8'))

/** As tests/golden/spectra.py draws. */
function drawn(size: number, seed: number): Float64Array {
  let state = seed
  return Float64Array.from({ length: size * size }, () => {
    state = (state * 48271) % 2147483647
    return ((2 * state) / 2147483647 - 1) / Math.sqrt(size)
  })
}

describe('as numpy has it', () => {
  for (const { name, size, norm, radius, values } of golden)
    test(name, () => {
      const matrix = values ?? drawn(size, Number(name.split('seed ')[1]))
      const found = largestSingularValue(matrixOperator(matrix, size, size))
      expect(Math.abs(found - norm)).toBeLessThanOrEqual(1e-9 * norm)
      expect(Math.abs(spectralRadius(matrix, size) - radius)).toBeLessThanOrEqual(1e-9 * (radius || 1))
    })
})

test('a product with NaN has no norm, and no radius', () => {
  expect(largestSingularValue(matrixOperator([Number.NaN, 1, 1, 1], 2, 2))).toBeNaN()
  expect(spectralRadius([Number.NaN, 1, 1, 1], 2)).toBeNaN()
})
