/* A parameter: a named tensor that training changes, and its gradient. Both are kept until the owner releases them. */
import type { Engine } from '../engine/engine.js'
import type { Tape } from '../engine/tape.js'
import type { Tensor } from '../engine/tensor.js'
import type { Random } from '../random.js'

export class Parameter {
  readonly value: Tensor
  private kept: Tensor | undefined

  /** @param name as PyTorch's state_dict would have it: `recurrent.weight_ih_l0` */
  constructor(
    readonly engine: Engine,
    readonly name: string,
    readonly shape: readonly number[],
  ) {
    this.value = engine.keep(shape)
  }

  /** The loss's gradient; zeros before the first backward pass. */
  get gradient(): Tensor {
    this.kept ??= this.engine.keep(this.shape)
    return this.kept
  }

  /** Uniform in ±bound. */
  fillUniform(random: Random, bound: number): void {
    this.engine.write(
      this.value,
      Float64Array.from({ length: this.value.size }, () => (2 * random.uniform() - 1) * bound),
    )
  }

  /** Normal with mean 0. */
  fillNormal(random: Random, deviation: number): void {
    this.engine.write(
      this.value,
      Float64Array.from({ length: this.value.size }, () => random.normal() * deviation),
    )
  }

  release(): void {
    this.engine.release(this.value)
    if (this.kept) this.engine.release(this.kept)
  }
}

/** Watches all parameters, so that backward writes their gradients. */
export function watchAll(tape: Tape, parameters: readonly Parameter[]): void {
  for (const parameter of parameters) tape.watch(parameter.value, parameter.gradient)
}
