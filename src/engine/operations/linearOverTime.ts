/* A layer that is applied step after step, as W is to h: y_t = W x_t + b. W is packed once for all steps, and its gradient is
 * one product over all of them, when the tape has gone back through the first: step by step both would be read and
 * written anew each time. */
import type { Engine } from '../engine.js'
import { matmul, sumRows } from '../records.js'
import type { Tensor } from '../tensor.js'
import { packColumns, packedLinear, packRows } from './packedLinear.js'

/**
 * @param weight W [outputs, inputs]
 * @param bias b [outputs]
 * @param rows of all steps together
 * @returns what a step calls with its x, [rows of the step, inputs], in the order of time
 */
export function linearOverTime(
  engine: Engine,
  weight: Tensor,
  bias: Tensor | undefined,
  rows: number,
): (x: Tensor) => Tensor {
  const [outputs, inputs] = weight.shape
  const packed = packRows(engine, weight)
  const { tape } = engine
  const step = (x: Tensor) => packedLinear(engine, x, packed, outputs, bias)
  if (!tape) return step

  const learns = tape.requiresGrad(weight, bias)
  const dys = engine.tensor([rows, outputs])
  const xs = learns ? engine.tensor([rows, inputs]) : undefined
  const steps: { readonly y: Tensor; readonly dy: Tensor }[] = []
  const ys: Tensor[] = []
  let done = 0
  // Written down before the steps, and so played after them.
  tape.record(ys, () => {
    for (const { y, dy } of steps) if (!tape.gradientOf(y)) engine.fill(dy, 0)
    const [dWeight, dBias] = [tape.target(weight), tape.target(bias)]
    if (dWeight && xs)
      engine.run(matmul, {
        m: outputs,
        n: inputs,
        k: done,
        a: dys.offset,
        b: xs.offset,
        y: dWeight.offset,
        aStride: outputs,
        bStride: inputs,
        yStride: inputs,
        transposeA: 1,
        accumulate: dWeight.accumulate,
        sums: dBias?.offset,
        addSums: dBias?.accumulate,
      })
    else if (dBias) {
      const { offset: y, accumulate } = dBias
      engine.run(sumRows, { rows: done, columns: outputs, stride: outputs, a: dys.offset, y, accumulate })
    }
  })
  let back: Tensor | undefined
  return x => {
    const y = step(x)
    if (!tape.requiresGrad(x, weight, bias)) return y
    const count = x.shape[0]
    const dy = engine.view(dys, [count, outputs], done * outputs)
    if (xs) engine.copy(x, engine.view(xs, [count, inputs], done * inputs))
    done += count
    tape.record([y], () => {
      const dx = tape.target(x)
      if (!dx) return
      back ??= packColumns(engine, weight)
      engine.run(matmul, {
        m: count,
        n: inputs,
        k: outputs,
        a: dy.offset,
        b: back.offset,
        y: dx.offset,
        aStride: outputs,
        bStride: inputs,
        yStride: inputs,
        accumulate: dx.accumulate,
        packedB: 1,
      })
    })
    tape.watch(y, dy)
    steps.push({ y, dy })
    ys.push(y)
    return y
  }
}
