/* The float64 backend: the definition of every kernel, to be read as its equations and to hold the fast backends to.
 * The contract of each is kernels/kernels.h; the recurrence and its cells are in referenceRecurrence.ts.
 *
 * An element is 8 bytes: element i of the array at `offset` is floats[offset / 8 + i]. Tokens, targets and lengths are
 * int32. An offset of 0 is an argument that is absent. */

import { threefry } from '../../random.js'
import type { Backend } from '../backend.js'
import * as records from '../records.js'
import { attentionBackward, attentionForward } from './attention.js'
import { recurrenceBackward, recurrenceForward, relu, sigmoid } from './recurrence.js'

type Complete<R extends object> = records.CompleteRecord<R>

/** Opens the reference on a heap. One thread, no workspace; a packed panel is one column. */
export function referenceBackend(memory: WebAssembly.Memory): Backend {
  let floats = new Float64Array(memory.buffer)
  let ints = new Int32Array(memory.buffer)
  return {
    name: 'reference',
    instructionSet: 'float64',
    elementBytes: 8,
    threads: 1,
    panel: 1,
    run(kernel, record) {
      kernels[kernel]?.(record, floats, ints)
    },
    workspace: () => 0,
    attach() {
      floats = new Float64Array(memory.buffer)
      ints = new Int32Array(memory.buffer)
    },
    close() {},
  }
}

/** y = op(a) op(b) + bias, or y += op(a) op(b) */
function matmul(r: Complete<records.MatmulRecord>, floats: Float64Array): void {
  const a = (i: number, l: number) => floats[r.a / 8 + (r.transposeA ? l * r.aStride + i : i * r.aStride + l)]
  // Packed, b is [n, k]: see pack.
  const [columnStride, rowStride] = r.packedB ? [r.k, 1] : r.transposeB ? [r.bStride, 1] : [1, r.bStride]
  const b = (l: number, j: number) => floats[r.b / 8 + l * rowStride + j * columnStride]
  for (let i = 0; i < r.m; i++) {
    for (let j = 0; j < r.n; j++) {
      const y = r.y / 8 + i * r.yStride + j
      let total = r.accumulate ? floats[y] : r.bias ? floats[r.bias / 8 + j] : 0
      for (let l = 0; l < r.k; l++) total += a(i, l) * b(l, j)
      floats[y] = total
    }
    if (r.sums === 0) continue
    let sum = r.addSums ? floats[r.sums / 8 + i] : 0
    for (let l = 0; l < r.k; l++) sum += a(i, l)
    floats[r.sums / 8 + i] = sum
  }
}

/** With panels of one column, packing stores the columns of the [k, n] operand one after another: packed is [n, k]. */
function pack(r: Complete<records.PackRecord>, floats: Float64Array): void {
  const w = r.w / 8
  for (let j = 0; j < r.n; j++) {
    for (let i = 0; i < r.k; i++) {
      floats[r.packed / 8 + j * r.k + i] = r.transpose ? floats[w + j * r.k + i] : floats[w + i * r.n + j]
    }
  }
}

/** y_i = table[tokens_i]; zeros for a token outside the vocabulary */
function embeddingForward(r: Complete<records.EmbeddingForwardRecord>, floats: Float64Array, ints: Int32Array): void {
  for (let i = 0; i < r.count; i++) {
    const token = ints[r.tokens / 4 + i]
    const known = token >= 0 && token < r.vocabulary
    for (let j = 0; j < r.width; j++) {
      floats[r.y / 8 + i * r.width + j] = known ? floats[r.table / 8 + token * r.width + j] : 0
    }
  }
}

/** d_table[tokens_i] += d_y_i */
function embeddingBackward(r: Complete<records.EmbeddingBackwardRecord>, floats: Float64Array, ints: Int32Array): void {
  for (let i = 0; i < r.count; i++) {
    const token = ints[r.tokens / 4 + i]
    if (token < 0 || token >= r.vocabulary) continue
    for (let j = 0; j < r.width; j++) {
      floats[r.dTable / 8 + token * r.width + j] += floats[r.dY / 8 + i * r.width + j]
    }
  }
}

/** o = V h + c, p = softmax(o), E = -Σ y_j log p_j with y = (1 - s) onehot(target) + s / V, s the label smoothing;
 * dE/do = p - y. The largest logit is taken off before exp, which changes neither E nor p and keeps exp finite. A target
 * outside the vocabulary has no loss. */
function outputLoss(r: Complete<records.OutputLossRecord>, floats: Float64Array, ints: Int32Array): void {
  const { hidden, vocabulary } = r
  const weight = r.weight / 8
  const o = new Float64Array(vocabulary)
  const gradients: [offset: number, size: number][] = [
    [r.dWeight / 8, vocabulary * hidden],
    [r.dBias / 8, vocabulary],
  ]
  for (const [offset, size] of gradients) if (r.gradients && offset) floats.fill(0, offset, offset + size)
  for (let i = 0; i < r.rows; i++) {
    const h = r.h / 8 + i * hidden
    const dH = r.dH / 8 + i * hidden
    if (r.gradients && r.dH) floats.fill(0, dH, dH + hidden)
    const target = ints[r.targets / 4 + i]
    if (target < 0 || target >= vocabulary) {
      floats[r.losses / 8 + i] = 0
      continue
    }
    let highest = -Infinity
    for (let j = 0; j < vocabulary; j++) {
      o[j] = r.bias ? floats[r.bias / 8 + j] : 0
      for (let k = 0; k < hidden; k++) o[j] += floats[weight + j * hidden + k] * floats[h + k]
      highest = Math.max(highest, o[j])
    }
    let sum = 0
    for (let j = 0; j < vocabulary; j++) sum += Math.exp(o[j] - highest)
    const share = r.smoothing / vocabulary
    let mean = 0
    for (let j = 0; j < vocabulary; j++) mean += (o[j] - highest) * share
    floats[r.losses / 8 + i] = Math.log(sum) - (1 - r.smoothing) * (o[target] - highest) - mean
    if (!r.gradients) continue
    const scale = r.rowWeights ? r.scale * floats[r.rowWeights / 8 + i] : r.scale
    for (let j = 0; j < vocabulary; j++) {
      const p = Math.exp(o[j] - highest) / sum
      const d = scale * (p - share - (j === target ? 1 - r.smoothing : 0))
      if (r.dBias) floats[r.dBias / 8 + j] += d
      for (let k = 0; k < hidden; k++) {
        if (r.dH) floats[dH + k] += d * floats[weight + j * hidden + k]
        if (r.dWeight) floats[r.dWeight / 8 + j * hidden + k] += d * floats[h + k]
      }
    }
  }
}

const id = records.elementwiseOperation

const operations: Readonly<Record<number, (a: number, b: number, alpha: number) => number>> = {
  [id.scale]: (a, _, alpha) => alpha * a,
  [id.add]: (a, b, alpha) => a + alpha * b,
  [id.multiply]: (a, b, alpha) => alpha * a * b,
  [id.tanh]: Math.tanh,
  [id.sigmoid]: sigmoid,
  [id.relu]: relu,
  [id.tanhGradient]: (a, b) => b * (1 - a ** 2),
  [id.sigmoidGradient]: (a, b) => b * a * (1 - a),
  [id.reluGradient]: (a, b) => (a > 0 ? b : 0),
  [id.clamp]: (a, _, alpha) => Math.max(-alpha, Math.min(alpha, a)),
  [id.sign]: (a, _, alpha) => (a > 0 ? alpha : a < 0 ? -alpha : 0),
  [id.fill]: (_, __, alpha) => alpha,
}

/** y = operation(a, b), element by element; b is a where it is absent, so that α a a needs no second offset,
 * and begins again where it has a period */
function elementwise(r: Complete<records.ElementwiseRecord>, floats: Float64Array): void {
  const operation = operations[r.operation]
  for (let i = 0; i < r.count; i++) {
    const a = floats[r.a / 8 + i]
    const b = r.b ? floats[r.b / 8 + (r.period ? i % r.period : i)] : a
    put(floats, r.y, i, operation(a, b, r.alpha), r.accumulate)
  }
}

/** y = a + row, the same row for each row of a */
function addRow(r: Complete<records.AddRowRecord>, floats: Float64Array): void {
  for (let i = 0; i < r.rows * r.columns; i++) {
    floats[r.y / 8 + i] = floats[r.a / 8 + i] + floats[r.row / 8 + (i % r.columns)]
  }
}

/** y = Σ over the rows of a */
function sumRows(r: Complete<records.SumRowsRecord>, floats: Float64Array): void {
  for (let j = 0; j < r.columns; j++) {
    let total = r.accumulate ? floats[r.y / 8 + j] : 0
    for (let i = 0; i < r.rows; i++) total += floats[r.a / 8 + i * r.stride + j]
    floats[r.y / 8 + j] = total
  }
}

/** y = aᵀ */
function transpose(r: Complete<records.TransposeRecord>, floats: Float64Array): void {
  for (let i = 0; i < r.rows; i++) {
    for (let j = 0; j < r.columns; j++) {
      put(floats, r.y, j * r.rows + i, floats[r.a / 8 + i * r.columns + j], r.accumulate)
    }
  }
}

/** y = a, each with its own stride */
function copyRows(r: Complete<records.CopyRowsRecord>, floats: Float64Array): void {
  for (let i = 0; i < r.rows; i++) {
    for (let j = 0; j < r.columns; j++)
      put(floats, r.y, i * r.yStride + j, floats[r.a / 8 + i * r.aStride + j], r.accumulate)
  }
}

/** n = (x - mean) / √(variance + ε) over each row; y = gain n + shift */
function layerNormForward(r: Complete<records.LayerNormForwardRecord>, floats: Float64Array): void {
  const { rows, columns } = r
  for (let i = 0; i < rows; i++) {
    const x = floats.subarray(r.x / 8 + i * columns, r.x / 8 + (i + 1) * columns)
    const mean = x.reduce((total, value) => total + value, 0) / columns
    const variance = x.reduce((total, value) => total + (value - mean) ** 2, 0) / columns
    const factor = 1 / Math.sqrt(variance + r.epsilon)
    floats[r.statistics / 8 + 2 * i] = mean
    floats[r.statistics / 8 + 2 * i + 1] = factor
    for (let j = 0; j < columns; j++) {
      const shift = r.shift ? floats[r.shift / 8 + j] : 0
      floats[r.y / 8 + i * columns + j] = floats[r.gain / 8 + j] * (x[j] - mean) * factor + shift
    }
  }
}

/** With d = gain d_y: d_x = (d - mean(d) - n mean(d n)) / √(variance + ε); d_gain = Σ d_y n; d_shift = Σ d_y */
function layerNormBackward(r: Complete<records.LayerNormBackwardRecord>, floats: Float64Array): void {
  const { rows, columns } = r
  for (let i = 0; i < rows; i++) {
    const mean = floats[r.statistics / 8 + 2 * i]
    const factor = floats[r.statistics / 8 + 2 * i + 1]
    const at = i * columns
    const n = (j: number) => (floats[r.x / 8 + at + j] - mean) * factor
    const dY = (j: number) => floats[r.dY / 8 + at + j]
    const d = (j: number) => floats[r.gain / 8 + j] * dY(j)
    let plain = 0
    let along = 0
    for (let j = 0; j < columns; j++) {
      plain += d(j) / columns
      along += (d(j) * n(j)) / columns
    }
    for (let j = 0; j < columns; j++) {
      if (r.dX) put(floats, r.dX, at + j, factor * (d(j) - plain - n(j) * along), r.accumulate)
      if (r.dGain) floats[r.dGain / 8 + j] += dY(j) * n(j)
      if (r.dShift) floats[r.dShift / 8 + j] += dY(j)
    }
  }
}

/** y = Σ a_i, or Σ a_i² */
function sum(r: Complete<records.SumRecord>, floats: Float64Array): void {
  let total = 0
  for (let i = 0; i < r.count; i++) {
    const a = floats[r.a / 8 + i]
    total += r.squares ? a * a : a
  }
  floats[r.y / 8] = total
}

/** y_i = x_i / (1 - p) where the draw for i is at least p, else 0. Threefry's counter (site, j) under the key (seed,
 * step) gives two words: for element 64 ⌊j / 32⌋ + j mod 32, and for the one 32 further. */
function dropout(r: Complete<records.DropoutRecord>, floats: Float64Array): void {
  const kept = 1 / (1 - r.probability)
  const least = Math.floor(r.probability * 2 ** 32)
  for (let block = 0; block < r.count; block += 64) {
    for (let lane = 0; lane < 32; lane++) {
      const draws = threefry(r.seed, r.step, r.site, block / 2 + lane)
      for (let word = 0; word < 2; word++) {
        const i = block + word * 32 + lane
        if (i >= r.count) continue
        put(floats, r.y, i, draws[word] >= least ? floats[r.x / 8 + i] * kept : 0, r.accumulate)
      }
    }
  }
}

/** g = gradient_scale d_w + weight_decay w; v = momentum v + g; w -= learning_rate v, or without velocity g, or with
 * Nesterov's look ahead g + momentum v. PyTorch's SGD, whose velocity starts at 0. */
function sgd(r: Complete<records.SgdRecord>, floats: Float64Array, words: Int32Array): void {
  for (let i = 0; i < r.count; i++) {
    const w = r.w / 8 + i
    const g = r.gradientScale * floats[r.dW / 8 + i] + r.weightDecay * floats[w]
    if (r.velocity === 0) {
      floats[w] -= r.learningRate * g
      continue
    }
    const v = r.momentum * floats[r.velocity / 8 + i] + g
    floats[r.velocity / 8 + i] = v
    floats[w] -= r.learningRate * (r.nesterov ? g + r.momentum * v : v)
  }
  tellBroken(r, floats, words)
}

/** Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019) as in PyTorch: m = β1 m + (1 - β1) g, s = β2 s +
 * (1 - β2) g², w -= (learning_rate / correction1) m / (√s / √correction2 + ε), correction = 1 - β^step. The decay of w
 * goes into g, or with `decoupled` straight to w. */
function adam(r: Complete<records.AdamRecord>, floats: Float64Array, words: Int32Array): void {
  const kept = r.decoupled ? 1 - r.learningRate * r.weightDecay : 1
  const decay = r.decoupled ? 0 : r.weightDecay
  for (let i = 0; i < r.count; i++) {
    const w = r.w / 8 + i
    const g = r.gradientScale * floats[r.dW / 8 + i] + decay * floats[w]
    const m = r.beta1 * floats[r.first / 8 + i] + (1 - r.beta1) * g
    const s = r.beta2 * floats[r.second / 8 + i] + (1 - r.beta2) * g ** 2
    floats[r.first / 8 + i] = m
    floats[r.second / 8 + i] = s
    const step = r.learningRate / r.correction1
    floats[w] = kept * floats[w] - (step * m) / (Math.sqrt(s) / Math.sqrt(r.correction2) + r.epsilon)
  }
  tellBroken(r, floats, words)
}

/** s = kept s + fresh g²; d = g / (√s + ε); v = momentum v + d; w -= learning_rate v. PyTorch's RMSprop (Hinton 2012) with
 * kept = α and fresh = 1 - α, and its Adagrad (Duchi et al. 2011), where both are 1. */
function rmsprop(r: Complete<records.RmspropRecord>, floats: Float64Array, words: Int32Array): void {
  for (let i = 0; i < r.count; i++) {
    const w = r.w / 8 + i
    const g = r.gradientScale * floats[r.dW / 8 + i] + r.weightDecay * floats[w]
    const s = r.kept * floats[r.second / 8 + i] + r.fresh * g ** 2
    floats[r.second / 8 + i] = s
    let d = g / (Math.sqrt(s) + r.epsilon)
    if (r.velocity) {
      d += r.momentum * floats[r.velocity / 8 + i]
      floats[r.velocity / 8 + i] = d
    }
    floats[w] -= r.learningRate * d
  }
  tellBroken(r, floats, words)
}

function tellBroken(r: { count: number; w: number; broken: number }, floats: Float64Array, words: Int32Array): void {
  const weights = floats.subarray(r.w / 8, r.w / 8 + r.count)
  if (r.broken && !weights.every(Number.isFinite)) words[r.broken / 4] = 1
}

/** The reference has no ceiling to measure: 0 operations. */
function ceiling(r: Complete<records.CeilingRecord>, floats: Float64Array): void {
  floats[r.flops / 8] = 0
}

function put(floats: Float64Array, offset: number, index: number, value: number, accumulate: number): void {
  const at = offset / 8 + index
  floats[at] = accumulate ? floats[at] + value : value
}

type Kernel = (record: number, floats: Float64Array, ints: Int32Array) => void

function kernel<R extends object>(
  definition: records.KernelDefinition<R>,
  run: (record: Complete<R>, floats: Float64Array, ints: Int32Array) => void,
): readonly [number, Kernel] {
  return [definition.number, (record, floats, ints) => run(definition.read(ints, floats, record), floats, ints)]
}

/** By kernel number. */
const kernels: Readonly<Record<number, Kernel>> = Object.fromEntries([
  kernel(records.matmul, matmul),
  kernel(records.pack, pack),
  kernel(records.recurrenceForward, recurrenceForward),
  kernel(records.recurrenceBackward, recurrenceBackward),
  kernel(records.embeddingForward, embeddingForward),
  kernel(records.embeddingBackward, embeddingBackward),
  kernel(records.outputLoss, outputLoss),
  kernel(records.attentionForward, attentionForward),
  kernel(records.attentionBackward, attentionBackward),
  kernel(records.elementwise, elementwise),
  kernel(records.addRow, addRow),
  kernel(records.sumRows, sumRows),
  kernel(records.transpose, transpose),
  kernel(records.copyRows, copyRows),
  kernel(records.layerNormForward, layerNormForward),
  kernel(records.layerNormBackward, layerNormBackward),
  kernel(records.sum, sum),
  kernel(records.dropout, dropout),
  kernel(records.sgd, sgd),
  kernel(records.adam, adam),
  kernel(records.rmsprop, rmsprop),
  kernel(records.ceiling, ceiling),
])
