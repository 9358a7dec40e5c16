/* The product by a weight that is packed once and used many times, where there is no tape: streams, and long texts read in
 * parts. */
import type { Engine } from '../engine.js'
import { matmul, pack } from '../records.js'
import type { Tensor } from '../tensor.js'

/** `weight` [outputs, inputs] packed for `packedLinear`; `into` has room for `packedSize` elements. */
export function packLinear(engine: Engine, weight: Tensor, into: Tensor): void {
  const [n, k] = weight.shape
  engine.run(pack, { n, k, w: weight.offset, packed: into.offset, transpose: 1 })
}

/** The same into a tensor of its own, of the innermost scope. */
export function packRows(engine: Engine, weight: Tensor): Tensor {
  const packed = engine.tensor([packedSize(engine, weight.shape)])
  packLinear(engine, weight, packed)
  return packed
}

/** `weight` [outputs, inputs] packed for the way back, dx = dy W. */
export function packColumns(engine: Engine, weight: Tensor): Tensor {
  const [k, n] = weight.shape
  const packed = engine.tensor([packedSize(engine, [n, k])])
  engine.run(pack, { n, k, w: weight.offset, packed: packed.offset })
  return packed
}

/** Elements of a packed weight [outputs, inputs]. */
export const packedSize = (engine: Engine, [outputs, inputs]: readonly number[]): number =>
  Math.ceil(outputs / engine.backend.panel) * engine.backend.panel * inputs

/** `linear` by a weight that is packed already, without a tape: [..., inputs] → [..., outputs]. */
export function packedLinear(engine: Engine, x: Tensor, packed: Tensor, outputs: number, bias?: Tensor): Tensor {
  const k = x.shape.at(-1) ?? 1
  const y = engine.tensor([...x.shape.slice(0, -1), outputs])
  engine.run(matmul, {
    m: x.size / k,
    n: outputs,
    k,
    a: x.offset,
    b: packed.offset,
    y: y.offset,
    bias: bias?.offset,
    aStride: k,
    bStride: k,
    yStride: outputs,
    packedB: 1,
  })
  return y
}
