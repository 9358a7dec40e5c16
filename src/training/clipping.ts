/* Bounds on the gradient before it changes anything: PyTorch's clip_grad_norm_ (Pascanu, Mikolov & Bengio 2013), its
 * clip_grad_value_, or clip_grad_norm_ on each parameter by itself. */
import type { Engine } from '../engine/engine.js'
import { elementwise, elementwiseOperation, sum } from '../engine/records.js'
import type { Parameter } from '../layers/parameter.js'
import type { TrainingConfiguration } from './options.js'

export type ClippingConfiguration = Pick<TrainingConfiguration, 'clipping' | 'clipNorm' | 'clipValue'>

export interface Clipped {
  /** Global norm before clipping. */
  readonly norm: number
  /** Whether any element was changed. */
  readonly clipped: boolean
  /** The factor of each parameter's gradient. */
  readonly scales: readonly number[] | undefined
}

/** clip_grad_norm_ adds this to the norm before it divides. */
const EPSILON = 1e-6

/** Elements from one result to the next: offsets are multiples of 64 bytes. */
const SPACING = 16

/** Σ g² of each parameter. */
function squaresOf(engine: Engine, parameters: readonly Parameter[]): number[] {
  const results = engine.tensor([parameters.length * SPACING])
  const bytes = SPACING * engine.backend.elementBytes
  const record = { count: 0, squares: 1, a: 0, y: results.offset }
  for (const { gradient } of parameters) {
    record.count = gradient.size
    record.a = gradient.offset
    engine.run(sum, record)
    record.y += bytes
  }
  const read = engine.copyOut(results)
  return parameters.map((_, i) => read[i * SPACING])
}

/** Bounds the gradients, in a scope. Norms come back as factors, which cost no pass; values are bounded where they stand. */
export function clip(
  engine: Engine,
  parameters: readonly Parameter[],
  { clipping, clipNorm = Infinity, clipValue = Infinity }: ClippingConfiguration,
): Clipped {
  const squares = squaresOf(engine, parameters)
  const norm = Math.sqrt(squares.reduce((total, square) => total + square, 0))
  const factorOf = (norm: number) => Math.min(1, clipNorm / (norm + EPSILON))
  const scaled = (scales: readonly number[]) => ({ norm, scales, clipped: scales.some(scale => scale < 1) })
  switch (clipping) {
    case 'none':
      return { norm, scales: undefined, clipped: false }
    case 'norm':
      return scaled(parameters.map(() => factorOf(norm)))
    case 'parameter':
      return scaled(squares.map(square => factorOf(Math.sqrt(square))))
    case 'value': {
      for (const { gradient } of parameters) {
        const { offset, size } = gradient
        const operation = elementwiseOperation.clamp
        engine.run(elementwise, { operation, count: size, a: offset, y: offset, alpha: clipValue })
      }
      const clipped = squaresOf(engine, parameters).some((square, i) => square < squares[i])
      return { norm, scales: undefined, clipped }
    }
  }
}
