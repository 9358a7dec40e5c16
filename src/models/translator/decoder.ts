/* The translator's second network: writes the target, token by token, from a state that began as the encoder's last.
 *
 *     no attention        h_t = RNN(y_{t−1}, h_{t−1}),              h̃_t = h_t
 *     luong               h_t = RNN(y_{t−1}, h_{t−1}),              c_t from h_t,       h̃_t = tanh(W_c [c_t; h_t] + b)
 *     with input feeding  h_t = RNN([y_{t−1}; h̃_{t−1}], h_{t−1}),   c_t from h_t,       the same
 *     bahdanau            h_t = RNN([y_{t−1}; c_t], h_{t−1}),       c_t from h_{t−1},   h̃_t = tanh(W_c [c_t; h_t; y_{t−1}] + b)
 *     o_t = V h̃_t + b                                               y here: the token's vector
 *
 * Where h does not depend on attention, all steps run at once; else one after another. A batch's targets stand by length,
 * the longest first, so that those which go on are the first rows of every step. */

import type { CellState } from '../../cells/cell.js'
import type { Engine } from '../../engine/engine.js'
import { joinColumns } from '../../engine/operations/columns.js'
import { activate, concatenate, dropout, reshape, slice } from '../../engine/operations/operations.js'
import { packed, type Ragged, raggedOf } from '../../engine/operations/ragged.js'
import type { Tensor } from '../../engine/tensor.js'
import { Attention, type Memory } from '../../layers/attention.js'
import type { Embedding } from '../../layers/embedding.js'
import { Linear } from '../../layers/linear.js'
import type { Parameter } from '../../layers/parameter.js'
import { Recurrent } from '../../layers/recurrent.js'
import { fold, type Random, type RandomKey } from '../../random.js'
import { Bridge } from './bridge.js'
import { type Encoded, embedded } from './encoder.js'
import { decoderLayersOf, embeddingSizeOf, memorySizeOf, type TranslatorConfiguration } from './options.js'

/** What is carried from step to step: rows are targets being written. */
export interface DecoderState {
  readonly cells: readonly CellState[]
  /** h̃ of the step before, [rows, hiddenSize], with input feeding. */
  readonly fed?: Tensor | undefined
}

export interface DecoderStep {
  /** h̃ [rows, hiddenSize] */
  readonly output: Tensor
  readonly state: DecoderState
  /** a [rows, time], where there is attention. */
  readonly weights?: Tensor | undefined
}

export class Decoder {
  readonly parameters: readonly Parameter[]
  private readonly recurrent: Recurrent
  private readonly bridge: Bridge
  private readonly attention: Attention | undefined
  /** W_c */
  private readonly readout: Linear | undefined

  constructor(
    private readonly engine: Engine,
    private readonly configuration: TranslatorConfiguration,
    private readonly embedding: Embedding,
  ) {
    const { attention: kind, hiddenSize, attentionSize = hiddenSize } = configuration
    const memorySize = memorySizeOf(configuration)
    this.recurrent = new Recurrent(engine, decoderLayersOf(configuration))
    this.bridge = new Bridge(engine, configuration)
    if (kind !== 'none') {
      const sizes = { querySize: hiddenSize, memorySize, size: attentionSize }
      this.attention = new Attention(engine, { kind, ...sizes, name: 'attention' })
      const inputs = memorySize + hiddenSize + (kind === 'bahdanau' ? embeddingSizeOf(configuration) : 0)
      this.readout = new Linear(engine, { inputs, outputs: hiddenSize, name: 'readout' })
    }
    this.parameters = [this.recurrent, this.bridge, this.attention, this.readout].flatMap(
      each => each?.parameters ?? [],
    )
  }

  initialise(random: Random): void {
    const { initialisation, forgetBias } = this.configuration
    this.recurrent.initialise(random, initialisation, forgetBias)
    for (const each of [this.bridge, this.attention, this.readout]) each?.initialise(random)
  }

  /** Sources as attention looks at them; none without attention. */
  memory({ states, lengths }: Encoded): Memory | undefined {
    return this.attention?.read(states, lengths)
  }

  /** The state before the first token. */
  begin({ last, lengths }: Encoded): DecoderState {
    const { engine, configuration } = this
    const cells = this.bridge.forward(last)
    if (!configuration.inputFeeding) return { cells }
    const fed = engine.tensor([lengths.length, configuration.hiddenSize])
    engine.fill(fed, 0)
    return { cells, fed }
  }

  /**
   * Every step of a batch of targets, fed the true tokens.
   * @param inputs int32 [time, batch], the longest target first
   * @returns h̃ of the steps that exist, listed as `ragged` says: [S, hiddenSize]
   */
  forward(
    encoded: Encoded,
    inputs: Int32Array,
    lengths: Int32Array,
    key?: RandomKey,
  ): { output: Tensor; ragged: Ragged } {
    const { engine, configuration } = this
    const batch = lengths.length
    const ragged = raggedOf(lengths, inputs.length / batch)
    const within = key && fold(key, 'decoder')
    const memory = this.memory(encoded)
    if (configuration.inputFeeding || configuration.attention === 'bahdanau') {
      const listed = engine.tokens(ragged.paddedRows.map(place => inputs[place]))
      const x = embedded(engine, this.embedding, listed, configuration.inputDropout, within)
      const vectors = 'table' in x ? this.embedding.forward(listed) : x
      return { output: this.stepByStep(vectors, encoded, memory, ragged, within), ragged }
    }
    const tokens = engine.tokens(inputs, [ragged.time, batch])
    const x = embedded(engine, this.embedding, tokens, configuration.inputDropout, within)
    const all = this.recurrent.forward(x, this.begin(encoded).cells, { lengths, key: within }).output
    const hidden = packed(engine, all, ragged)
    const sequences = ragged.paddedRows.map(place => place % batch)
    return { output: this.attended(hidden, memory, sequences).output, ragged }
  }

  /** One step after another: the rows of those targets that go on. */
  private stepByStep(
    vectors: Tensor,
    encoded: Encoded,
    memory: Memory | undefined,
    { batchSizes, count }: Ragged,
    key: RandomKey | undefined,
  ): Tensor {
    const { engine } = this
    const outputs: Tensor[] = []
    let state = this.begin(encoded)
    for (let [t, from] = [0, 0]; from < count; t++) {
      const rows = batchSizes[t]
      const first = (of: Tensor) => slice(engine, of, 0, rows)
      const cells = state.cells.map(({ hidden, cell }) => ({ hidden: first(hidden), cell: cell && first(cell) }))
      const x = slice(engine, vectors, from, from + rows)
      const sequences = Int32Array.from({ length: rows }, (_, b) => b)
      const made = this.step(x, { cells, fed: state.fed && first(state.fed) }, memory, sequences, { key, at: t })
      outputs.push(made.output)
      state = made.state
      from += rows
    }
    return concatenate(engine, outputs)
  }

  /**
   * One step.
   * @param x vectors of the tokens before, [rows, embeddingSize]
   * @param sequences the source that each row is of
   */
  step(
    x: Tensor,
    { cells, fed }: DecoderState,
    memory: Memory | undefined,
    sequences: Int32Array,
    { key, at }: { readonly key?: RandomKey | undefined; readonly at?: number | undefined } = {},
  ): DecoderStep {
    const { engine, configuration, attention } = this
    const early = configuration.attention === 'bahdanau'
    const seen =
      early && attention && memory ? attention.forward(cells[cells.length - 1].hidden, memory, sequences) : undefined
    const beside = seen?.contexts ?? fed
    const input = beside ? joinColumns(engine, [x, beside]) : x
    const pass = { key, at }
    const { output, state } = this.recurrent.forward(reshape(engine, input, [1, ...input.shape]), cells, pass)
    const hidden = reshape(engine, output, output.shape.slice(1))
    const made = seen
      ? { output: this.read([seen.contexts, hidden, x]), weights: seen.weights }
      : this.attended(hidden, memory, sequences)
    return { ...made, state: { cells: state, fed: fed && made.output } }
  }

  /** h̃ of states h [rows, hiddenSize], where attention looks from h itself. */
  private attended(hidden: Tensor, memory: Memory | undefined, sequences: Int32Array) {
    const { attention } = this
    if (!attention || !memory) return { output: hidden, weights: undefined }
    const { contexts, weights } = attention.forward(hidden, memory, sequences)
    return { output: this.read([contexts, hidden]), weights }
  }

  private read(parts: readonly Tensor[]): Tensor {
    const { engine, readout } = this
    return activate(engine, 'tanh', (readout as Linear).forward(joinColumns(engine, parts)))
  }

  /** Dropout before the output layer. */
  dropped(output: Tensor, key: RandomKey | undefined): Tensor {
    const { outputDropout } = this.configuration
    if (!key || outputDropout === 0) return output
    return dropout(this.engine, output, outputDropout, fold(key, 'outputDropout'))
  }
}
