/* Word vectors, learned: y_t = row x_t of a table (PyTorch's nn.Embedding; start: standard normal). */
import type { Engine } from '../engine/engine.js'
import { embed } from '../engine/operations.js'
import type { Random } from '../engine/random.js'
import type { Tensor } from '../engine/tensor.js'
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
