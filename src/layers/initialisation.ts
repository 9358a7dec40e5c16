/* How the weights of a recurrent layer begin. */
import type { Random } from '../random.js'
import type { Parameter } from './parameter.js'

export const initialisations = ['uniform', 'orthogonal', 'identity'] as const
export type Initialisation = (typeof initialisations)[number]

/** Blocks [size, size] one under another, each orthogonal: Gram–Schmidt on normal draws (Saxe et al. 2014). */
export function fillOrthogonal(parameter: Parameter, random: Random): void {
  const size = parameter.shape[1]
  const values = new Float64Array(parameter.value.size)
  for (let from = 0; from < values.length; from += size * size) {
    const rows: Float64Array[] = []
    for (let i = 0; i < size; i++) {
      const row = Float64Array.from({ length: size }, () => random.normal())
      // Twice: what rounding left along the earlier rows goes too.
      for (let pass = 0; pass < 2; pass++)
        for (const earlier of rows) {
          const along = row.reduce((total, value, j) => total + value * earlier[j], 0)
          for (let j = 0; j < size; j++) row[j] -= along * earlier[j]
        }
      const length = Math.sqrt(row.reduce((total, value) => total + value * value, 0))
      for (let j = 0; j < size; j++) row[j] /= length
      rows.push(row)
      values.set(row, from + i * size)
    }
  }
  parameter.engine.write(parameter.value, values)
}

/** Identity blocks [size, size] one under another. */
export function fillIdentity(parameter: Parameter): void {
  const size = parameter.shape[1]
  parameter.engine.write(
    parameter.value,
    Float64Array.from({ length: parameter.value.size }, (_, i) => (Math.floor(i / size) % size === i % size ? 1 : 0)),
  )
}

/** One gate's part of a bias [gates × hidden]. */
export function fillGate(parameter: Parameter, gate: number, gates: number, value: number): void {
  const { engine, value: tensor } = parameter
  const size = tensor.size / gates
  engine.fill(engine.view(tensor, [size], gate * size), value)
}
