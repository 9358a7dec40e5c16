/* How long a matrix makes vectors, in float64: the largest singular value of anything that can be multiplied by (Golub &
 * Kahan 1965: bidiagonalisation, each new direction made orthogonal to all before it), and the spectral radius of a square
 * matrix (Hessenberg form, then the shifted QR algorithm of Francis 1961, as EISPACK's hqr has it). */
import { NumericError } from '../errors.js'

/** y = A x and y = Aᵀ x. */
export interface Operator {
  readonly rows: number
  readonly columns: number
  apply(x: Float64Array): Float64Array
  applyTransposed(x: Float64Array): Float64Array
}

/** @param values [rows, columns] */
export function matrixOperator(values: ArrayLike<number>, rows: number, columns: number): Operator {
  return {
    rows,
    columns,
    apply(x) {
      const y = new Float64Array(rows)
      for (let i = 0; i < rows; i++) {
        let total = 0
        for (let j = 0, at = i * columns; j < columns; j++, at++) total += values[at] * x[j]
        y[i] = total
      }
      return y
    },
    applyTransposed(x) {
      const y = new Float64Array(columns)
      for (let i = 0; i < rows; i++) {
        const factor = x[i]
        if (factor !== 0) for (let j = 0, at = i * columns; j < columns; j++, at++) y[j] += values[at] * factor
      }
      return y
    },
  }
}

export function lengthOf(x: Float64Array | Float32Array): number {
  let most = 0
  for (const value of x) if (!(Math.abs(value) <= most)) most = Math.abs(value)
  if (most === 0 || !Number.isFinite(most)) return most
  let total = 0
  for (const value of x) total += (value / most) ** 2
  return most * Math.sqrt(total)
}

const MOST_DIRECTIONS = 60
/** Relative: a value that moves less has arrived. */
const ARRIVED = 1e-10

/** ‖A‖₂, to about ten digits; of matrices larger than 60, from below, to about six. */
export function largestSingularValue(a: Operator): number {
  const most = Math.min(a.rows, a.columns, MOST_DIRECTIONS)
  const [us, vs]: Float64Array[][] = [[], []]
  const [diagonal, above]: number[][] = [[], []]
  let v = startVector(a.columns)
  let value = 0
  for (let k = 0; k < most; k++) {
    vs.push(v)
    const u = a.apply(v)
    const alpha = made(u, us)
    diagonal.push(alpha)
    const now = largestOfBidiagonal(diagonal, above)
    if (!Number.isFinite(now)) return now
    if (alpha === 0 || (k > 4 && now - value <= ARRIVED * now)) return now
    value = now
    us.push(u)
    const next = a.applyTransposed(u)
    const beta = made(next, vs)
    if (beta <= 1e-14 * value) return value
    above.push(beta)
    v = next
  }
  return value
}

/** All units alike but for what keeps the start from being orthogonal to what is sought. */
function startVector(size: number): Float64Array {
  const v = Float64Array.from({ length: size }, (_, i) => 1 + 0.5 * Math.sin(1 + 1.618 * i))
  const length = lengthOf(v)
  return v.map(value => value / length)
}

/** Makes x orthogonal to those before it and of length 1; returns the length that it had. Twice, for what rounding left. */
function made(x: Float64Array, before: readonly Float64Array[]): number {
  const first = lengthOf(x)
  for (let pass = 0; pass < 2; pass++)
    for (const other of before) {
      let along = 0
      for (let i = 0; i < x.length; i++) along += x[i] * other[i]
      for (let i = 0; i < x.length; i++) x[i] -= along * other[i]
    }
  const length = lengthOf(x)
  if (!(length > 1e-14 * first)) {
    x.fill(0)
    return Number.isNaN(first) ? Number.NaN : 0
  }
  for (let i = 0; i < x.length; i++) x[i] /= length
  return length
}

/** The root of the largest eigenvalue of B Bᵀ, which is tridiagonal: by bisection on the number of eigenvalues above. */
function largestOfBidiagonal(diagonal: readonly number[], above: readonly number[]): number {
  const n = diagonal.length
  const scale = Math.max(...diagonal, ...above)
  if (scale === 0 || !Number.isFinite(scale)) return scale
  const d = diagonal.map((value, i) => (value / scale) ** 2 + (i < n - 1 ? (above[i] / scale) ** 2 : 0))
  const e = Array.from({ length: n - 1 }, (_, i) => (above[i] * diagonal[i + 1]) / scale ** 2)
  let [low, high] = [Math.max(...d), Math.max(...d.map((x, i) => x + Math.abs(e[i] ?? 0) + Math.abs(e[i - 1] ?? 0)))]
  for (let pass = 0; pass < 60 && high - low > 1e-15 * high; pass++) {
    const middle = (low + high) / 2
    if (hasEigenvalueAbove(d, e, middle)) low = middle
    else high = middle
  }
  return scale * Math.sqrt(high)
}

/** Sylvester's law of inertia: a positive pivot of T − x I is an eigenvalue above x. */
function hasEigenvalueAbove(d: readonly number[], e: readonly number[], x: number): boolean {
  let pivot = 1
  for (let i = 0; i < d.length; i++) {
    pivot = d[i] - x - (i > 0 ? e[i - 1] ** 2 / pivot : 0)
    if (pivot > 0) return true
    if (pivot === 0) pivot = -1e-300
  }
  return false
}

/**
 * The largest absolute eigenvalue of a matrix [size, size].
 * @throws NumericError where the QR algorithm does not come to an end
 */
export function spectralRadius(values: ArrayLike<number>, size: number): number {
  const a = Array.from({ length: size }, (_, i) => Float64Array.from({ length: size }, (_, j) => values[i * size + j]))
  if (a.some(row => row.some(value => !Number.isFinite(value)))) return Number.NaN
  toHessenberg(a)
  return radiusOfHessenberg(a)
}

/** By elimination with pivots (EISPACK: elmhes). */
function toHessenberg(a: Float64Array[]): void {
  const n = a.length
  for (let m = 1; m < n - 1; m++) {
    let pivot = m
    for (let i = m; i < n; i++) if (Math.abs(a[i][m - 1]) > Math.abs(a[pivot][m - 1])) pivot = i
    if (a[pivot][m - 1] === 0) continue
    if (pivot !== m) {
      const row = a[pivot]
      a[pivot] = a[m]
      a[m] = row
      for (const each of a) {
        const value = each[pivot]
        each[pivot] = each[m]
        each[m] = value
      }
    }
    const factors = new Float64Array(n)
    for (let i = m + 1; i < n; i++) {
      const factor = a[i][m - 1] / a[m][m - 1]
      if (factor === 0) continue
      factors[i] = factor
      for (let j = m; j < n; j++) a[i][j] -= factor * a[m][j]
      a[i][m - 1] = 0
    }
    for (const row of a) {
      let total = 0
      for (let i = m + 1; i < n; i++) total += factors[i] * row[i]
      row[m] += total
    }
  }
}

/** Double steps of QR, one or two eigenvalues split off at the end at a time (EISPACK: hqr). */
function radiusOfHessenberg(a: Float64Array[]): number {
  let norm = 0
  for (const [i, row] of a.entries()) for (let j = Math.max(0, i - 1); j < a.length; j++) norm += Math.abs(row[j])
  let radius = 0
  let last = a.length - 1
  let shift = 0
  let passes = 0
  while (last >= 0) {
    const low = splitBelow(a, last, norm)
    const x = a[last][last]
    if (low === last) {
      radius = Math.max(radius, Math.abs(x + shift))
      last--
      passes = 0
      continue
    }
    const y = a[last - 1][last - 1]
    const w = a[last][last - 1] * a[last - 1][last]
    if (low === last - 1) {
      const half = (y - x) / 2
      const root = half * half + w
      const split = Math.sqrt(Math.abs(root))
      if (root >= 0) {
        const z = half + (half < 0 ? -split : split)
        const other = z === 0 ? x + shift : x + shift - w / z
        radius = Math.max(radius, Math.abs(x + shift + z), Math.abs(other))
      } else radius = Math.max(radius, Math.hypot(x + shift + half, split))
      last -= 2
      passes = 0
      continue
    }
    if (passes === 60)
      throw new NumericError(
        `spectralRadius: an eigenvalue of a matrix [${a.length}, ${a.length}] was not found in 60 steps`,
      )
    let at = { x, y, w }
    if (passes > 0 && passes % 10 === 0) {
      // A shift out of order, against going round in circles.
      shift += x
      for (let i = 0; i <= last; i++) a[i][i] -= x
      const s = Math.abs(a[last][last - 1]) + Math.abs(a[last - 1][last - 2])
      at = { x: 0.75 * s, y: 0.75 * s, w: -0.4375 * s * s }
    }
    passes++
    doubleStep(a, low, last, at)
  }
  return radius
}

/** Where the block that ends at `last` begins: a subdiagonal element there is as good as zero. */
function splitBelow(a: readonly Float64Array[], last: number, norm: number): number {
  for (let low = last; low > 0; low--) {
    const scale = Math.abs(a[low - 1][low - 1]) + Math.abs(a[low][low])
    if (Math.abs(a[low][low - 1]) <= Number.EPSILON * (scale || norm)) {
      a[low][low - 1] = 0
      return low
    }
  }
  return 0
}

function doubleStep(
  a: readonly Float64Array[],
  low: number,
  last: number,
  { x, y, w }: { readonly x: number; readonly y: number; readonly w: number },
): void {
  let [p, q, r] = [0, 0, 0]
  let m = last - 2
  for (; m >= low; m--) {
    const z = a[m][m]
    p = ((x - z) * (y - z) - w) / a[m + 1][m] + a[m][m + 1]
    q = a[m + 1][m + 1] - z - (x - z) - (y - z)
    r = a[m + 2][m + 1]
    const scale = Math.abs(p) + Math.abs(q) + Math.abs(r)
    p /= scale
    q /= scale
    r /= scale
    if (m === low) break
    const u = Math.abs(a[m][m - 1]) * (Math.abs(q) + Math.abs(r))
    const v = Math.abs(p) * (Math.abs(a[m - 1][m - 1]) + Math.abs(z) + Math.abs(a[m + 1][m + 1]))
    if (u <= Number.EPSILON * v) break
  }
  for (let i = m + 2; i <= last; i++) {
    a[i][i - 2] = 0
    if (i > m + 2) a[i][i - 3] = 0
  }
  for (let k = m; k < last; k++) {
    const three = k < last - 1
    let scale = 1
    if (k > m) {
      p = a[k][k - 1]
      q = a[k + 1][k - 1]
      r = three ? a[k + 2][k - 1] : 0
      scale = Math.abs(p) + Math.abs(q) + Math.abs(r)
      if (scale === 0) continue
      p /= scale
      q /= scale
      r /= scale
    }
    const root = Math.sqrt(p * p + q * q + r * r)
    const s = p < 0 ? -root : root
    if (s === 0) continue
    if (k > m) a[k][k - 1] = -s * scale
    else if (low < m) a[k][k - 1] = -a[k][k - 1]
    p += s
    const [first, second, third] = [p / s, q / s, r / s]
    q /= p
    r /= p
    for (let j = k; j <= last; j++) {
      const sum = a[k][j] + q * a[k + 1][j] + (three ? r * a[k + 2][j] : 0)
      a[k][j] -= sum * first
      a[k + 1][j] -= sum * second
      if (three) a[k + 2][j] -= sum * third
    }
    const bottom = Math.min(last, k + 3)
    for (let i = low; i <= bottom; i++) {
      const row = a[i]
      const sum = first * row[k] + second * row[k + 1] + (three ? third * row[k + 2] : 0)
      row[k] -= sum
      row[k + 1] -= sum * q
      if (three) row[k + 2] -= sum * r
    }
  }
}
