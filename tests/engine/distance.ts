/* When two tensors are equal: ‖a − b‖ / ‖b‖, and, where bits are promised, the bits. */
import { expect } from 'vitest'

/** ‖a − b‖ / ‖b‖, b being what is right; where b is all zeros, ‖a‖. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  let difference = 0
  let size = 0
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2
    size += b[i] ** 2
  }
  return Math.sqrt(size === 0 ? difference : difference / size)
}

export function expectNear(a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number, what: string): void {
  expect(relativeError(a, b), `${what}: relative error by norm`).toBeLessThanOrEqual(tolerance)
}

export type NamedValues = Readonly<Record<string, ArrayLike<number>>>

/** All tensors of `right`, by name; a message names the tensor. */
export function expectAllNear(actual: NamedValues, right: NamedValues, tolerance: number): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(right).sort())
  for (const [name, values] of Object.entries(right)) expectNear(actual[name], values, tolerance, name)
}

/** Bit for bit: 0 and -0 differ. NaN is refused, since it would hide that nothing was computed. */
export function expectSameBits(actual: NamedValues, right: NamedValues): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(right).sort())
  for (const [name, values] of Object.entries(right)) {
    expect(actual[name].length, name).toBe(values.length)
    for (let i = 0; i < values.length; i++) {
      if (Object.is(actual[name][i], values[i]) && !Number.isNaN(values[i])) continue
      expect.fail(`${name}[${i}]: ${actual[name][i]} is not bit for bit ${values[i]}`)
    }
  }
}
