/* Runs a model over a batch, forward and back, and copies out what its recurrent layers did: values, and the gradients of
 * every step's states. All that looks at recurrent layers looks through here. */
import type { Engine } from '../engine/engine.js'
import type { ObservedSteps } from '../engine/operations/recurrence.js'
import type { Tape } from '../engine/tape.js'
import type { Tensor } from '../engine/tensor.js'
import type { Direction } from '../layers/direction.js'
import type { RecurrentObserver } from '../layers/recurrent.js'
import type { Trainable } from '../models/shared/trainable.js'

/** Numbers as the backend has them. */
export type Row = Float64Array | Float32Array

/** Rows of numbers, one a step of a sequence. */
export interface StepRows {
  readonly width: number
  row(t: number, b: number): Row
}

/** What a layer did in one direction. */
export interface ObservedLayer {
  readonly layer: number
  readonly reverse: boolean
  readonly direction: Direction
  readonly time: number
  readonly batch: number
  /** h after each step, and what W multiplied there: h before it. */
  readonly hidden: StepRows
  readonly operand: StepRows
  /** c after and before each step, where the cell has one. */
  readonly cell: StepRows | undefined
  readonly cellBefore: StepRows | undefined
  /** Activations of all gates, and W h + b_hh of those kept apart, where a kernel has run and they are asked for. */
  readonly gates: StepRows | undefined
  readonly apart: StepRows | undefined
}

/** The gradients of the same. */
export interface ObservedGradients {
  /** Of h, the whole one. */
  readonly hidden: StepRows
  /** Of c, the whole one. */
  readonly cell: StepRows | undefined
  /** Of c with h of the same step held fast: what goes on from c to the next step alone. */
  readonly carriedCell: StepRows | undefined
  /** Of W h + b_hh, all gates. */
  readonly product: StepRows
}

export interface Observation {
  /** Of each row of the batch, each step: [time × batch]. */
  readonly losses: Float64Array
  readonly layers: readonly (ObservedLayer & { readonly gradients: ObservedGradients | undefined })[]
}

export interface ObservationOptions {
  readonly time: number
  readonly batchSize: number
  /** Whether gradients are wanted. Default true. */
  readonly gradients?: boolean | undefined
  /** Whether gates are copied out; those of an LSTM always are. Default true. */
  readonly gates?: boolean | undefined
  /** Row b sends gradients down from layer to layer at step directAt[b] alone: what is left is the direct path. */
  readonly directAt?: ArrayLike<number> | undefined
}

/**
 * Runs `model.loss(batch)` in a scope of its own, without dropout, from the zero state, and lets `use` look at it there: rows
 * are copied out when one of them is first asked for.
 */
export function observe<Batch, T>(
  model: Trainable<Batch>,
  batch: Batch,
  { time, batchSize, gradients = true, gates = true, directAt }: ObservationOptions,
  use: (observation: Observation) => T,
): T {
  const [{ engine }] = model.parameters
  return engine.scope(() =>
    engine.recording(tape => {
      const seen: { steps: ObservedSteps; places: Int32Array; layer: ObservedLayer }[] = []
      const observer: RecurrentObserver = {
        steps(steps, places, direction, layer) {
          const read = (of: readonly Tensor[]) =>
            rowsOf(of, places, { time, batchSize }, each => engine.copyOut(each) as Row)
          const some = (of: readonly Tensor[]) => (of.length > 0 ? read(of) : undefined)
          const values: ObservedLayer = {
            ...{ layer, reverse: direction.options.reverse, direction, time, batch: batchSize },
            ...{ hidden: read(steps.hidden), operand: read(steps.operand) },
            ...{ cell: some(steps.cell), cellBefore: some(steps.cellBefore) },
            gates: steps.gates && read([steps.gates]),
            apart: steps.apart && read([steps.apart]),
          }
          // The backward pass overwrites them.
          if (gates || direction.options.cell.hasCell) values.gates?.row(0, 0)
          if (gates) values.apart?.row(0, 0)
          seen.push({ steps, places, layer: values })
        },
        ...(directAt ? { output: (output: Tensor) => gradientAt(engine, tape, output, directAt) } : {}),
      }
      if (!gradients) engine.tape = undefined
      const state = model.zeroState?.(batchSize)
      if (gradients && state)
        for (const { hidden, cell } of state) {
          tape.watch(hidden)
          if (cell) tape.watch(cell)
        }
      else if (gradients) for (const { value } of model.parameters) tape.watch(value)
      const { loss, losses } = model.loss(batch, { observer, state }) as { loss: Tensor; losses?: Tensor }
      if (gradients) tape.backward(loss)
      return use({
        losses: losses ? engine.read(losses) : new Float64Array(0),
        layers: seen.map(({ steps, places, layer }) => ({
          ...layer,
          gradients: gradients ? gradientsOf(engine, tape, steps, places, layer) : undefined,
        })),
      })
    }),
  )
}

/** The output itself, whose gradient comes back at one step of each row alone. */
function gradientAt(engine: Engine, tape: Tape, output: Tensor, directAt: ArrayLike<number>): Tensor {
  const passed = engine.view(output, output.shape)
  const [, batch, width] = output.shape
  tape.record([passed], () => {
    const whole = tape.gradientOf(passed) as Tensor
    const kept = engine.tensor(output.shape)
    engine.fill(kept, 0)
    for (let b = 0; b < batch; b++) {
      const part = (of: Tensor) => engine.view(of, [width], (directAt[b] * batch + b) * width)
      engine.copy(part(whole), part(kept))
    }
    tape.accumulate(output, kept)
  })
  return passed
}

function gradientsOf(
  engine: Engine,
  tape: Tape,
  steps: ObservedSteps,
  places: Int32Array,
  layer: ObservedLayer,
): ObservedGradients {
  const shape = { time: layer.time, batchSize: layer.batch }
  const read = (of: readonly Tensor[]) =>
    rowsOf(of, places, shape, each => {
      const gradient = tape.gradientOf(each)
      return gradient ? (engine.copyOut(gradient) as Row) : new Float64Array(each.size)
    })
  const cell = steps.cell.length > 0 ? read(steps.cell) : undefined
  const intoBefore = cell && (layer.gates ? throughForgetGate(layer, cell) : read(steps.cellBefore))
  return {
    hidden: read(steps.hidden),
    cell,
    carriedCell: intoBefore && ofNextStep(layer, intoBefore),
    product: read(steps.product),
  }
}

/** An LSTM's kernel does not tell the gradient of c_{t−1} apart: it is f ∘ that of c_t. */
function throughForgetGate({ direction, gates }: ObservedLayer, cell: StepRows): StepRows {
  const { width } = cell
  const from = direction.options.cell.gates.indexOf('forget') * width
  return {
    width,
    row(t, b) {
      const f = (gates as StepRows).row(t, b)
      return Float64Array.from(cell.row(t, b), (value, j) => value * f[from + j])
    },
  }
}

/** What the state after a step is before the next one. */
function ofNextStep({ direction, time, reverse }: ObservedLayer, before: StepRows): StepRows {
  const next = direction.options.dilation * (reverse ? -1 : 1)
  return {
    width: before.width,
    row: (t, b) => (t + next >= 0 && t + next < time ? before.row(t + next, b) : new Float64Array(before.width)),
  }
}

/** Rows of several tensors, one after another, by step and sequence; copied out when the first is asked for. */
function rowsOf(
  tensors: readonly Tensor[],
  places: Int32Array,
  { time, batchSize }: { readonly time: number; readonly batchSize: number },
  copied: (tensor: Tensor) => Row,
): StepRows {
  const width = tensors[0]?.shape.at(-1) ?? 0
  const nothing = new Float64Array(width)
  let rows: Row[] | undefined
  const read = () => {
    const all = new Array<Row>(time * batchSize)
    let at = 0
    for (const tensor of tensors) {
      const part = copied(tensor)
      for (let from = 0; from < part.length; from += width) all[places[at++]] = part.subarray(from, from + width)
    }
    return all
  }
  return {
    width,
    row(t, b) {
      rows ??= read()
      return rows[t * batchSize + b] ?? nothing
    },
  }
}
