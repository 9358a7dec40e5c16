/* Word vectors, learned: y_t = row x_t of a table (PyTorch's nn.Embedding; start: standard normal). */
import type { Engine } from '../engine/engine.js'
import { embed } from '../engine/operations/operations.js'
import type { Tensor } from '../engine/tensor.js'
import type { Random } from '../random.js'
import { Parameter } from './parameter.js'

export class Embedding {
  readonly weight: Parameter
  readonly parameters: readonly Parameter[]

  /**
   * @param vocabularySize rows of the table
   * @param size length of a vector
   * @param name prefix of the parameter's name
   */
  constructor(
    private readonly engine: Engine,
    { vocabularySize, size, name }: { vocabularySize: number; size: number; name: string },
  ) {
    this.weight = new Parameter(engine, `${name}.weight`, [vocabularySize, size])
    this.parameters = [this.weight]
  }

  initialise(random: Random): void {
    this.weight.fillNormal(random, 1)
  }

  /** tokens int32 [...] → [..., size] */
  forward(tokens: Tensor): Tensor {
    return embed(this.engine, tokens, this.weight.value)
  }
}

/**
 * As what tokens int32 [...] enter a first layer, [..., width]: rows of a table, or without one one-hot vectors of the
 * vocabulary's size. Of the innermost scope.
 */
export function tokenVectors(
  engine: Engine,
  tokens: Tensor,
  { embedding, vocabularySize: size }: { readonly embedding: Embedding | undefined; readonly vocabularySize: number },
): Tensor {
  if (embedding) return embedding.forward(tokens)
  const vectors = new Float64Array(tokens.size * size)
  engine.copyOut(tokens).forEach((token, i) => {
    if (token >= 0 && token < size) vectors[i * size + token] = 1
  })
  return engine.from(vectors, [...tokens.shape, size])
}
