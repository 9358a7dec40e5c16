/* From a sequence's states to one vector, over those steps that exist: mean, maximum, and the softmax that attention weighs
 * steps with. States are [time, batch, width] with zeros past a sequence's end, as `Recurrent.forward` gives them; the
 * gradient of what does not exist means nothing. Letters: x inputs, y outputs, dy the gradient of y. */
import { ShapeError } from '../../errors.js'
import type { Engine } from '../engine.js'
import { addRow, sumRows } from '../records.js'
import { checkShape, show, type Tensor } from '../tensor.js'
import { embed, linear, multiply, reshape } from './operations.js'

/** Steps of each sequence. */
export type Lengths = ArrayLike<number>

function extents(x: Tensor, lengths: Lengths, where: string): [time: number, batch: number, width: number] {
  checkShape(x, `${where}: x`, [-1, lengths.length, -1], '(time, batch, width)')
  const [time, batch, width] = x.shape
  for (let b = 0; b < batch; b++)
    if (!(lengths[b] >= 0 && lengths[b] <= time))
      throw new ShapeError(
        `${where}: lengths[${b}] must be 0 to ${time}, the time of ${show(x.shape)}; got ${lengths[b]}`,
      )
  return [time, batch, width]
}

/** y_b = Σ_t x_{t,b}: [batch, width] */
export function sumOverTime(engine: Engine, x: Tensor): Tensor {
  checkShape(x, 'sumOverTime: x', [-1, -1, -1], '(time, batch, width)')
  const [rows, batch, width] = x.shape
  const columns = batch * width
  const y = engine.tensor([batch, width])
  engine.run(sumRows, { rows, columns, stride: columns, a: x.offset, y: y.offset })
  const { tape } = engine
  if (tape?.requiresGrad(x))
    tape.record([y], () => {
      const target = tape.targetToAdd(x)
      const row = (tape.gradientOf(y) as Tensor).offset
      if (target) engine.run(addRow, { rows, columns, a: target.offset, row, y: target.offset })
    })
  return y
}

/** y_b = Σ_t x_{t,b} / length_b: [batch, width]; zeros of a sequence without steps. */
export function meanOverTime(engine: Engine, x: Tensor, lengths: Lengths): Tensor {
  const [, batch, width] = extents(x, lengths, 'meanOverTime')
  const shares = Float64Array.from({ length: batch * width }, (_, i) => 1 / Math.max(1, lengths[Math.floor(i / width)]))
  return multiply(engine, sumOverTime(engine, x), engine.from(shares, [batch, width]))
}

/** y_{b,k} = max_t x_{t,b,k}: [batch, width]; the first of equals has the gradient. Zeros of a sequence without steps. */
export function maxOverTime(engine: Engine, x: Tensor, lengths: Lengths): Tensor {
  const [, batch, width] = extents(x, lengths, 'maxOverTime')
  const all = engine.copyOut(x)
  const columns = batch * width
  const places = new Int32Array(columns).fill(-1)
  for (let b = 0; b < batch; b++)
    for (let k = b * width; k < (b + 1) * width; k++) {
      let best = lengths[b] > 0 ? k : -1
      for (let place = k + columns; place < lengths[b] * columns; place += columns)
        // A NaN stays, so that training names what broke.
        if (!(all[place] <= all[best])) best = place
      places[k] = best
    }
  const elements = embed(engine, engine.tokens(places), reshape(engine, x, [x.size, 1]))
  return reshape(engine, elements, [batch, width])
}

/**
 * α_{t,b} = exp(e_{t,b}) / Σ_s exp(e_{s,b}) over the steps of each sequence, 0 past its end. A number a step is little beside
 * a step's states, so it is taken here and not in a kernel, in float64.
 * @param scores [time, batch, 1]
 */
export function softmaxOverTime(engine: Engine, scores: Tensor, lengths: Lengths): Tensor {
  const [time, batch, width] = extents(scores, lengths, 'softmaxOverTime')
  if (width !== 1) throw new ShapeError(`softmaxOverTime: x must be [${time}, ${batch}, 1]; got ${show(scores.shape)}`)
  const alpha = engine.read(scores)
  for (let b = 0; b < batch; b++) {
    let most = -Infinity
    for (let t = 0; t < lengths[b]; t++) most = Math.max(most, alpha[t * batch + b])
    let total = 0
    for (let t = 0; t < time; t++) {
      const at = t * batch + b
      alpha[at] = t < lengths[b] ? Math.exp(alpha[at] - most) : 0
      total += alpha[at]
    }
    for (let t = 0; t < lengths[b]; t++) alpha[t * batch + b] /= total
  }
  const y = engine.from(alpha, scores.shape)
  const { tape } = engine
  if (tape?.requiresGrad(scores))
    tape.record([y], () => {
      const dy = engine.read(tape.gradientOf(y) as Tensor)
      const gradient = new Float64Array(alpha.length)
      for (let b = 0; b < batch; b++) {
        let along = 0
        for (let at = b; at < alpha.length; at += batch) along += alpha[at] * dy[at]
        for (let at = b; at < alpha.length; at += batch) gradient[at] = alpha[at] * (dy[at] - along)
      }
      tape.add(scores, engine.from(gradient, scores.shape))
    })
  return y
}

/** y_b = Σ_t α_{t,b} x_{t,b}: [batch, width], with α [time, batch, 1] */
export function weightedSumOverTime(engine: Engine, x: Tensor, alpha: Tensor): Tensor {
  checkShape(alpha, 'weightedSumOverTime: alpha', [...x.shape.slice(0, -1), 1], '(time, batch, 1)')
  const ones = engine.tensor([x.shape.at(-1) ?? 1, 1])
  engine.fill(ones, 1)
  return sumOverTime(engine, multiply(engine, x, linear(engine, alpha, ones)))
}
