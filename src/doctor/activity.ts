/* What hidden units do on a batch, as inspection observes it: h of simple cells, each gate and the candidate of gated ones, and
 * where the layer runs without a kernel, h alone. */
import { observe } from '../inspection/observing.js'
import type { ModelUnderTest } from './modelUnderTest.js'

/** The values of one layer's units over many steps. */
export interface LayerActivity {
  /** In words: `layer 0`, `layer 1’s forget gate`. */
  readonly name: string
  readonly units: number
  /** [steps, units] */
  readonly values: Float64Array
  /** σ whose value it is. */
  readonly activation: 'tanh' | 'sigmoid' | 'relu'
  /** Whether it stands in a gated cell, where a value at an end of σ is a decision. */
  readonly gated: boolean
}

/** @param lengths of the sequences; default all steps */
export function activityOf<Batch>(
  model: ModelUnderTest<Batch>,
  batch: Batch,
  {
    time,
    batchSize,
    lengths,
  }: { readonly time: number; readonly batchSize: number; readonly lengths?: Int32Array | undefined },
  nonlinearity: 'tanh' | 'relu' | 'sigmoid',
): LayerActivity[] {
  const positions = Array.from({ length: time * batchSize }, (_, i) => [
    Math.floor(i / batchSize),
    i % batchSize,
  ]).filter(([t, b]) => !lengths || t < lengths[b])
  return observe(model, batch, { time, batchSize, gradients: false }, ({ layers }) =>
    layers.flatMap(({ layer, reverse, direction, hidden, gates }) => {
      const { cell } = direction.options
      const name = `layer ${layer}${reverse ? ', backwards' : ''}`
      const units = gates ? gates.width / cell.gates.length : hidden.width
      const collect = (from: number, rows: typeof hidden) => {
        const values = new Float64Array(positions.length * units)
        for (const [i, [t, b]] of positions.entries())
          values.set(rows.row(t, b).subarray(from, from + units), i * units)
        return values
      }
      const simple = cell.gates.length === 1
      if (simple || !gates)
        return [
          {
            name,
            units,
            values: collect(0, hidden),
            gated: !simple,
            activation: cell.name === 'elman' ? nonlinearity : 'tanh',
          },
        ]
      return cell.gates.map((gate, k): LayerActivity => {
        const candidate = gate === 'candidate'
        const called = `${name}’s ${gate}${candidate ? '' : ' gate'}`
        const activation = candidate ? 'tanh' : 'sigmoid'
        return { name: called, units, values: collect(k * units, gates), gated: true, activation }
      })
    }),
  )
}
