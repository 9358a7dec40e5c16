/* The recurrence kernels, forward then backward, with every optional argument that their records have. */
import type { Engine } from '../../src/engine/engine.js'
import type { FusedCell } from '../../src/engine/operations/recurrence.js'
import { pack, recurrenceBackward, recurrenceForward } from '../../src/engine/records.js'
import type { Tensor } from '../../src/engine/tensor.js'
import { type Held, put, take } from './kernelRun.js'
import type { Draw } from './randomValues.js'

export interface RecurrenceCase {
  readonly cell: FusedCell
  readonly time: number
  readonly batch: number
  readonly hidden: number
  /** Units of the projection; 0: none. */
  readonly projected: number
  readonly reverse: boolean
  readonly lengths?: Int32Array | undefined
  readonly mask?: Float64Array | undefined
  /** Whether the gradients from outside the loop are given, and those of every step asked for. */
  readonly everyGradient: boolean
  readonly gates: Float64Array
  /** Tokens of every step and the table of what U x + b is for each, which then stand for `gates`. */
  readonly lookup?:
    | { readonly tokens: Int32Array; readonly table: Float64Array; readonly vocabulary: number }
    | undefined
  readonly weight: Float64Array
  readonly projection: Float64Array
  readonly apartBias: Float64Array
  readonly initialHidden: Float64Array
  readonly initialCell: Float64Array
  readonly dOutputs: Float64Array
  readonly dCells: Float64Array
  readonly dFinalHidden: Float64Array
  readonly dFinalCell: Float64Array
}

export interface RecurrenceShape {
  readonly cell: FusedCell
  readonly time: number
  readonly batch: number
  readonly hidden: number
  readonly projected?: number
  readonly reverse?: boolean
  readonly ragged?: boolean
  readonly masked?: boolean
  /** Rows of a table in which U x + b is looked up. */
  readonly vocabulary?: number
  readonly everyGradient?: boolean
}

/** Random numbers for a shape; weights as small as a layer's at its start. */
export function recurrenceCase(draw: Draw, shape: RecurrenceShape): RecurrenceCase {
  const {
    cell,
    time,
    batch,
    hidden,
    projected = 0,
    reverse = false,
    ragged,
    masked,
    vocabulary,
    everyGradient = true,
  } = shape
  const rows = batch * hidden
  const outputs = projected || hidden
  return {
    cell,
    time,
    batch,
    hidden,
    projected,
    reverse,
    everyGradient,
    lengths: ragged ? draw.integers(batch, 1, time) : undefined,
    mask: masked ? draw.values(batch * outputs, 2).map(x => (x < -1 ? 0 : x)) : undefined,
    gates: draw.values(time * rows * cell.gates, 2),
    lookup: vocabulary
      ? {
          tokens: draw.integers(time * batch, -1, vocabulary),
          table: draw.values(vocabulary * cell.gates * hidden, 2),
          vocabulary,
        }
      : undefined,
    weight: draw.values(cell.gates * hidden * outputs, 1 / Math.sqrt(hidden)),
    projection: draw.values(projected * hidden, 1 / Math.sqrt(hidden)),
    apartBias: draw.values(cell.apart * hidden),
    initialHidden: draw.values(batch * outputs),
    initialCell: draw.values(rows),
    dOutputs: draw.values(time * batch * outputs),
    dCells: draw.values(time * rows),
    dFinalHidden: draw.values(batch * outputs),
    dFinalCell: draw.values(rows),
  }
}

/** Sequence b of the batch alone, cut at its length: what a batch of one would be given. */
export function sequenceAlone(whole: RecurrenceCase, b: number): RecurrenceCase {
  const { batch, hidden, cell } = whole
  const outputs = whole.projected || hidden
  const time = whole.lengths?.[b] ?? whole.time
  const steps = (values: Float64Array, width: number) => {
    const parts = Array.from({ length: time }, (_, t) =>
      values.subarray((t * batch + b) * width, (t * batch + b + 1) * width),
    )
    return Float64Array.from(parts.flatMap(part => [...part]))
  }
  const row = (values: Float64Array, width = hidden) => values.slice(b * width, (b + 1) * width)
  return {
    ...whole,
    time,
    batch: 1,
    lengths: undefined,
    mask: whole.mask && row(whole.mask, outputs),
    gates: steps(whole.gates, cell.gates * hidden),
    initialHidden: row(whole.initialHidden, outputs),
    initialCell: row(whole.initialCell),
    dOutputs: steps(whole.dOutputs, outputs),
    dCells: steps(whole.dCells, hidden),
    dFinalHidden: row(whole.dFinalHidden, outputs),
    dFinalCell: row(whole.dFinalCell),
  }
}

/** Runs both kernels: activations and states of the first, gradients of the second, each over the whole batch. */
export function runRecurrence(engine: Engine, given: RecurrenceCase): Held {
  const { cell, time, batch, hidden, everyGradient, reverse } = given
  const outputs = given.projected || hidden
  const [rows, outputRows] = [batch * hidden, batch * outputs]
  const blank = (count: number) => put(engine, new Float64Array(count))
  return engine.scope(() => {
    const weight = put(engine, given.weight)
    const apartWidth = cell.apart * hidden
    const summed = cell.gates * hidden - apartWidth
    const packed = packParts(engine, weight, [
      { n: summed, k: outputs, from: 0, transpose: 1 },
      { n: apartWidth, k: outputs, from: summed * outputs, transpose: 1 },
    ])
    const packedBack = packParts(engine, weight, [{ n: outputs, k: cell.gates * hidden, from: 0, transpose: 0 }])
    const projection = given.projected ? put(engine, given.projection) : undefined
    const projectionPart = (n: number, k: number, transpose: 0 | 1) =>
      projection && packParts(engine, projection, [{ n, k, from: 0, transpose }]).offset
    const projected = projection && blank(time * rows)
    const states = blank((time + 1) * outputRows)
    const cells = cell.hasCell ? blank((time + 1) * rows) : undefined
    const at = reverse ? time : 0
    engine.write(engine.view(states, [outputRows], at * outputRows), given.initialHidden)
    if (cells) engine.write(engine.view(cells, [rows], at * rows), given.initialCell)
    const gates = put(engine, given.gates)
    const apart = cell.apart ? blank(time * batch * apartWidth) : undefined
    const shared = {
      cell: cell.kernel,
      time,
      batch,
      hidden,
      reverse: reverse ? 1 : 0,
      gates: gates.offset,
      apart: apart?.offset,
      states: states.offset,
      cells: cells?.offset,
      mask: given.mask && put(engine, given.mask).offset,
      lengths: given.lengths && put(engine, given.lengths).offset,
      rows: given.lengths && put(engine, rowsOf(given.lengths, time)).offset,
      outputs: given.projected,
    }
    const held: Held = {}
    const keep = (name: string, tensor: Tensor | undefined) => {
      if (tensor) held[name] = take(engine, tensor, name)
    }
    const apartBias = cell.apart ? put(engine, given.apartBias).offset : undefined
    const lookup = given.lookup && {
      tokens: put(engine, given.lookup.tokens).offset,
      table: put(engine, given.lookup.table).offset,
      vocabulary: given.lookup.vocabulary,
    }
    engine.run(recurrenceForward, {
      ...{ ...shared, ...lookup, apartBias, weight: packed.offset },
      ...{ projection: projectionPart(outputs, hidden, 1), projected: projected?.offset },
    })
    keep('projected', projected)
    keep('states', states)
    keep('cells', cells)
    keep('activations', gates)
    keep('apart', apart)

    const of = (values: Float64Array, wanted = true) => (wanted ? put(engine, values).offset : undefined)
    const out: Record<string, Tensor> = { dInitialHidden: blank(outputRows) }
    if (cells) out.dInitialCell = blank(rows)
    if (everyGradient) out.dhSteps = blank(time * outputRows)
    if (everyGradient && cells) out.dcSteps = blank(time * rows)
    engine.run(recurrenceBackward, {
      ...shared,
      weight: packedBack.offset,
      projection: projectionPart(hidden, outputs, 0),
      dOutputs: of(given.dOutputs),
      dCells: of(given.dCells, everyGradient && cell.hasCell),
      dFinalHidden: of(given.dFinalHidden, everyGradient),
      dFinalCell: of(given.dFinalCell, everyGradient && cell.hasCell),
      ...Object.fromEntries(Object.entries(out).map(([name, tensor]) => [name, tensor.offset])),
    })
    keep('dGates', gates)
    keep('dApart', apart)
    for (const [name, tensor] of Object.entries(out)) keep(name, tensor)
    return held
  })
}

/** Steps where they stand in a whole batch; −1 where a sequence is over. */
const rowsOf = (lengths: Int32Array, time: number) =>
  Int32Array.from({ length: time * lengths.length }, (_, i) =>
    Math.floor(i / lengths.length) < lengths[i % lengths.length] ? i : -1,
  )

interface PackPart {
  readonly n: number
  readonly k: number
  readonly from: number
  readonly transpose: 0 | 1
}

/** Parts of W packed one after another. */
function packParts(engine: Engine, weight: Tensor, parts: readonly PackPart[]): Tensor {
  const { panel } = engine.backend
  const size = ({ n, k }: PackPart) => Math.ceil(n / panel) * panel * k
  const whole = engine.tensor([parts.reduce((total, each) => total + size(each), 0)])
  let to = 0
  for (const each of parts) {
    if (each.n === 0) continue
    const { n, k, from, transpose } = each
    const w = engine.view(weight, [n * k], from).offset
    engine.run(pack, { n, k, w, packed: engine.view(whole, [size(each)], to).offset, transpose })
    to += size(each)
  }
  return whole
}
