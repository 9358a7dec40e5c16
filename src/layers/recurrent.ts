/* A stack of recurrent layers: the cell's kernel over time, layer upon layer, with dropout between. Parameters have
 * PyTorch's names, shapes and start (uniform in ±1/√hidden). */
import type { Cell, CellState } from '../cells/cell.js'
import type { Engine } from '../engine/engine.js'
import {
  add,
  addRow,
  concatenate,
  type DropoutDraw,
  dropout,
  embed,
  linear,
  slice,
  transpose,
} from '../engine/operations.js'
import type { Random } from '../engine/random.js'
import { recurrence } from '../engine/recurrence.js'
import type { Tensor } from '../engine/tensor.js'
import { ShapeError } from '../errors.js'
import { Parameter } from './parameter.js'

export interface RecurrentOptions {
  readonly cell: Cell
  readonly inputSize: number
  readonly hiddenSize: number
  /** Default 1. */
  readonly numLayers?: number
  /** Whether gates have biases; default true. */
  readonly bias?: boolean
  /** Prefix of the parameters' names. */
  readonly name: string
}

interface Layer {
  readonly weightInput: Parameter
  readonly weightHidden: Parameter
  readonly biasInput: Parameter | undefined
  readonly biasHidden: Parameter | undefined
}

export interface RecurrentPass {
  /** int32 [B]: steps of each sequence. */
  readonly lengths?: Tensor | undefined
  /** Dropout between layers; none where absent. */
  readonly dropout?: { readonly probability: number; readonly draw: DropoutDraw } | undefined
}

export class Recurrent {
  readonly parameters: readonly Parameter[]
  private readonly layers: readonly Layer[]

  constructor(
    private readonly engine: Engine,
    readonly options: RecurrentOptions,
  ) {
    const { cell, inputSize, hiddenSize, numLayers = 1, bias = true, name } = options
    const rows = cell.gates.length * hiddenSize
    this.layers = Array.from({ length: numLayers }, (_, k) => {
      const parameter = (kind: string, shape: readonly number[]) =>
        new Parameter(engine, `${name}.${kind}_l${k}`, shape)
      return {
        weightInput: parameter('weight_ih', [rows, k === 0 ? inputSize : hiddenSize]),
        weightHidden: parameter('weight_hh', [rows, hiddenSize]),
        biasInput: bias ? parameter('bias_ih', [rows]) : undefined,
        biasHidden: bias ? parameter('bias_hh', [rows]) : undefined,
      }
    })
    this.parameters = this.layers
      .flatMap(layer => [layer.weightInput, layer.weightHidden, layer.biasInput, layer.biasHidden])
      .filter(parameter => parameter !== undefined)
  }

  initialise(random: Random): void {
    const bound = 1 / Math.sqrt(this.options.hiddenSize)
    for (const parameter of this.parameters) parameter.fillUniform(random, bound)
  }

  /** The zero state of a batch: one [batch, hidden] a layer. Of the innermost scope. */
  zeroState(batch: number): CellState[] {
    const zeros = () => {
      const tensor = this.engine.tensor([batch, this.options.hiddenSize])
      this.engine.fill(tensor, 0)
      return tensor
    }
    return this.layers.map(() => (this.options.cell.hasCell ? { hidden: zeros(), cell: zeros() } : { hidden: zeros() }))
  }

  /**
   * Runs a batch of sequences.
   * @param x [time, batch, inputSize]; or int32 tokens [time, batch], taken as one-hot vectors of inputSize
   * @param state what each layer starts from
   * @returns output [time, batch, hiddenSize] of the last layer, and each layer's state after the last step
   */
  forward(x: Tensor, state: readonly CellState[], pass: RecurrentPass = {}): { output: Tensor; state: CellState[] } {
    const { engine } = this
    const { cell } = this.options
    if (state.length !== this.layers.length)
      throw new ShapeError(`recurrent: state must have one entry a layer, ${this.layers.length}; got ${state.length}`)
    const after: CellState[] = []
    let output = x
    this.layers.forEach((layer, k) => {
      if (k > 0 && pass.dropout && pass.dropout.probability > 0) {
        const { probability, draw } = pass.dropout
        output = dropout(engine, output, probability, { ...draw, site: draw.site * 65536 + k })
      }
      const [inputBias, apartBias] = this.biases(layer)
      const result = recurrence(engine, {
        cell: cell.fused,
        gates: inputProduct(engine, output, layer.weightInput.value, inputBias),
        weight: layer.weightHidden.value,
        apartBias,
        hidden: state[k].hidden,
        cellState: state[k].cell,
        lengths: pass.lengths,
      })
      output = result.output
      after.push(result.cellState ? { hidden: result.hidden, cell: result.cellState } : { hidden: result.hidden })
    })
    return { output, state: after }
  }

  /** b_ih + b_hh for the gates whose products are summed; for those kept apart, b_ih with U x and b_hh with W h. */
  private biases({ biasInput, biasHidden }: Layer): [Tensor | undefined, Tensor | undefined] {
    if (!biasInput || !biasHidden) return [undefined, undefined]
    const { engine } = this
    const { gates, apart } = this.options.cell.fused
    if (apart === 0) return [add(engine, biasInput.value, biasHidden.value), undefined]
    const rows = biasInput.shape[0]
    const split = ((gates - apart) * rows) / gates
    const apartBias = slice(engine, biasHidden.value, split, rows)
    if (split === 0) return [biasInput.value, apartBias]
    const summed = add(engine, slice(engine, biasInput.value, 0, split), slice(engine, biasHidden.value, 0, split))
    return [concatenate(engine, [summed, slice(engine, biasInput.value, split, rows)]), apartBias]
  }
}

/** U x_t + b for all steps at once. With one-hot x, U x_t is a column of U: a look-up in U transposed. */
function inputProduct(engine: Engine, x: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
  if (x.kind === 'real') return linear(engine, x, weight, bias)
  const columns = transpose(engine, weight)
  return embed(engine, x, bias ? addRow(engine, columns, bias) : columns)
}
