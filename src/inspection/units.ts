/* A unit of a recurrent model by name, and where its value stands in a state: `1:7` is unit 7 of h of layer 1, `1:c7` the
 * same unit of c, `1:r7` and `1:rc7` those of the layer's backward direction. Layers and units are counted from 0. */
import type { CellState } from '../cells/cell.js'
import type { Engine } from '../engine/engine.js'
import type { Tensor } from '../engine/tensor.js'
import { ConfigurationError } from '../errors.js'

export interface Unit {
  readonly layer: number
  readonly state: 'hidden' | 'cell'
  readonly index: number
  /** Whether it reads from the end. Default false. */
  readonly reverse?: boolean | undefined
}

/** `1:7`, `1:c7`, `1:r7` */
export const unitName = ({ layer, state, index, reverse }: Unit): string =>
  `${layer}:${reverse ? 'r' : ''}${state === 'cell' ? 'c' : ''}${index}`

/** What carries a state from step to step. */
export interface Stateful {
  readonly engine: Engine
  /** Whether it reads in both directions; default false. */
  readonly bidirectional?: boolean | undefined
  /** One entry a layer and direction. */
  zeroState(batchSize: number): CellState[]
}

/** Every unit of a model: layer by layer, forward before backward, h before c. */
export function unitsOf(model: Stateful): Unit[] {
  const widths = model.engine.scope(() =>
    model.zeroState(1).map(({ hidden, cell }) => ({ hidden: hidden.shape.at(-1) ?? 0, cell: cell?.shape.at(-1) ?? 0 })),
  )
  const { bidirectional = false } = model
  return widths.flatMap((width, entry) => {
    const of = bidirectional
      ? { layer: Math.floor(entry / 2), ...(entry % 2 === 1 ? { reverse: true } : {}) }
      : { layer: entry }
    return (['hidden', 'cell'] as const).flatMap(state =>
      Array.from({ length: width[state] }, (_, index): Unit => ({ ...of, state, index })),
    )
  })
}

/**
 * The unit of a language model, which reads forwards alone, that a name means.
 * @throws ConfigurationError for what is no name, or a unit that the model has not
 */
export function unitOf(name: string, model: Stateful): Unit {
  const [, layer, cell, index] = /^(\d+):(c?)(\d+)$/.exec(name.trim()) ?? []
  if (layer === undefined)
    throw new ConfigurationError(
      `unit: it must be LAYER:NUMBER, as 0:12, or LAYER:cNUMBER for a unit of c; got ${name === '' ? 'nothing' : name}`,
    )
  const wanted: Unit = { layer: Number(layer), state: cell ? 'cell' : 'hidden', index: Number(index) }
  const known = unitsOf(model)
  const layers = known[known.length - 1].layer + 1
  if (wanted.layer >= layers)
    throw new ConfigurationError(`unit: there is no ${name}; the layers are 0 to ${layers - 1}, counted from 0`)
  const units = known.filter(each => each.layer === wanted.layer && each.state === wanted.state).length
  if (units === 0) throw new ConfigurationError(`unit: there is no ${name}; layer ${layer} has no c; give a unit of h`)
  if (wanted.index >= units)
    throw new ConfigurationError(`unit: there is no ${name}; layer ${layer} has ${cell}0 to ${cell}${units - 1}`)
  return wanted
}

/**
 * The newest values of a layer's h or c, [batch, units]: of a layer that looks d steps back, the last of d.
 * A view of the state.
 */
export function newest(engine: Engine, state: CellState, which: Unit['state']): Tensor {
  const tensor = which === 'cell' ? (state.cell as Tensor) : state.hidden
  const [batch, units] = tensor.shape.slice(-2)
  return engine.view(tensor, [batch, units], tensor.size - batch * units)
}
