/* The output layer: o = V h + c (PyTorch's nn.Linear; start: uniform in ±1/√inputs). V may be another layer's table, as
 * when the weights of embedding and output are tied (Press & Wolf 2017). */
import type { Engine } from '../engine/engine.js'
import { linear } from '../engine/operations/operations.js'
import { type OutputLossOptions, outputLayerLoss } from '../engine/operations/outputLoss.js'
import type { Tensor } from '../engine/tensor.js'
import type { Random } from '../random.js'
import { Parameter } from './parameter.js'

/** What gives a vocabulary's logits, and their loss. */
export interface OutputLayer {
  readonly parameters: readonly Parameter[]
  initialise(random: Random): void
  /** h [..., inputs] → logits [..., outputs] */
  forward(h: Tensor): Tensor
  /** Mean cross-entropy of their softmax against target tokens, in nats: see `outputLayerLoss`. */
  loss(h: Tensor, targets: Tensor, options?: OutputLossOptions): { loss: Tensor; losses: Tensor; count: number }
}

export class Linear implements OutputLayer {
  /** V [outputs, inputs] */
  readonly weight: Parameter
  /** c [outputs] */
  readonly bias: Parameter
  /** Those that are its own. */
  readonly parameters: readonly Parameter[]

  constructor(
    private readonly engine: Engine,
    { inputs, outputs, name, tied }: { inputs: number; outputs: number; name: string; tied?: Parameter | undefined },
  ) {
    this.weight = tied ?? new Parameter(engine, `${name}.weight`, [outputs, inputs])
    this.bias = new Parameter(engine, `${name}.bias`, [outputs])
    this.parameters = tied ? [this.bias] : [this.weight, this.bias]
  }

  initialise(random: Random): void {
    const bound = 1 / Math.sqrt(this.weight.shape[1])
    for (const parameter of this.parameters) parameter.fillUniform(random, bound)
  }

  /** h [..., inputs] → [..., outputs] */
  forward(h: Tensor): Tensor {
    return linear(this.engine, h, this.weight.value, this.bias.value)
  }

  /**
   * Log-probabilities of their softmax, in nats, read off. The normalizer comes from the loss's kernel, as
   * log Σ_j exp(o_j) = E_0 + o_0: over 12,000 outputs exp in JavaScript takes twice as long as the layer once more.
   * @param h [rows, inputs]
   * @returns [rows × outputs]
   */
  logProbabilities(h: Tensor): Float32Array | Float64Array {
    const { engine } = this
    const rows = h.shape[0]
    const logits = engine.copyOut(this.forward(h)) as Float32Array | Float64Array
    const losses = engine.copyOut(this.loss(h, engine.tokens(new Int32Array(rows))).losses)
    const width = logits.length / rows
    for (let r = 0; r < rows; r++) {
      const normalizer = logits[r * width] + losses[r]
      for (let i = r * width; i < (r + 1) * width; i++) logits[i] -= normalizer
    }
    return logits
  }

  /** Mean cross-entropy of the softmax of the outputs against target tokens, in nats: see `outputLayerLoss`. */
  loss(h: Tensor, targets: Tensor, options: OutputLossOptions = {}): { loss: Tensor; losses: Tensor; count: number } {
    return outputLayerLoss(this.engine, h, this.weight.value, this.bias.value, targets, options)
  }
}
