/* One recurrent layer in one direction: its parameters, how they begin, and how a batch of sequences runs through it, by
 * the fused kernel where there is one for what is asked, else step by step (unroll.ts).
 *
 * Parameters have PyTorch's names: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_hr_l0, with _reverse behind
 * them for the second direction. Beyond PyTorch: hidden_l0 and cell_l0, a state that is learned, and norm_ih_weight_l0,
 * norm_ih_bias_l0 … of layer normalisation. */

import type { Cell, CellState } from '../cells/cell.js'
import type { Engine } from '../engine/engine.js'
import { layerNorm } from '../engine/operations/columns.js'
import type { Lookup } from '../engine/operations/lookup.js'
import { add, addRow, concatenate, dropout, embed, reshape, slice } from '../engine/operations/operations.js'
import { packRows } from '../engine/operations/packedLinear.js'
import { type Ragged, raggedOf, reversedRows } from '../engine/operations/ragged.js'
import { type FusedCell, type ObservedSteps, packWeight, recurrence } from '../engine/operations/recurrence.js'
import { recurrenceInParts } from '../engine/operations/recurrenceInParts.js'
import type { Tensor } from '../engine/tensor.js'
import { fold, type Random, type RandomKey } from '../random.js'
import { folded } from './dilation.js'
import { fillGate, fillIdentity, fillOrthogonal, type Initialisation } from './initialisation.js'
import {
  type Input,
  inputPart,
  inputProduct,
  lookedUp,
  type PreparedWeights,
  preparedInput,
  preparedProduct,
  type StreamInput,
  streamInputOf,
} from './inputProduct.js'
import { Parameter } from './parameter.js'
import { unroll } from './unroll.js'

export interface DirectionOptions {
  readonly cell: Cell
  readonly inputSize: number
  readonly hiddenSize: number
  /** Outputs of a projection; 0: none. */
  readonly projSize: number
  readonly bias: boolean
  readonly reverse: boolean
  readonly dilation: number
  /** 1: none. */
  readonly skip: number
  readonly layerNorm: boolean
  readonly learnedState: boolean
  readonly recurrentDropout: number
  readonly weightDrop: number
  readonly zoneout: number
  readonly prefix: string
  /** Behind the names: `_l0`, `_l0_reverse`. */
  readonly suffix: string
}

/** Names and shapes of a direction's parameters, in PyTorch's order. */
export function directionShapes(options: DirectionOptions): [name: string, shape: readonly number[]][] {
  const { cell, inputSize, hiddenSize, projSize, bias, layerNorm, learnedState, prefix, suffix } = options
  const rows = cell.gates.length * hiddenSize
  const outputs = projSize || hiddenSize
  const recurrent = cell.recurrent !== false
  const shapes: [string, readonly number[]][] = [['weight_ih', [rows, inputSize]]]
  if (recurrent) shapes.push(['weight_hh', [rows, outputs]])
  if (bias && !layerNorm) {
    shapes.push(['bias_ih', [rows]])
    if (recurrent) shapes.push(['bias_hh', [rows]])
  }
  if (projSize) shapes.push(['weight_hr', [projSize, hiddenSize]])
  if (layerNorm) {
    shapes.push(['norm_ih_weight', [rows]], ['norm_ih_bias', [rows]])
    if (recurrent) shapes.push(['norm_hh_weight', [rows]], ['norm_hh_bias', [rows]])
    if (cell.hasCell) shapes.push(['norm_cell_weight', [hiddenSize]], ['norm_cell_bias', [hiddenSize]])
  }
  if (learnedState) {
    shapes.push(['hidden', [outputs]])
    if (cell.hasCell) shapes.push(['cell', [hiddenSize]])
  }
  return shapes.map(([kind, shape]) => [`${prefix}.${kind}${suffix}`, shape])
}

export interface DirectionPass {
  readonly time: number
  readonly batch: number
  /** Where sequences have lengths of their own: x and the output are then [S, ...], not [time, batch, ...]. */
  readonly ragged: Ragged | undefined
  /** What training draws from, of this layer and direction; none in evaluation. */
  readonly key: RandomKey | undefined
  /** As `RecurrentPass` says. */
  readonly at?: number | undefined
  /** What `prepare` has made of the weights; without a tape. */
  readonly prepared?: PreparedWeights | undefined
  /** Who looks on: what each step did, and step × batch + sequence of each row of it. */
  readonly observe?: ((steps: ObservedSteps, places: Int32Array, direction: Direction) => void) | undefined
}

/** What is drawn anew at each step of a sequence has a key of its own at each. */
export const keyAt = (key: RandomKey, at: number | undefined): RandomKey => (at === undefined ? key : fold(key, at))

export class Direction {
  readonly parameters: readonly Parameter[]
  private readonly byKind: ReadonlyMap<string, Parameter>

  constructor(
    private readonly engine: Engine,
    readonly options: DirectionOptions,
  ) {
    const { prefix, suffix } = options
    this.parameters = directionShapes(options).map(([name, shape]) => new Parameter(engine, name, shape))
    const kindOf = (name: string) => name.slice(prefix.length + 1, name.length - suffix.length)
    this.byKind = new Map(this.parameters.map(parameter => [kindOf(parameter.name), parameter]))
  }

  private value(kind: string): Tensor | undefined {
    return this.parameter(kind)?.value
  }

  /** A parameter by its kind, as `weight_hh`; undefined where there is none. */
  parameter(kind: string): Parameter | undefined {
    return this.byKind.get(kind)
  }

  /** Units that a step puts out. */
  get outputs(): number {
    return this.options.projSize || this.options.hiddenSize
  }

  /** States that h is carried by: more than one where the layer looks further back than a step. */
  get depth(): number {
    return Math.max(this.options.dilation, this.options.skip)
  }

  /**
   * PyTorch's start, uniform in ±1/√hiddenSize; or W orthogonal; or W the identity with U normal of deviation 0.001 and
   * no bias (IRNN: Le et al. 2015). Gains of normalisation begin at 1, its shifts and a learned state at 0.
   * @param forgetBias what the forget gate's bias is, b_ih + b_hh (Jozefowicz et al. 2015: 1)
   */
  initialise(random: Random, how: Initialisation, forgetBias: number | undefined): void {
    const { cell, hiddenSize } = this.options
    const bound = 1 / Math.sqrt(hiddenSize)
    for (const [kind, parameter] of this.byKind) {
      if (kind.startsWith('norm')) this.engine.fill(parameter.value, kind.endsWith('weight') ? 1 : 0)
      else if (kind === 'hidden' || kind === 'cell') this.engine.fill(parameter.value, 0)
      else if (how === 'orthogonal' && kind === 'weight_hh') fillOrthogonal(parameter, random)
      else if (how === 'identity' && kind === 'weight_hh') fillIdentity(parameter)
      else if (how === 'identity' && kind === 'weight_ih') parameter.fillNormal(random, 0.001)
      else if (how === 'identity' && kind.startsWith('bias')) this.engine.fill(parameter.value, 0)
      else parameter.fillUniform(random, bound)
    }
    const forget = cell.gates.indexOf('forget')
    if (forgetBias === undefined || forget < 0) return
    for (const [kind, value] of [
      ['bias_ih', forgetBias],
      ['norm_ih_bias', forgetBias],
      ['bias_hh', 0],
    ] as const) {
      const parameter = this.byKind.get(kind)
      if (parameter) fillGate(parameter, forget, cell.gates.length, value)
    }
  }

  /**
   * The weights made ready for many short runs. To be called in a scope, whose tensors they are.
   * @param input what will be read
   * @returns nothing where no fused kernel does all that is asked
   */
  prepare(input: StreamInput): PreparedWeights | undefined {
    const { engine } = this
    const { cell, dilation } = this.options
    const [U, W] = [this.value('weight_ih'), this.value('weight_hh')]
    if (!this.fused || !cell.fused || dilation > 1 || !U || !W) return undefined
    const recurrent = packWeight(engine, W, cell.fused)
    const projection = this.value('weight_hr')
    const packed = projection && packRows(engine, projection)
    return { ...preparedInput(engine, input, U, this.inputBias()), recurrent, projection: packed }
  }

  /** What stands before a text: zeros, or the state that is learned. Of the innermost scope. */
  startState(batch: number): CellState {
    const { hiddenSize, cell, dilation } = this.options
    const start = (kind: string, depth: number, width: number) => {
      const shape = depth > 1 ? [depth, batch, width] : [batch, width]
      const zeros = this.engine.tensor(shape)
      this.engine.fill(zeros, 0)
      const learned = this.value(kind)
      return learned ? addRow(this.engine, zeros, learned) : zeros
    }
    const hidden = start('hidden', this.depth, this.outputs)
    return cell.hasCell ? { hidden, cell: start('cell', dilation, hiddenSize) } : { hidden }
  }

  /**
   * @param x [time, batch, inputSize] or, listed, [S, inputSize]; or tokens in that order
   * @returns output [time, batch, outputs] or [S, outputs], and the state after each sequence's last step (reverse: its
   * first)
   */
  run(x: Input, state: CellState, pass: DirectionPass): { output: Tensor; state: CellState } {
    const { engine } = this
    const { dilation, reverse } = this.options
    if (!engine.tape && !pass.ragged && !pass.key && !pass.observe) {
      const prepared = pass.prepared ?? this.prepare(streamInputOf(x))
      if (prepared) return this.inParts(x, state, prepared, pass)
    }
    const weight = this.recurrentWeight(pass.key)
    const gates = this.inputProduct(x)
    if (dilation === 1) return this.loop(gates, state, weight, pass)
    const steps = lookedUp(engine, gates)
    const fold = folded(engine, stepsOf(pass), dilation, reverse)
    const { ragged } = fold
    const { observe } = pass
    const inner: DirectionPass = {
      ...pass,
      ...{ time: ragged.time, batch: ragged.batch, ragged },
      observe: observe && ((steps, places) => observe(steps, places.map(fold.placeOf), this)),
    }
    const result = this.loop(fold.fold(asList(engine, steps)), fold.foldState(state), weight, inner)
    return { output: this.asGiven(fold.unfold(result.output), pass), state: fold.unfoldState(result.state) }
  }

  /** Whether the fused kernel does all that is asked. */
  private get fused(): boolean {
    const { cell, skip, layerNorm, zoneout } = this.options
    return cell.fused !== undefined && skip === 1 && !layerNorm && zoneout === 0
  }

  private loop(gates: Tensor | Lookup, state: CellState, weight: Tensor | undefined, pass: DirectionPass) {
    const { engine } = this
    const { cell, reverse } = this.options
    if (!this.fused || !cell.fused || !weight) return this.unrolled(lookedUp(engine, gates), state, weight, pass)
    const result = recurrence(engine, {
      cell: cell.fused,
      gates,
      weight,
      projection: this.value('weight_hr'),
      apartBias: this.apartBias(),
      hidden: state.hidden,
      cellState: state.cell,
      ragged: pass.ragged,
      reverse,
      mask: this.mask(pass.batch, pass.key),
      observe: pass.observe && (steps => pass.observe?.(steps, stepsOf(pass).paddedRows, this)),
    })
    return { output: result.output, state: { hidden: result.hidden, cell: result.cellState } }
  }

  private inParts(x: Input, state: CellState, prepared: PreparedWeights, { time, batch }: DirectionPass) {
    const { engine } = this
    const result = recurrenceInParts(engine, {
      cell: this.options.cell.fused as FusedCell,
      time,
      batch,
      gates: (from, to) => preparedProduct(engine, inputPart(engine, x, from, to), prepared),
      packed: prepared.recurrent,
      projection: prepared.projection,
      hiddenSize: this.options.hiddenSize,
      apartBias: this.apartBias(),
      hidden: state.hidden,
      cellState: state.cell,
      reverse: this.options.reverse,
    })
    return { output: result.output, state: { hidden: result.hidden, cell: result.cellState } }
  }

  private unrolled(gates: Tensor, state: CellState, weight: Tensor | undefined, pass: DirectionPass) {
    const { engine } = this
    const { cell, reverse, skip, zoneout, hiddenSize } = this.options
    const { batch, key } = pass
    const ragged = stepsOf(pass)
    const turned = reverse ? reversedRows(ragged) : undefined
    const turn = (of: Tensor) => (turned ? embed(engine, engine.tokens(turned), of) : of)
    const taken = (use: 'zoneoutHidden' | 'zoneoutCell', width: number) => {
      if (!key) return 1 - zoneout
      return scaledOnes(engine, [ragged.count, width], zoneout, keyAt(fold(key, use), pass.at))
    }
    const result = unroll(engine, {
      cell,
      products: turn(asList(engine, gates)),
      ragged,
      state,
      weight,
      bias: this.value('bias_hh'),
      projection: this.value('weight_hr'),
      normaliseRecurrent: this.norm('hh'),
      normaliseCell: this.norm('cell'),
      skip,
      mask: this.mask(batch, key),
      taken:
        zoneout > 0
          ? { hidden: taken('zoneoutHidden', this.outputs), cell: taken('zoneoutCell', hiddenSize) }
          : undefined,
      observe:
        pass.observe &&
        (steps => pass.observe?.(steps, turned ? turned.map(row => ragged.paddedRows[row]) : ragged.paddedRows, this)),
    })
    return { output: this.asGiven(turn(result.output), pass), state: result.state }
  }

  /** A list of steps in the form that the input had. */
  private asGiven(output: Tensor, { time, batch, ragged }: DirectionPass): Tensor {
    return ragged ? output : reshape(this.engine, output, [time, batch, this.outputs])
  }

  /** One mask of h for all steps (Gal & Ghahramani 2016). */
  private mask(batch: number, key: RandomKey | undefined): Tensor | undefined {
    const { recurrentDropout } = this.options
    if (!key || recurrentDropout === 0) return undefined
    const { engine } = this
    const ones = engine.tensor([batch, this.outputs])
    engine.fill(ones, 1)
    return dropout(engine, ones, recurrentDropout, fold(key, 'recurrentDropout'))
  }

  /** W, some of it dropped in training (DropConnect: Merity et al. 2018). */
  private recurrentWeight(key: RandomKey | undefined): Tensor | undefined {
    const { weightDrop } = this.options
    const weight = this.value('weight_hh')
    if (!weight || !key || weightDrop === 0) return weight
    return dropout(this.engine, weight, weightDrop, fold(key, 'weightDrop'))
  }

  private inputProduct(x: Input): Tensor | Lookup {
    const { engine } = this
    const norm = this.norm('ih')
    return inputProduct(engine, x, this.value('weight_ih') as Tensor, this.inputBias(), norm)
  }

  private norm(kind: string): ((x: Tensor) => Tensor) | undefined {
    const [gain, shift] = [this.value(`norm_${kind}_weight`), this.value(`norm_${kind}_bias`)]
    return gain && (x => layerNorm(this.engine, x, gain, shift))
  }

  /** b_ih + b_hh for the gates whose products the kernel sums; for those kept apart, and unrolled, b_ih alone. */
  private inputBias(): Tensor | undefined {
    const { engine } = this
    const [input, recurrent] = [this.value('bias_ih'), this.value('bias_hh')]
    const { fused } = this.options.cell
    if (!input || !recurrent || !fused || !this.fused) return input
    const { gates, apart } = fused
    if (apart === 0) return add(engine, input, recurrent)
    const split = ((gates - apart) * input.size) / gates
    if (split === 0) return input
    const summed = add(engine, slice(engine, input, 0, split), slice(engine, recurrent, 0, split))
    return concatenate(engine, [summed, slice(engine, input, split, input.size)])
  }

  /** b_hh of the gates whose two products stay apart. */
  private apartBias(): Tensor | undefined {
    const bias = this.value('bias_hh')
    const { fused } = this.options.cell
    if (!bias || !fused || fused.apart === 0) return undefined
    return slice(this.engine, bias, ((fused.gates - fused.apart) * bias.size) / fused.gates, bias.size)
  }
}

/** The steps that exist: of a whole batch, all. */
const stepsOf = ({ ragged, time, batch }: DirectionPass): Ragged =>
  ragged ?? raggedOf(new Int32Array(batch).fill(time), time)

const asList = (engine: Engine, x: Tensor): Tensor => {
  const width = x.shape.at(-1) as number
  return x.shape.length === 2 ? x : reshape(engine, x, [x.size / width, width])
}

/** 1 with probability 1 − p, else 0. */
function scaledOnes(engine: Engine, shape: readonly number[], probability: number, key: RandomKey): Tensor {
  const ones = engine.tensor(shape)
  engine.fill(ones, 1 - probability)
  return dropout(engine, ones, probability, key)
}
