/* How the gradient of a loss gets smaller or larger on its way back through time: ‖∂E_t/∂x_k‖ by distance t − k, the mean
 * (geometric, over sequences) of the gradient with respect to what each step reads. Beside the input weights it is made of
 * the same product of Jacobians ∏ ∂h_i/∂h_{i−1} as ∂E_t/∂h_k, and so falls by the same factor a step (Bengio, Simard &
 * Frasconi 1994; Pascanu, Mikolov & Bengio 2013). */
import type { ExaminedModel, Patient } from './patient.js'

export interface GradientDecay {
  /** By distance from the loss, from 0 on; 0 where the gradient is too small for the backend's numbers. */
  readonly norms: readonly number[]
  /** Factor a step back: a straight line through the logarithms of distance 1 on. */
  readonly perStep: number
  /** Steps after which half is left; Infinity where it does not get smaller. */
  readonly halfLife: number
}

export function gradientDecay<Batch>(
  model: ExaminedModel<Batch>,
  ends: NonNullable<Patient<Batch>['ends']>,
): GradientDecay {
  const { engine } = model
  const { batch, steps, sequences, vectors } = ends
  const logs = engine.scope(() =>
    engine.recording(tape => {
      const x = vectors(model)
      tape.watch(x)
      tape.backward(model.loss(batch, { vectors: x }).loss)
      const gradient = tape.gradientOf(x)
      const width = x.size / steps / sequences
      const values = gradient ? engine.read(gradient) : new Float64Array(x.size)
      const sums = new Float64Array(steps)
      for (let row = 0; row < steps * sequences; row++) {
        let square = 0
        for (let i = row * width; i < (row + 1) * width; i++) square += values[i] * values[i]
        sums[steps - 1 - Math.floor(row / sequences)] += Math.log(square) / 2 / sequences
      }
      return sums
    }),
  )
  const perStep = Math.exp(slopeOf(logs))
  return {
    norms: Array.from(logs, Math.exp),
    perStep,
    halfLife: perStep < 1 ? Math.log(0.5) / Math.log(perStep) : Infinity,
  }
}

/** Least squares over distances from 1 on, as far as there are numbers. */
function slopeOf(logs: Float64Array): number {
  const end = logs.findIndex((log, d) => d >= 1 && !Number.isFinite(log))
  const known = logs.subarray(1, end < 0 ? logs.length : end)
  if (known.length < 2) return Number.isFinite(logs[0]) ? -Infinity : 0
  const middle = (known.length - 1) / 2
  const mean = known.reduce((sum, log) => sum + log, 0) / known.length
  let [xy, xx] = [0, 0]
  known.forEach((log, d) => {
    xy += (d - middle) * (log - mean)
    xx += (d - middle) ** 2
  })
  return xy / xx
}
