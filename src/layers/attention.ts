/* Attention: how much each step of a source matters to a state h of the decoder, and what the source says there.
 *
 *     e_s = h · m_s                       luong-dot        (Luong, Pham & Manning 2015)
 *     e_s = (W h) · m_s                   luong-general
 *     e_s = v · tanh(W h + U m_s + b)     bahdanau         (Bahdanau, Cho & Bengio 2015)
 *     a = softmax(e),   context = Σ_s a_s m_s
 *
 * m_s are the encoder's states. What does not depend on h is computed once a batch (`read`). */

import type { Engine } from '../engine/engine.js'
import { attend } from '../engine/operations/attention.js'
import { linear } from '../engine/operations/operations.js'
import type { Tensor } from '../engine/tensor.js'
import type { Random } from '../random.js'
import { Parameter } from './parameter.js'

export const attentions = ['none', 'bahdanau', 'luong-dot', 'luong-general'] as const
export type AttentionKind = (typeof attentions)[number]

export interface AttentionOptions {
  readonly kind: Exclude<AttentionKind, 'none'>
  /** Of h. */
  readonly querySize: number
  /** Of m. */
  readonly memorySize: number
  /** Of bahdanau's v. */
  readonly size: number
  readonly name: string
}

/** A batch's sources, as attention looks at them. */
export interface Memory {
  /** [time, batch, width] */
  readonly keys: Tensor
  /** [time, batch, memorySize] */
  readonly values: Tensor
  /** int32 [batch] */
  readonly lengths: Tensor
}

export class Attention {
  readonly parameters: readonly Parameter[]
  private readonly query: Parameter | undefined
  private readonly key: Parameter | undefined
  private readonly keyBias: Parameter | undefined
  private readonly score: Parameter | undefined

  constructor(
    private readonly engine: Engine,
    { kind, querySize, memorySize, size, name }: AttentionOptions,
  ) {
    const make = (suffix: string, ...shape: number[]) => new Parameter(engine, `${name}.${suffix}`, shape)
    if (kind === 'luong-general') this.query = make('query.weight', memorySize, querySize)
    if (kind === 'bahdanau') {
      this.query = make('query.weight', size, querySize)
      this.key = make('key.weight', size, memorySize)
      this.keyBias = make('key.bias', size)
      this.score = make('score.weight', size)
    }
    this.parameters = [this.query, this.key, this.keyBias, this.score].filter(each => each !== undefined)
  }

  /** Uniform in ±1/√inputs. */
  initialise(random: Random): void {
    for (const parameter of this.parameters) {
      const inputs = parameter === this.keyBias ? this.key?.shape[1] : parameter.shape.at(-1)
      parameter.fillUniform(random, 1 / Math.sqrt(inputs as number))
    }
  }

  /** @param states m [time, batch, memorySize] */
  read(states: Tensor, lengths: ArrayLike<number>): Memory {
    const { engine } = this
    const keys = this.key ? linear(engine, states, this.key.value, this.keyBias?.value) : states
    return { keys, values: states, lengths: engine.tokens(lengths) }
  }

  /**
   * @param states h [rows, querySize]
   * @param sequences which source each row is over
   * @returns contexts [rows, memorySize] and weights a [rows, time]
   */
  forward(states: Tensor, memory: Memory, sequences: ArrayLike<number>): { contexts: Tensor; weights: Tensor } {
    const { engine } = this
    const queries = this.query ? linear(engine, states, this.query.value) : states
    return attend(engine, { ...memory, queries, score: this.score?.value, sequences: engine.tokens(sequences) })
  }
}
