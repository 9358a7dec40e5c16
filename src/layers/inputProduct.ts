/* U x_t + b, for all steps at once: of numbers a product; of one-hot tokens the columns of U; of rows of a table the
 * products of the table, looked up, where it has fewer rows than there are steps. And the same for streams, whose weights are
 * made ready once. */
import type { Engine } from '../engine/engine.js'
import type { Lookup } from '../engine/operations/lookup.js'
import { addRow, embed, linear, transpose } from '../engine/operations/operations.js'
import { packedLinear, packedSize, packLinear } from '../engine/operations/packedLinear.js'
import type { Tensor } from '../engine/tensor.js'

/** Real numbers [..., inputSize], tokens taken as one-hot vectors, or tokens taken as rows of a table. */
export type Input = Tensor | Lookup

/**
 * @param weight U [gates × hidden, inputSize]
 * @param norm layer normalisation of each product
 * @returns [..., gates × hidden], or where it is to be looked up
 */
export function inputProduct(
  engine: Engine,
  x: Input,
  weight: Tensor,
  bias: Tensor | undefined,
  norm: (product: Tensor) => Tensor = product => product,
): Tensor | Lookup {
  if ('table' in x) {
    const { tokens, table } = x
    if (table.shape[0] < tokens.size) return { tokens, table: norm(linear(engine, table, weight, bias)) }
    return norm(linear(engine, lookedUp(engine, x), weight, bias))
  }
  if (x.kind === 'real') return norm(linear(engine, x, weight, bias))
  return { tokens: x, table: norm(columnsOf(engine, weight, bias)) }
}

/** What a lookup finds. */
export const lookedUp = (engine: Engine, x: Tensor | Lookup): Tensor =>
  'table' in x ? embed(engine, x.tokens, x.table) : x

/** U x + b of every one-hot x: the columns of U. */
function columnsOf(engine: Engine, weight: Tensor, bias: Tensor | undefined): Tensor {
  const columns = transpose(engine, weight)
  return bias ? addRow(engine, columns, bias) : columns
}

/** Products of a table with U are kept where they are no more than 16 MB. */
const MOST_PROJECTED = 1 << 22

/** What a stream reads: numbers, one-hot tokens, or rows of a table. */
export type StreamInput = 'numbers' | 'one-hot' | Tensor

/** Weights in the form that kernels read, kept for many short runs; they are what the weights were then. */
export interface PreparedWeights {
  /** U x + b of every token there is, [vocabulary, gates × hidden]; else `packed` and `bias`. */
  readonly products?: Tensor | undefined
  readonly packed?: Tensor | undefined
  readonly bias?: Tensor | undefined
  /** gates × hidden */
  readonly width: number
  /** W, packed. */
  readonly recurrent: Tensor
  /** W_hr, packed. */
  readonly projection?: Tensor | undefined
}

/** U and b made ready. To be called in a scope, whose tensors they are. */
export function preparedInput(
  engine: Engine,
  input: StreamInput,
  weight: Tensor,
  bias: Tensor | undefined,
): Omit<PreparedWeights, 'recurrent' | 'projection'> {
  const width = weight.shape[0]
  if (input === 'one-hot') return { products: columnsOf(engine, weight, bias), width }
  if (input !== 'numbers' && input.shape[0] * width <= MOST_PROJECTED)
    return { products: linear(engine, input, weight, bias), width }
  const packed = engine.tensor([packedSize(engine, weight.shape)])
  packLinear(engine, weight, packed)
  return { packed, bias, width }
}

/** Steps `from` to `to` of an input [time, batch, ...]. */
export function inputPart(engine: Engine, x: Input, from: number, to: number): Input {
  const part = (of: Tensor) => engine.view(of, [to - from, ...of.shape.slice(1)], (from * of.size) / of.shape[0])
  return 'table' in x ? { tokens: part(x.tokens), table: x.table } : part(x)
}

export const streamInputOf = (x: Input): StreamInput =>
  'table' in x ? x.table : x.kind === 'token' ? 'one-hot' : 'numbers'

/** `inputProduct` by weights that are ready, without a tape. */
export function preparedProduct(engine: Engine, x: Input, { products, packed, bias, width }: PreparedWeights): Tensor {
  if (products) return embed(engine, 'table' in x ? x.tokens : x, products)
  return packedLinear(engine, lookedUp(engine, x), packed as Tensor, width, bias)
}
