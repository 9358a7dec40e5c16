/* Operations on tensors: each writes its forward step beside its gradient. They check shapes by executing the check, and
 * hand offsets to kernels. Letters: x inputs, y outputs, dy the gradient of y. */
import { ShapeError } from '../../errors.js'
import type { RandomKey } from '../../random.js'
import type { Engine } from '../engine.js'
import {
  addRow as addRowKernel,
  dropout as dropoutKernel,
  elementwise,
  elementwiseOperation,
  embeddingForward,
  matmul as matmulKernel,
  sum as sumKernel,
  sumRows,
  transpose as transposeKernel,
} from '../records.js'
import type { Target } from '../tape.js'
import { checkShape, show, type Tensor } from '../tensor.js'
import { scatterAddRows } from './lookup.js'

/** Leading axes of x taken as one: [rows, last axis]. */
const rowsOf = (x: Tensor): number => x.size / (x.shape.at(-1) ?? 1)

/** y (+)= a b on 2-D operands, of which one may be transposed, without a tape; beside aᵀ b the sums of a over its rows. */
function product(
  engine: Engine,
  a: Tensor,
  b: Tensor,
  y: { offset: number; accumulate: 0 | 1 },
  { transposed, bias, sums }: { transposed?: 'a' | 'b'; bias?: Tensor | undefined; sums?: Target | undefined } = {},
): void {
  const [m, k] = transposed === 'a' ? [a.shape[1], a.shape[0]] : a.shape
  const n = transposed === 'b' ? b.shape[0] : b.shape[1]
  engine.run(matmulKernel, {
    m,
    n,
    k,
    a: a.offset,
    b: b.offset,
    y: y.offset,
    bias: bias?.offset,
    aStride: a.shape[1],
    bStride: b.shape[1],
    yStride: n,
    transposeA: transposed === 'a' ? 1 : 0,
    transposeB: transposed === 'b' ? 1 : 0,
    accumulate: y.accumulate,
    sums: sums?.offset,
    addSums: sums?.accumulate,
  })
}

const flat = (engine: Engine, x: Tensor): Tensor => engine.view(x, [rowsOf(x), x.shape.at(-1) ?? 1])

/**
 * y = x Wᵀ + b, over the last axis of x.
 * @param x [..., inputs]
 * @param weight [outputs, inputs]
 * @param bias [outputs]
 * @returns [..., outputs]
 */
export function linear(engine: Engine, x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  checkShape(weight, 'linear: weight', [-1, x.shape.at(-1) ?? 1], '(outputs, inputs)')
  if (bias) checkShape(bias, 'linear: bias', [weight.shape[0]], '(outputs)')
  const y = engine.tensor([...x.shape.slice(0, -1), weight.shape[0]])
  const rows = flat(engine, x)
  product(engine, rows, weight, { offset: y.offset, accumulate: 0 }, { transposed: 'b', bias })
  const { tape } = engine
  if (tape?.requiresGrad(x, weight, bias))
    tape.record([y], () => {
      const dy = flat(engine, tape.gradientOf(y) as Tensor)
      const dx = tape.target(x)
      if (dx) product(engine, dy, weight, dx)
      const dWeight = tape.target(weight)
      if (dWeight) product(engine, dy, rows, dWeight, { transposed: 'a', sums: tape.target(bias) })
      else addColumnSums(engine, dy, bias)
    })
  return y
}

/** Adds the sum over rows of dy to the gradient of `bias`. */
function addColumnSums(engine: Engine, dy: Tensor, bias: Tensor | undefined): void {
  const target = engine.tape?.target(bias)
  if (!target) return
  const [rows, columns] = dy.shape
  engine.run(sumRows, { rows, columns, stride: columns, a: dy.offset, y: target.offset, accumulate: target.accumulate })
}

function binary(engine: Engine, name: string, operation: number, a: Tensor, b: Tensor, alpha: number): Tensor {
  checkShape(b, `${name}: b`, a.shape)
  const y = engine.tensor(a.shape)
  engine.run(elementwise, { operation, count: a.size, a: a.offset, b: b.offset, y: y.offset, alpha })
  return y
}

/** y = a + factor b, element by element. */
export function add(engine: Engine, a: Tensor, b: Tensor, factor = 1): Tensor {
  const y = binary(engine, 'add', elementwiseOperation.add, a, b, factor)
  const { tape } = engine
  if (tape?.requiresGrad(a, b))
    tape.record([y], () => {
      const dy = tape.gradientOf(y) as Tensor
      tape.add(a, dy)
      tape.add(b, dy, factor)
    })
  return y
}

/** y = a b, element by element. */
export function multiply(engine: Engine, a: Tensor, b: Tensor): Tensor {
  const y = binary(engine, 'multiply', elementwiseOperation.multiply, a, b, 1)
  const { tape } = engine
  if (tape?.requiresGrad(a, b))
    tape.record([y], () => {
      const dy = tape.gradientOf(y) as Tensor
      for (const [x, other] of [
        [a, b],
        [b, a],
      ]) {
        const target = tape.target(x)
        if (!target) continue
        const { offset, accumulate } = target
        const operation = elementwiseOperation.multiply
        engine.run(elementwise, {
          operation,
          count: dy.size,
          a: dy.offset,
          b: other.offset,
          y: offset,
          accumulate,
          alpha: 1,
        })
      }
    })
  return y
}

/** y = factor x. */
export function scale(engine: Engine, x: Tensor, factor: number): Tensor {
  const y = engine.tensor(x.shape)
  const operation = elementwiseOperation.scale
  engine.run(elementwise, { operation, count: x.size, a: x.offset, y: y.offset, alpha: factor })
  const { tape } = engine
  if (tape?.requiresGrad(x)) tape.record([y], () => tape.add(x, tape.gradientOf(y) as Tensor, factor))
  return y
}

export type Activation = 'tanh' | 'sigmoid' | 'relu'

/** y = tanh(x), 1 / (1 + exp(-x)) or max(x, 0), element by element. */
export function activate(engine: Engine, activation: Activation, x: Tensor): Tensor {
  const y = engine.tensor(x.shape)
  engine.run(elementwise, {
    operation: elementwiseOperation[activation],
    count: x.size,
    a: x.offset,
    y: y.offset,
    alpha: 1,
  })
  const { tape } = engine
  if (tape?.requiresGrad(x))
    tape.record([y], () => {
      const dy = tape.gradientOf(y) as Tensor
      const target = tape.target(x)
      if (!target) return
      const operation = elementwiseOperation[`${activation}Gradient`]
      const { offset, accumulate } = target
      engine.run(elementwise, { operation, count: x.size, a: y.offset, b: dy.offset, y: offset, accumulate, alpha: 1 })
    })
  return y
}

/** y = x + row, the same row for each of the leading axes. `x` [..., columns], `row` [columns]. */
export function addRow(engine: Engine, x: Tensor, row: Tensor): Tensor {
  const columns = x.shape.at(-1) ?? 1
  checkShape(row, 'addRow: row', [columns], '(columns)')
  const y = engine.tensor(x.shape)
  engine.run(addRowKernel, { rows: rowsOf(x), columns, a: x.offset, row: row.offset, y: y.offset })
  const { tape } = engine
  if (tape?.requiresGrad(x, row))
    tape.record([y], () => {
      const dy = tape.gradientOf(y) as Tensor
      tape.add(x, dy)
      addColumnSums(engine, flat(engine, dy), row)
    })
  return y
}

/** y [columns, rows] = x [rows, columns] transposed. */
export function transpose(engine: Engine, x: Tensor): Tensor {
  checkShape(x, 'transpose: x', [-1, -1])
  const [rows, columns] = x.shape
  const y = engine.tensor([columns, rows])
  engine.run(transposeKernel, { rows, columns, a: x.offset, y: y.offset })
  const { tape } = engine
  if (tape?.requiresGrad(x))
    tape.record([y], () => {
      const dy = tape.gradientOf(y) as Tensor
      const target = tape.target(x)
      if (target)
        engine.run(transposeKernel, {
          rows: columns,
          columns: rows,
          a: dy.offset,
          y: target.offset,
          accumulate: target.accumulate,
        })
    })
  return y
}

/** Rows `from` to `to` of the first axis, as a view: [to - from, ...]. */
export function slice(engine: Engine, x: Tensor, from: number, to: number): Tensor {
  const [rows, ...rest] = x.shape
  if (!(from >= 0 && from <= to && to <= rows))
    throw new ShapeError(`slice: rows ${from} to ${to} are not in ${show(x.shape)}`)
  const width = x.size / rows
  const y = engine.view(x, [to - from, ...rest], from * width)
  const { tape } = engine
  if (tape?.requiresGrad(x))
    tape.record([y], () => {
      const target = tape.targetToAdd(x)
      if (!target) return
      const dy = tape.gradientOf(y) as Tensor
      const part = engine.view(target.tensor, y.shape, from * width).offset
      engine.run(elementwise, {
        operation: elementwiseOperation.scale,
        count: y.size,
        a: dy.offset,
        y: part,
        accumulate: 1,
        alpha: 1,
      })
    })
  return y
}

/** The same elements in another shape, as a view. */
export function reshape(engine: Engine, x: Tensor, shape: readonly number[]): Tensor {
  const y = engine.view(x, shape)
  if (y.size !== x.size) throw new ShapeError(`reshape: ${show(x.shape)} cannot become ${show(shape)}`)
  const { tape } = engine
  if (tape?.requiresGrad(x)) tape.record([y], () => tape.add(x, tape.gradientOf(y) as Tensor))
  return y
}

/** Tensors one after another along the first axis. */
export function concatenate(engine: Engine, parts: readonly Tensor[]): Tensor {
  const rest = parts[0].shape.slice(1)
  for (const [i, part] of parts.entries()) checkShape(part, `concatenate: part ${i}`, [-1, ...rest])
  const y = engine.tensor([parts.reduce((rows, part) => rows + part.shape[0], 0), ...rest])
  const width = y.size / y.shape[0]
  let row = 0
  for (const part of parts) {
    engine.copy(part, engine.view(y, part.shape, row * width))
    row += part.shape[0]
  }
  const { tape } = engine
  if (tape?.requiresGrad(...parts))
    tape.record([y], () => {
      const dy = tape.gradientOf(y) as Tensor
      let at = 0
      for (const part of parts) {
        tape.add(part, engine.view(dy, part.shape, at))
        at += part.size
      }
    })
  return y
}

/**
 * y_i = table[tokens_i]; a token outside the table gives zeros. Also how rows of any tensor are gathered.
 * @param tokens int32 [...]
 * @param table [..., width], its leading axes taken as one: the vocabulary
 * @returns [..., width]
 */
export function embed(engine: Engine, tokens: Tensor, table: Tensor): Tensor {
  const width = table.shape.at(-1) ?? 1
  const vocabulary = table.size / width
  const y = engine.tensor([...tokens.shape, width])
  const count = tokens.size
  engine.run(embeddingForward, { count, width, vocabulary, tokens: tokens.offset, table: table.offset, y: y.offset })
  const { tape } = engine
  if (tape?.requiresGrad(table))
    tape.record([y], () => scatterAddRows(engine, { tokens, table }, tape.gradientOf(y) as Tensor))
  return y
}

/** The sum of all elements, or of their squares: [1]. The sum of squares has no gradient. */
export function sum(engine: Engine, x: Tensor, { squares = false } = {}): Tensor {
  const y = engine.tensor([1])
  engine.run(sumKernel, { count: x.size, squares: squares ? 1 : 0, a: x.offset, y: y.offset })
  const { tape } = engine
  if (!squares && tape?.requiresGrad(x))
    tape.record([y], () => {
      const spread = engine.tensor(x.shape)
      engine.fill(spread, engine.scalar(tape.gradientOf(y) as Tensor))
      tape.add(x, spread)
    })
  return y
}

/**
 * y = x with each element zero with this probability, the others divided by 1 - probability (Srivastava et al. 2014).
 * @param key what the mask is drawn from: element i of it decides about element i of x
 */
export function dropout(engine: Engine, x: Tensor, probability: number, key: RandomKey): Tensor {
  const y = engine.tensor(x.shape)
  const { word0: seed, word1: step } = key
  const site = 0
  engine.run(dropoutKernel, { count: x.size, x: x.offset, y: y.offset, probability, seed, step, site })
  const { tape } = engine
  if (tape?.requiresGrad(x))
    tape.record([y], () => {
      const target = tape.target(x)
      const dy = tape.gradientOf(y) as Tensor
      if (!target) return
      const { offset, accumulate } = target
      engine.run(dropoutKernel, { count: x.size, x: dy.offset, y: offset, accumulate, probability, seed, step, site })
    })
  return y
}
