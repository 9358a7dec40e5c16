/* A stack of recurrent layers, in one direction or both: the second layer reads what the first puts out; forward and
 * backward outputs stand side by side (Schuster & Paliwal 1997). Parameters have PyTorch's names, shapes and start. */

import type { Cell, CellState } from '../cells/cell.js'
import type { Engine } from '../engine/engine.js'
import { joinColumns, multiplyEach } from '../engine/operations/columns.js'
import { add, dropout, embed } from '../engine/operations/operations.js'
import { packed, type Ragged, raggedOf, unpacked } from '../engine/operations/ragged.js'
import type { ObservedSteps } from '../engine/operations/recurrence.js'
import { show, type Tensor } from '../engine/tensor.js'
import { ConfigurationError, ShapeError } from '../errors.js'
import { fold, type Random, type RandomKey } from '../random.js'
import { Direction, type DirectionOptions, type DirectionPass, directionShapes, keyAt } from './direction.js'
import type { Initialisation } from './initialisation.js'
import type { Input, PreparedWeights } from './inputProduct.js'
import type { Parameter } from './parameter.js'

export interface RecurrentOptions {
  readonly cell: Cell
  readonly inputSize: number
  readonly hiddenSize: number
  /** Default 1. */
  readonly numLayers?: number | undefined
  /** Whether a second direction runs from each sequence's end; default false. */
  readonly bidirectional?: boolean | undefined
  /** Whether gates have biases; default true. */
  readonly bias?: boolean | undefined
  /** Units that h is projected to (LSTM; Sak et al. 2014); default 0: none. */
  readonly projSize?: number | undefined
  /** Whether a layer's input is added to its output, from the second layer on; default false. */
  readonly residual?: boolean | undefined
  /** d of each layer, whose h_t follows from h_{t−d} (Chang et al. 2017); default 1 everywhere. */
  readonly dilations?: readonly number[] | undefined
  /** h_{t−d} is added to h_{t−1} before W; default 1: nothing is. */
  readonly skip?: number | undefined
  /** Layer normalisation of both products, and of c where h is made of it (Ba et al. 2016); default false. */
  readonly layerNorm?: boolean | undefined
  /** Whether what stands before a text is learned; default false: zeros. */
  readonly learnedState?: boolean | undefined
  /** Probability that a unit between layers is dropped in training; default 0. */
  readonly dropout?: number | undefined
  /** Whether dropout has one mask for all steps (Gal & Ghahramani 2016); default false: one a step. */
  readonly variational?: boolean | undefined
  /** Probability that a unit of h is dropped before W, with one mask for all steps; default 0. */
  readonly recurrentDropout?: number | undefined
  /** Probability that a weight of W is dropped (DropConnect: Merity et al. 2018); default 0. */
  readonly weightDrop?: number | undefined
  /** Probability that a unit keeps its old value (Krueger et al. 2017); default 0. */
  readonly zoneout?: number | undefined
  /** Prefix of the parameters' names. */
  readonly name: string
}

/** Who looks on while a stack runs. */
export interface RecurrentObserver {
  /**
   * Told what each layer and direction did.
   * @param places step × batch + sequence of each row
   */
  steps?(seen: ObservedSteps, places: Int32Array, direction: Direction, layer: number): void
  /** Told what each layer puts out, [time, batch, width] or [S, width]; what it gives back goes on in its place. */
  output?(output: Tensor, layer: number): Tensor
}

export interface RecurrentPass {
  /** Steps of each sequence, 0 to time; default all. */
  readonly lengths?: ArrayLike<number> | undefined
  /** A direction's weights as `RecurrentStream` keeps them. */
  readonly prepared?: readonly (PreparedWeights | undefined)[] | undefined
  /** What dropout in training is drawn from; without it nothing is dropped, as in evaluation. */
  readonly key?: RandomKey | undefined
  /** Of a stretch of one step: which step of its sequence it is, so that what is drawn anew at each step is. Default 0. */
  readonly at?: number | undefined
  /** Changes what each layer puts out and carries, before anything else sees it. */
  readonly edit?: StateEdit | undefined
  readonly observer?: RecurrentObserver | undefined
}

/**
 * Writes into a layer's results: `output` [time, batch, outputs], and `state`, after the last step. Of one step both are
 * h: whoever changes a unit changes it in both. `layer` counts directions too: layer 0 forward, layer 0 backward, …
 */
export type StateEdit = (layer: number, output: Tensor, state: CellState) => void

/** Each layer's directions, as they are asked for. */
function layout(options: RecurrentOptions): DirectionOptions[][] {
  const { cell, inputSize, hiddenSize, numLayers = 1, bidirectional = false, projSize = 0, name } = options
  const { dilations = [], skip = 1, layerNorm = false } = options
  const demand = (holds: boolean, wanted: string) => {
    if (!holds) throw new ConfigurationError(`${name}: ${wanted}`)
  }
  demand(
    projSize === 0 || (cell.hasCell === true && projSize < hiddenSize),
    `projSize needs a cell with a state c and must be below hiddenSize ${hiddenSize}; got ${cell.name} and ${projSize}`,
  )
  demand(
    dilations.length === 0 || dilations.length === numLayers,
    `dilations must have one number a layer, ${numLayers}; got ${dilations.length}`,
  )
  demand(skip === 1 || dilations.every(d => d === 1), 'dilations and skip exclude one another; leave one of them out')
  demand(skip === 1 || cell.recurrent !== false, `skip needs a cell with recurrent weights; ${cell.name} has none`)
  const outputs = projSize || hiddenSize
  return Array.from({ length: numLayers }, (_, k) =>
    (bidirectional ? [false, true] : [false]).map(reverse => ({
      cell,
      inputSize: k === 0 ? inputSize : outputs * (bidirectional ? 2 : 1),
      hiddenSize,
      projSize,
      bias: options.bias ?? true,
      reverse,
      dilation: dilations[k] ?? 1,
      skip,
      layerNorm,
      learnedState: options.learnedState ?? false,
      recurrentDropout: options.recurrentDropout ?? 0,
      weightDrop: options.weightDrop ?? 0,
      zoneout: options.zoneout ?? 0,
      prefix: name,
      suffix: `_l${k}${reverse ? '_reverse' : ''}`,
    })),
  )
}

/** Numbers that training changes in such a stack, counted without making it. */
export const recurrentParameterCount = (options: RecurrentOptions): number =>
  layout(options)
    .flat()
    .flatMap(directionShapes)
    .reduce((sum, [, shape]) => sum + shape.reduce((product, extent) => product * extent, 1), 0)

export class Recurrent {
  /** Of all layers and directions, as PyTorch orders them. */
  readonly parameters: readonly Parameter[]
  private readonly layers: readonly (readonly Direction[])[]

  /** @throws ConfigurationError for options that exclude one another */
  constructor(
    private readonly engine: Engine,
    readonly options: RecurrentOptions,
  ) {
    this.layers = layout(options).map(each => each.map(one => new Direction(engine, one)))
    this.parameters = this.directions.flatMap(each => each.parameters)
  }

  /** In the order of states: layer 0 forward, layer 0 backward, layer 1 forward … */
  get directions(): readonly Direction[] {
    return this.layers.flat()
  }

  /** Width of the output: of both directions. */
  get outputSize(): number {
    return this.layers[0].reduce((sum, each) => sum + each.outputs, 0)
  }

  /** @param how default uniform, PyTorch's; see `Direction.initialise` */
  initialise(random: Random, how: Initialisation = 'uniform', forgetBias?: number): void {
    for (const each of this.directions) each.initialise(random, how, forgetBias)
  }

  /** What stands before a text: zeros, or what is learned. One entry a layer and direction. Of the innermost scope. */
  zeroState(batch: number): CellState[] {
    return this.directions.map(each => each.startState(batch))
  }

  /**
   * Runs a batch of sequences.
   * @param x [time, batch, inputSize]; int32 tokens [time, batch], taken as one-hot vectors; or tokens and a table
   * @param state what each layer and direction starts from
   * @returns output [time, batch, outputSize] of the last layer, zeros where a sequence is over; and the state of each
   * layer and direction after its sequence's last step (backward: its first)
   */
  forward(x: Input, state: readonly CellState[], pass: RecurrentPass = {}): { output: Tensor; state: CellState[] } {
    const { engine, directions } = this
    if (state.length !== directions.length)
      throw new ShapeError(
        `recurrent: state must have one entry a layer and direction, ${directions.length}; got ${state.length}`,
      )
    const { shape } = 'table' in x ? x.tokens : x
    const [time, batch] = shape
    const { lengths } = pass
    if (lengths && lengths.length !== batch)
      throw new ShapeError(
        `recurrent: lengths must have one number a sequence, ${batch} in ${show(shape)}; got ${lengths.length}`,
      )
    const ragged = lengths && raggedOf(lengths, time)
    let layerInput = ragged ? listing(engine, x, ragged) : x
    const after: CellState[] = []
    const { observer } = pass
    this.layers.forEach((layer, k) => {
      const observe: DirectionPass['observe'] =
        observer?.steps && ((seen, places, direction) => observer.steps?.(seen, places, direction, k))
      const layerKey = pass.key && fold(pass.key, 'recurrent', k)
      if (k > 0) layerInput = this.dropped(layerInput as Tensor, batch, ragged, layerKey, pass.at)
      const outputs = layer.map((each, i) => {
        const prepared = pass.prepared?.[after.length]
        const run = { time, batch, ragged, key: layerKey && fold(layerKey, i), at: pass.at, observe, prepared }
        const result = each.run(layerInput, state[after.length], run)
        pass.edit?.(after.length, result.output, result.state)
        after.push(result.state)
        return result.output
      })
      const output = outputs.length > 1 ? joinColumns(engine, outputs) : outputs[0]
      const whole = this.options.residual && k > 0 ? add(engine, output, layerInput as Tensor) : output
      layerInput = observer?.output?.(whole, k) ?? whole
    })
    const output = layerInput as Tensor
    return { output: ragged ? unpacked(engine, output, ragged) : output, state: after }
  }

  /** Dropout between layers: of every element by itself, or one mask for all steps of a sequence. */
  private dropped(
    x: Tensor,
    batch: number,
    ragged: Ragged | undefined,
    layerKey: RandomKey | undefined,
    at: number | undefined,
  ): Tensor {
    const { dropout: probability = 0, variational = false } = this.options
    if (!layerKey || probability === 0) return x
    const { engine } = this
    const key = fold(layerKey, 0, 'layerDropout')
    if (!variational) return dropout(engine, x, probability, keyAt(key, at))
    const ones = engine.tensor([batch, x.shape.at(-1) as number])
    engine.fill(ones, 1)
    const mask = dropout(engine, ones, probability, key)
    if (!ragged) return multiplyEach(engine, x, mask)
    const sequences = ragged.paddedRows.map(place => place % batch)
    return multiplyEach(engine, x, embed(engine, engine.tokens(sequences), mask))
  }
}

/** The steps that exist of an input. */
function listing(engine: Engine, x: Input, ragged: Ragged): Input {
  const tokens = (of: Tensor) => {
    const all = engine.copyOut(of)
    return engine.tokens(ragged.paddedRows.map(place => all[place]))
  }
  if ('table' in x) return { tokens: tokens(x.tokens), table: x.table }
  return x.kind === 'token' ? tokens(x) : packed(engine, x, ragged)
}
