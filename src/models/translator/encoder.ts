/* The translator's first network: reads the source, and leaves a state for each of its steps.
 *
 *     m_s = [h→_s, h←_s]        src/layers/recurrent.ts; one direction: m_s = h→_s */

import type { CellState } from '../../cells/cell.js'
import type { Engine } from '../../engine/engine.js'
import { dropout } from '../../engine/operations/operations.js'
import type { Tensor } from '../../engine/tensor.js'
import type { Embedding } from '../../layers/embedding.js'
import type { Input } from '../../layers/inputProduct.js'
import type { Parameter } from '../../layers/parameter.js'
import { Recurrent } from '../../layers/recurrent.js'
import { fold, type Random, type RandomKey } from '../../random.js'
import type { LossPass } from '../shared/trainable.js'
import { encoderLayersOf, type TranslatorConfiguration } from './options.js'

export interface Encoded {
  /** m [time, batch, memorySize]; zeros where a source is over */
  readonly states: Tensor
  /** int32 [batch] */
  readonly lengths: Int32Array
  /** After each source's end, one entry a layer and direction. */
  readonly last: readonly CellState[]
}

export interface SourceBatch {
  /** int32 [time, batch] */
  readonly sources: Int32Array
  /** int32 [batch] */
  readonly sourceLengths: Int32Array
}

export class Encoder {
  readonly parameters: readonly Parameter[]
  private readonly recurrent: Recurrent

  constructor(
    private readonly engine: Engine,
    private readonly configuration: TranslatorConfiguration,
    private readonly embedding: Embedding,
  ) {
    this.recurrent = new Recurrent(engine, encoderLayersOf(configuration))
    this.parameters = this.recurrent.parameters
  }

  initialise(random: Random): void {
    const { initialisation, forgetBias } = this.configuration
    this.recurrent.initialise(random, initialisation, forgetBias)
  }

  forward({ sources, sourceLengths }: SourceBatch, { key, observer }: LossPass = {}): Encoded {
    const { engine, embedding, configuration } = this
    const batch = sourceLengths.length
    const tokens = engine.tokens(sources, [sources.length / batch, batch])
    const within = key && fold(key, 'encoder')
    const x = embedded(engine, embedding, tokens, configuration.inputDropout, within)
    const { output, state } = this.recurrent.forward(x, this.recurrent.zeroState(batch), {
      ...{ lengths: sourceLengths, key: within, observer },
    })
    return { states: output, lengths: sourceLengths, last: state }
  }
}

/** Tokens as rows of a table; looked up where some of their elements are dropped, else left to the layer. */
export function embedded(
  engine: Engine,
  embedding: Embedding,
  tokens: Tensor,
  probability: number,
  key: RandomKey | undefined,
): Input {
  if (!key || probability === 0) return { tokens, table: embedding.weight.value }
  return dropout(engine, embedding.forward(tokens), probability, fold(key, 'inputDropout'))
}
