/* A golden case in recurra's own layers: the layers with the golden's parameters, and what they compute by name. */
import type { Cell, CellState } from '../../src/cells/cell.js'
import { elman } from '../../src/cells/elman.js'
import { gru } from '../../src/cells/gru.js'
import { lstm } from '../../src/cells/lstm.js'
import type { Engine } from '../../src/engine/engine.js'
import { concatenate, reshape, slice } from '../../src/engine/operations/operations.js'
import { adam, sgd, sum } from '../../src/engine/records.js'
import type { Tensor } from '../../src/engine/tensor.js'
import { Embedding } from '../../src/layers/embedding.js'
import { Linear } from '../../src/layers/linear.js'
import { type Parameter, watchAll } from '../../src/layers/parameter.js'
import { Recurrent } from '../../src/layers/recurrent.js'
import type { GoldenCase, GoldenOptimizer } from '../golden/golden.js'

export type Values = Record<string, Float64Array>

const cellOf = ({ cell, nonlinearity }: GoldenCase): Cell =>
  cell === 'elman' ? elman(nonlinearity) : { gru, lstm }[cell]

/** h0 of all layers, [layers, batch, hidden], as one state a layer. */
function statesOf(engine: Engine, golden: GoldenCase, hidden: Tensor, cell: Tensor | undefined): CellState[] {
  const { numLayers, batchSize } = golden
  const layer = (of: Tensor, k: number) => reshape(engine, slice(engine, of, k, k + 1), [batchSize, of.shape[2]])
  return Array.from({ length: numLayers * (golden.bidirectional ? 2 : 1) }, (_, k) => ({
    hidden: layer(hidden, k),
    ...(cell && { cell: layer(cell, k) }),
  }))
}

/** States of all layers as PyTorch gives them: `hn`, and `cn` where there is one. */
function finals(engine: Engine, state: readonly CellState[]): Record<string, Tensor> {
  const hn = concatenate(
    engine,
    state.map(({ hidden }) => hidden),
  )
  if (!state[0].cell) return { hn }
  const cn = concatenate(
    engine,
    state.map(({ cell }) => cell as Tensor),
  )
  return { hn, cn }
}

/** What the layer of a `layer` case computes: output, hn, cn, loss and grad.*, named as in the golden file. */
export function runLayer(engine: Engine, golden: GoldenCase): Values {
  const { inputSize, hiddenSize, numLayers, bidirectional, projSize, bias, tensors } = golden
  const cell = cellOf(golden)
  const shape = { inputSize, hiddenSize, numLayers, bidirectional, projSize, bias }
  const layer = new Recurrent(engine, { cell, ...shape, name: 'layer' })
  const plain = (parameter: Parameter) => parameter.name.replace('layer.', '')
  for (const parameter of layer.parameters) engine.write(parameter.value, tensors[plain(parameter)].data)
  const computed = engine.scope(() =>
    engine.recording(tape => {
      const given = (name: string) => engine.from(tensors[name].data, tensors[name].shape)
      const leaves: Record<string, Tensor> = { x: given('x'), h0: given('h0') }
      if (cell.hasCell) leaves.c0 = given('c0')
      watchAll(tape, layer.parameters)
      for (const leaf of Object.values(leaves)) tape.watch(leaf)
      const start = statesOf(engine, golden, leaves.h0, leaves.c0)
      const { output, state } = layer.forward(leaves.x, start, { lengths: golden.lengths })
      const results: Record<string, Tensor> = { output, ...finals(engine, state) }
      const weights = { output: tensors.wo, hn: tensors.wh, cn: tensors.wc }
      let loss = 0
      const root = engine.tensor([1])
      tape.record([root], () => {
        for (const [name, tensor] of Object.entries(results))
          tape.add(tensor, engine.from(weights[name as keyof typeof weights].data, tensor.shape))
      })
      const values: Values = {}
      for (const [name, tensor] of Object.entries(results)) {
        values[name] = engine.read(tensor)
        const { data } = weights[name as keyof typeof weights]
        values[name].forEach((y, i) => {
          loss += y * data[i]
        })
      }
      tape.backward(root)
      for (const parameter of layer.parameters) values[`grad.${plain(parameter)}`] = engine.read(parameter.gradient)
      for (const [name, leaf] of Object.entries(leaves))
        values[`grad.${name}`] = engine.read(tape.gradientOf(leaf) as Tensor)
      return { ...values, loss: Float64Array.of(loss) }
    }),
  )
  for (const parameter of layer.parameters) parameter.release()
  return computed
}

/** A language model of a golden case: embedding or one-hot, the stack, the output layer. */
export class GoldenModel {
  readonly parameters: readonly Parameter[]
  private readonly embedding: Embedding | undefined
  private readonly recurrent: Recurrent
  private readonly output: Linear

  constructor(
    private readonly engine: Engine,
    private readonly golden: GoldenCase,
  ) {
    const { inputSize, hiddenSize, numLayers, vocabularySize = 0, tensors } = golden
    if (golden.input === 'embedding')
      this.embedding = new Embedding(engine, { vocabularySize, size: inputSize, name: 'embedding' })
    const cell = cellOf(golden)
    this.recurrent = new Recurrent(engine, { cell, inputSize, hiddenSize, numLayers, name: 'recurrent' })
    const tied = golden.tied ? this.embedding?.weight : undefined
    this.output = new Linear(engine, { inputs: hiddenSize, outputs: vocabularySize, name: 'output', tied })
    this.parameters = [...(this.embedding?.parameters ?? []), ...this.recurrent.parameters, ...this.output.parameters]
    for (const { name, value } of this.parameters) engine.write(value, tensors[name].data)
  }

  /** Stretch `index` of the stream: tokens and targets [time, batch]. */
  private stretch(index: number): { tokens: Tensor; targets: Tensor } {
    const { time, batchSize, tensors } = this.golden
    const [, width] = tensors.stream.shape
    const from = (offset: number) =>
      this.engine.tokens(
        Array.from({ length: time * batchSize }, (_, i) => {
          const [t, b] = [Math.floor(i / batchSize), i % batchSize]
          return tensors.stream.data[b * width + index * time + t + offset]
        }),
        [time, batchSize],
      )
    return { tokens: from(0), targets: from(1) }
  }

  /** One step from the state given: forward, loss and, into the parameters, gradients. */
  private step(index: number, before: Values | undefined) {
    const { engine, golden } = this
    return engine.recording(tape => {
      watchAll(tape, this.parameters)
      const { tokens, targets } = this.stretch(index)
      const shape = [golden.numLayers, golden.batchSize, golden.hiddenSize]
      const start = before
        ? statesOf(engine, golden, engine.from(before.hn, shape), before.cn && engine.from(before.cn, shape))
        : this.recurrent.zeroState(golden.batchSize)
      const { output, state } = this.recurrent.forward(this.embedding?.forward(tokens) ?? tokens, start)
      const { loss } = this.output.loss(output, targets)
      tape.backward(loss)
      const after = finals(engine, state)
      const values: Values = Object.fromEntries(Object.entries(after).map(([name, t]) => [name, engine.read(t)]))
      return { output, loss: engine.scalar(loss), state: values }
    })
  }

  /** The first stretch from the zero state: logits, hn, cn, loss and grad.*. */
  first(): Values {
    const { engine } = this
    return engine.scope(() => {
      const { output, loss, state } = this.step(0, undefined)
      const values: Values = { ...state, loss: Float64Array.of(loss), logits: engine.read(this.output.forward(output)) }
      for (const { name, gradient } of this.parameters) values[`grad.${name}`] = engine.read(gradient)
      return values
    })
  }

  /** Ten steps of truncated backpropagation through time: losses, norms before clipping, and the parameters after. */
  train(key: string, settings: GoldenOptimizer, steps: number): Values {
    const { engine, golden } = this
    const moments = this.parameters.map(({ shape }) => [engine.keep(shape), engine.keep(shape)])
    const losses: number[] = []
    const norms: number[] = []
    let state: Values | undefined
    for (let index = 0; index < steps; index++) {
      engine.scope(() => {
        const result = this.step(index, state)
        state = result.state
        losses.push(result.loss)
        const norm = Math.sqrt(this.parameters.reduce((total, { gradient }) => total + this.squares(gradient), 0))
        norms.push(norm)
        const gradientScale = Math.min(1, (golden.clipNorm ?? Infinity) / (norm + 1e-6))
        this.parameters.forEach((parameter, i) => {
          update(engine, parameter, settings, moments[i], { step: index + 1, gradientScale })
        })
      })
    }
    for (const moment of moments.flat()) engine.release(moment)
    const values: Values = { [`losses.${key}`]: Float64Array.from(losses), [`norms.${key}`]: Float64Array.from(norms) }
    for (const { name, value } of this.parameters) values[`after.${key}.${name}`] = engine.read(value)
    return values
  }

  private squares(x: Tensor): number {
    const y = this.engine.tensor([1])
    this.engine.run(sum, { count: x.size, squares: 1, a: x.offset, y: y.offset })
    return this.engine.scalar(y)
  }

  release(): void {
    for (const parameter of this.parameters) parameter.release()
  }
}

function update(
  engine: Engine,
  { value, gradient }: Parameter,
  settings: GoldenOptimizer,
  [first, second]: readonly Tensor[],
  { step, gradientScale }: { step: number; gradientScale: number },
): void {
  const { algorithm, learningRate, weightDecay, momentum = 0, beta1 = 0, beta2 = 0, epsilon = 0 } = settings
  const shared = { count: value.size, w: value.offset, dW: gradient.offset, learningRate, weightDecay, gradientScale }
  if (algorithm === 'sgd') engine.run(sgd, { ...shared, velocity: momentum ? first.offset : undefined, momentum })
  else
    engine.run(adam, {
      ...shared,
      first: first.offset,
      second: second.offset,
      decoupled: algorithm === 'adamw' ? 1 : 0,
      beta1,
      beta2,
      epsilon,
      correction1: 1 - beta1 ** step,
      correction2: 1 - beta2 ** step,
    })
}
