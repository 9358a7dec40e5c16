// Reads the numbers that PyTorch (and, for the mathematics, mpmath) wrote: what the tests compare with.
// README.md beside this file says how the JSON files are made; the interfaces below say what is in them.

import { readFileSync } from 'node:fs'

/**
 * The names in a case's `tensors`, all in PyTorch's layouts ([time, batch, feature], gates i f g o and r z n):
 *
 * - layer: the parameters (`weight_ih_l0`, …), `x`, `h0` (`c0`), `output`, `hn` (`cn`), the weights `wo`, `wh` (`wc`)
 *   of `loss` = Σ output·wo + Σ hn·wh (+ Σ cn·wc), and `grad.<name>` of each parameter and of `x`, `h0` (`c0`).
 *   Where `bidirectional`, states are ordered layer 0 forward, layer 0 backward, layer 1 … With `lengths`, output and `grad.x` are zero past a sequence's end and `hn` is the state at its own end.
 * - languageModel: `stream` [batch, 10·time + 1]; its first stretch as `tokens` and `targets` [time, batch]; the
 *   parameters (`embedding.weight`, `recurrent.weight_ih_l0`, …, `output.weight`, `output.bias`); from the zero state
 *   over that stretch `logits`, `hn` (`cn`), `loss` (mean cross-entropy) and `grad.<parameter>`; and per optimizer,
 *   for ten steps with truncated backpropagation through time, `losses.<optimizer>`, `norms.<optimizer>` (before
 *   clipping) and `after.<optimizer>.<parameter>`. Tied weights appear once, as `embedding.weight`.
 */
export interface GoldenCase {
  name: string
  dtype: 'float32' | 'float64'
  kind: 'layer' | 'languageModel'
  cell: 'elman' | 'gru' | 'lstm'
  /** Elman cells only. */
  nonlinearity?: 'tanh' | 'relu' | 'sigmoid'
  inputSize: number
  hiddenSize: number
  numLayers: number
  batchSize: number
  time: number
  bias: boolean
  /** A ragged batch: the length of each sequence, in no order. */
  lengths?: number[]
  bidirectional?: boolean
  /** LSTM only: units that h is projected to. */
  projSize?: number
  /** The rest belongs to language models. */
  vocabularySize?: number
  input?: 'embedding' | 'oneHot'
  tied?: boolean
  clipNorm?: number
  optimizers?: Record<'sgd' | 'momentum' | 'adam' | 'adamw', GoldenOptimizer>
  tensors: Record<string, GoldenTensor>
}

export interface GoldenOptimizer {
  algorithm: 'sgd' | 'adam' | 'adamw'
  learningRate: number
  weightDecay: number
  /** SGD only. */
  momentum?: number
  /** Adam and AdamW only, as the next two. */
  beta1?: number
  beta2?: number
  epsilon?: number
}

export interface GoldenTensor {
  shape: number[]
  /** In the case's precision; tokens are an Int32Array. A scalar has the shape [] and one element. */
  data: Float32Array | Float64Array | Int32Array
}

export interface Golden {
  /** What PyTorch calls itself, and the Debian package that it came from. */
  torch: string
  package: string
  cases: GoldenCase[]
}

/** Values of functions, correctly rounded to float64, at the points `x`, which ascend from -100 to 100. */
export interface GoldenMath {
  mpmath: string
  x: Float64Array
  tanh: Float64Array
  sigmoid: Float64Array
  exp: Float64Array
}

interface FileTensor {
  dtype?: 'int32'
  shape: number[]
  data: number[]
}

interface FileContent {
  torch: string
  package: string
  cases: (Omit<GoldenCase, 'tensors'> & { tensors: Record<string, FileTensor> })[]
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8'))
}

function typed(where: string, dtype: GoldenCase['dtype'], tensor: FileTensor): GoldenTensor {
  const { shape, data } = tensor
  const expected = shape.reduce((product, size) => product * size, 1)
  if (data.length !== expected) throw new Error(`${where}: expected ${expected} elements; got ${data.length}`)
  if (tensor.dtype === 'int32') return { shape, data: Int32Array.from(data) }
  return { shape, data: dtype === 'float32' ? Float32Array.from(data) : Float64Array.from(data) }
}

export function loadGolden(name: 'recurrent-float32' | 'recurrent-float64' | 'layers-float64'): Golden {
  const file = readJson(name) as FileContent
  const cases = file.cases.map(one => {
    const entries = Object.entries(one.tensors)
    const tensors = entries.map(([key, tensor]) => [key, typed(`${one.name}: ${key}`, one.dtype, tensor)] as const)
    return { ...one, tensors: Object.fromEntries(tensors) }
  })
  return { ...file, cases }
}

export function loadGoldenMath(): GoldenMath {
  const file = readJson('math-float64') as { mpmath: string } & Record<'x' | 'tanh' | 'sigmoid' | 'exp', number[]>
  const { mpmath } = file
  const [x, tanh, sigmoid, exp] = [file.x, file.tanh, file.sigmoid, file.exp].map(values => Float64Array.from(values))
  return { mpmath, x, tanh, sigmoid, exp }
}
