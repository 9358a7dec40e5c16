/* A word's vector, made of its characters by a recurrent network that reads them in both directions: the last state of each,
 * side by side (Ling et al. 2015). A word that was never seen has one too. */
import type { Cell } from '../cells/cell.js'
import type { PaddedBatch } from '../data/batches/buckets.js'
import type { Engine } from '../engine/engine.js'
import { joinColumns } from '../engine/operations/columns.js'
import type { Tensor } from '../engine/tensor.js'
import type { Random } from '../random.js'
import { Embedding } from './embedding.js'
import type { Parameter } from './parameter.js'
import { Recurrent, type RecurrentOptions, recurrentParameterCount } from './recurrent.js'

export interface CharacterVectorOptions {
  readonly cell: Cell
  /** Characters that are known. */
  readonly vocabularySize: number
  /** Length of a character's vector. */
  readonly embeddingSize: number
  /** Units of each direction: a word's vector has twice as many. */
  readonly hiddenSize: number
  /** Prefix of the parameters' names. */
  readonly name: string
}

const layerOf = ({ cell, embeddingSize, hiddenSize, name }: CharacterVectorOptions): RecurrentOptions => ({
  ...{ cell, inputSize: embeddingSize, hiddenSize, bidirectional: true, name: `${name}.recurrent` },
})

/** Numbers that training changes in such a layer, counted without making it. */
export const characterVectorParameterCount = (options: CharacterVectorOptions): number =>
  options.vocabularySize * options.embeddingSize + recurrentParameterCount(layerOf(options))

export class CharacterVectors {
  readonly parameters: readonly Parameter[]
  private readonly embedding: Embedding
  private readonly recurrent: Recurrent

  constructor(
    private readonly engine: Engine,
    options: CharacterVectorOptions,
  ) {
    const { vocabularySize, embeddingSize: size, name } = options
    this.embedding = new Embedding(engine, { vocabularySize, size, name: `${name}.embedding` })
    this.recurrent = new Recurrent(engine, layerOf(options))
    this.parameters = [...this.embedding.parameters, ...this.recurrent.parameters]
  }

  initialise(random: Random): void {
    this.embedding.initialise(random)
    this.recurrent.initialise(random)
  }

  /** Characters [time, words] → [words, 2 × hiddenSize] */
  forward({ tokens, lengths, timeSteps, batchSize }: PaddedBatch): Tensor {
    const { engine, recurrent } = this
    const characters = engine.tokens(tokens, [timeSteps, batchSize])
    const input = { tokens: characters, table: this.embedding.weight.value }
    const { state } = recurrent.forward(input, recurrent.zeroState(batchSize), { lengths })
    return joinColumns(
      engine,
      state.map(({ hidden }) => hidden),
    )
  }
}
