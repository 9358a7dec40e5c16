/* The least value of a smooth function: L-BFGS (Liu & Nocedal 1989) with ten corrections and a line search that halves the
 * step until the function has fallen enough (Armijo) and the slope has become less steep (Wolfe, by doubling). */

/** The value at x; writes the gradient there. */
export type Smooth = (x: Float64Array, gradient: Float64Array) => number

export interface LeastOptions {
  /** Ends where no element of the gradient is larger. Default 1e-8. */
  readonly tolerance?: number | undefined
  /** Default 1000. */
  readonly mostSteps?: number | undefined
}

const CORRECTIONS = 10

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

/** Where the function is least, from zeros of this size. */
export function leastOfSmooth(size: number, smooth: Smooth, { tolerance = 1e-8, mostSteps = 1000 }: LeastOptions = {}) {
  let x = new Float64Array(size)
  let gradient = new Float64Array(size)
  let value = smooth(x, gradient)
  const memory: { s: Float64Array; y: Float64Array; rho: number }[] = []
  for (let step = 0; step < mostSteps && gradient.some(g => Math.abs(g) > tolerance); step++) {
    const direction = twoLoops(gradient, memory)
    const slope = dot(direction, gradient)
    let length = memory.length === 0 ? 1 / Math.sqrt(dot(gradient, gradient)) : 1
    let [low, high] = [0, Infinity]
    let [next, after, reached] = [x, gradient, value]
    for (let tries = 0; tries < 60; tries++) {
      next = x.map((each, i) => each + length * direction[i])
      after = new Float64Array(size)
      reached = smooth(next, after)
      if (reached > value + 1e-4 * length * slope) high = length
      else if (dot(after, direction) < 0.9 * slope) low = length
      else break
      length = high === Infinity ? 2 * length : (low + high) / 2
    }
    const s = next.map((each, i) => each - x[i])
    const y = after.map((each, i) => each - gradient[i])
    const curvature = dot(s, y)
    // Rounding has come between: it falls no further.
    if (!(curvature > 0)) break
    memory.push({ s, y, rho: 1 / curvature })
    if (memory.length > CORRECTIONS) memory.shift()
    x = next
    gradient = after
    value = reached
  }
  return x
}

/** −H g, by the corrections alone. */
function twoLoops(
  gradient: Float64Array,
  memory: readonly { s: Float64Array; y: Float64Array; rho: number }[],
): Float64Array {
  const q = gradient.map(g => -g)
  const alphas = memory.map(() => 0)
  for (let i = memory.length - 1; i >= 0; i--) {
    const { s, y, rho } = memory[i]
    alphas[i] = rho * dot(s, q)
    for (let k = 0; k < q.length; k++) q[k] -= alphas[i] * y[k]
  }
  const last = memory.at(-1)
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y))
    for (let k = 0; k < q.length; k++) q[k] *= scale
  }
  memory.forEach(({ s, y, rho }, i) => {
    const beta = rho * dot(y, q)
    for (let k = 0; k < q.length; k++) q[k] += (alphas[i] - beta) * s[k]
  })
  return q
}
