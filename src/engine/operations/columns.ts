/* Operations on the last axis: taking some columns, joining tensors side by side, a factor that is the same at every step,
 * and layer normalisation. Letters: x inputs, y outputs, dy the gradient of y. */
import { ShapeError } from '../../errors.js'
import type { Engine } from '../engine.js'
import { copyRows, elementwise, elementwiseOperation, layerNormBackward, layerNormForward } from '../records.js'
import { checkShape, show, type Tensor } from '../tensor.js'

const widthOf = (x: Tensor): number => x.shape.at(-1) ?? 1

/** Columns `from` to `to` of the last axis, a copy: [..., to - from]. */
export function columns(engine: Engine, x: Tensor, from: number, to: number): Tensor {
  const width = widthOf(x)
  if (!(from >= 0 && from < to && to <= width))
    throw new ShapeError(`columns: ${from} to ${to} are not in ${show(x.shape)}`)
  const [rows, part] = [x.size / width, to - from]
  const y = engine.tensor([...x.shape.slice(0, -1), part])
  const copied = (tensor: Tensor) => engine.view(tensor, [tensor.size - from], from).offset
  engine.run(copyRows, { rows, columns: part, aStride: width, yStride: part, a: copied(x), y: y.offset })
  const { tape } = engine
  if (tape?.requiresGrad(x))
    tape.record([y], () => {
      const target = tape.targetToAdd(x)
      const a = (tape.gradientOf(y) as Tensor).offset
      if (target)
        engine.run(copyRows, {
          rows,
          columns: part,
          aStride: part,
          yStride: width,
          a,
          y: copied(target.tensor),
          accumulate: 1,
        })
    })
  return y
}

/** Tensors side by side along the last axis; their other axes are the same. */
export function joinColumns(engine: Engine, parts: readonly Tensor[]): Tensor {
  const leading = parts[0].shape.slice(0, -1)
  for (const [i, part] of parts.entries()) checkShape(part, `joinColumns: part ${i}`, [...leading, -1])
  const width = parts.reduce((sum, part) => sum + widthOf(part), 0)
  const y = engine.tensor([...leading, width])
  const rows = y.size / width
  const each = (visit: (part: Tensor, columns: number, from: number) => void) => {
    let from = 0
    for (const part of parts) {
      visit(part, widthOf(part), from)
      from += widthOf(part)
    }
  }
  const offset = (of: Tensor, from: number) => engine.view(of, [of.size - from], from).offset
  each((part, columns, from) =>
    engine.run(copyRows, { rows, columns, aStride: columns, yStride: width, a: part.offset, y: offset(y, from) }),
  )
  const { tape } = engine
  if (tape?.requiresGrad(...parts))
    tape.record([y], () => {
      const dy = tape.gradientOf(y) as Tensor
      each((part, columns, from) => {
        const target = tape.target(part)
        if (!target) return
        const { offset: to, accumulate } = target
        engine.run(copyRows, {
          rows,
          columns,
          aStride: width,
          yStride: columns,
          a: offset(dy, from),
          y: to,
          accumulate,
        })
      })
    })
  return y
}

/** y = x factor, where the factor's elements are used over and over: one mask for all steps. It has no gradient. */
export function multiplyEach(engine: Engine, x: Tensor, factor: Tensor): Tensor {
  if (x.size % Math.max(1, factor.size) !== 0)
    throw new ShapeError(
      `multiplyEach: ${show(factor.shape)} does not go into ${show(x.shape)} a whole number of times`,
    )
  const { multiply: operation } = elementwiseOperation
  const [count, period, b] = [x.size, factor.size, factor.offset]
  const y = engine.tensor(x.shape)
  engine.run(elementwise, { operation, count, period, a: x.offset, b, y: y.offset, alpha: 1 })
  const { tape } = engine
  if (tape?.requiresGrad(x))
    tape.record([y], () => {
      const target = tape.target(x)
      const a = (tape.gradientOf(y) as Tensor).offset
      if (!target) return
      const { offset, accumulate } = target
      engine.run(elementwise, { operation, count, period, a, b, y: offset, alpha: 1, accumulate })
    })
  return y
}

/** PyTorch's. */
const EPSILON = 1e-5

/**
 * Layer normalisation over the last axis (Ba et al. 2016): y = gain (x − mean) / √(variance + 1e-5) + shift.
 * @param x [..., columns]
 * @param gain [columns]
 * @param shift [columns]
 */
export function layerNorm(engine: Engine, x: Tensor, gain: Tensor, shift?: Tensor): Tensor {
  const width = widthOf(x)
  checkShape(gain, 'layerNorm: gain', [width], '(columns)')
  if (shift) checkShape(shift, 'layerNorm: shift', [width], '(columns)')
  const rows = x.size / width
  const y = engine.tensor(x.shape)
  const statistics = engine.tensor([rows, 2]).offset
  engine.run(layerNormForward, {
    rows,
    columns: width,
    x: x.offset,
    gain: gain.offset,
    shift: shift?.offset,
    y: y.offset,
    statistics,
    epsilon: EPSILON,
  })
  const { tape } = engine
  if (tape?.requiresGrad(x, gain, shift))
    tape.record([y], () => {
      const dX = tape.target(x)
      engine.run(layerNormBackward, {
        rows,
        columns: width,
        x: x.offset,
        gain: gain.offset,
        statistics,
        dY: (tape.gradientOf(y) as Tensor).offset,
        dX: dX?.offset,
        accumulate: dX?.accumulate,
        dGain: tape.targetToAdd(gain)?.offset,
        dShift: tape.targetToAdd(shift)?.offset,
      })
    })
  return y
}
