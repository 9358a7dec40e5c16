/* The tape: what was computed, so that the gradient can go back through it (reverse-mode differentiation). An operation
 * writes down, beside its forward step, the step that turns the gradient of its outputs into that of its inputs; the tape
 * plays these steps backwards.
 *
 * A gradient buffer is written by the first contribution and added to by later ones, so nothing is cleared in vain. */
import { BackendError } from '../errors.js'
import { elementwise, elementwiseOperation, type KernelDefinition } from './records.js'
import type { Tensor } from './tensor.js'

/** What the tape needs of an engine. */
export interface TapeMemory {
  tensor(shape: readonly number[]): Tensor
  fill(tensor: Tensor, value: number): void
  copy(from: Tensor, to: Tensor): void
  run<R extends object>(kernel: KernelDefinition<R>, record: R): void
}

interface Slot {
  gradient: Tensor | undefined
  filled: boolean
  early?: GradientBuffer | undefined
}

/** A gradient that is computed before the backward pass, and the tensor that holds it. */
export interface GradientBuffer {
  tensor: Tensor
}

/** Where a contribution goes: `accumulate` 1 where something is there already. */
export interface Target {
  readonly offset: number
  readonly tensor: Tensor
  readonly accumulate: 0 | 1
}

export class Tape {
  private readonly slots = new Map<Tensor, Slot>()
  private readonly steps: (() => void)[] = []

  constructor(private readonly engine: TapeMemory) {}

  /**
   * From here on, gradients of `tensor` are wanted; they are written to `gradient` where it is given, or added to what it
   * holds where that is said to be `filled`.
   */
  watch(tensor: Tensor, gradient?: Tensor, { filled = false } = {}): void {
    this.slots.set(tensor, { gradient, filled })
  }

  requiresGrad(...tensors: readonly (Tensor | undefined)[]): boolean {
    return tensors.some(tensor => tensor !== undefined && this.slots.has(tensor))
  }

  /** Writes down a step. `backward` runs only if a gradient has reached one of the outputs. */
  record(outputs: readonly Tensor[], backward: () => void): void {
    for (const output of outputs) this.watch(output)
    this.steps.push(() => {
      if (outputs.some(output => this.slots.get(output)?.filled)) backward()
    })
  }

  /** The gradient that has come to `tensor`, if any has. */
  gradientOf(tensor: Tensor): Tensor | undefined {
    const slot = this.slots.get(tensor)
    return slot?.filled ? slot.gradient : undefined
  }

  /** Where the gradient of `tensor` is to be written or added; undefined where nobody wants it. */
  target(tensor: Tensor | undefined): Target | undefined {
    const slot = tensor && this.slots.get(tensor)
    if (!tensor || !slot) return undefined
    if (slot.early) this.moveAway(slot, slot.early)
    slot.gradient ??= this.engine.tensor(tensor.shape)
    const accumulate = slot.filled ? 1 : 0
    slot.filled = true
    return { offset: slot.gradient.offset, tensor: slot.gradient, accumulate }
  }

  /** The same for steps that can only add: the buffer is cleared first where it is new. */
  targetToAdd(tensor: Tensor | undefined): Target | undefined {
    const target = this.target(tensor)
    if (target?.accumulate === 0) this.engine.fill(target.tensor, 0)
    return target
  }

  /** Adds `contribution` to the gradient of `tensor`. */
  add(tensor: Tensor, contribution: Tensor, factor = 1): void {
    const target = this.target(tensor)
    if (!target) return
    this.engine.run(elementwise, {
      operation: elementwiseOperation.scale,
      count: contribution.size,
      a: contribution.offset,
      y: target.offset,
      accumulate: target.accumulate,
      alpha: factor,
    })
  }

  /**
   * Room for a gradient that is computed together with the forward step: the buffer where it will stay, if nothing has
   * come there yet, so that a large one is not copied. What else comes there first moves it away.
   */
  gradientBuffer(tensor: Tensor | undefined): GradientBuffer | undefined {
    const slot = tensor && this.slots.get(tensor)
    if (!tensor || !slot) return undefined
    if (!slot.gradient || slot.filled || slot.early) return { tensor: this.engine.tensor(tensor.shape) }
    slot.early = { tensor: slot.gradient }
    return slot.early
  }

  private moveAway(slot: Slot, early: GradientBuffer): void {
    const moved = this.engine.tensor(early.tensor.shape)
    this.engine.copy(early.tensor, moved)
    early.tensor = moved
    slot.early = undefined
  }

  /**
   * Accumulates `gradient`, times `factor`, into the gradient of `tensor`. The first one is taken as it stands, without a copy:
   * the caller must not use it again.
   */
  accumulate(tensor: Tensor, gradient: Tensor, factor = 1): void {
    const slot = this.slots.get(tensor)
    if (!slot) return
    if (slot.early?.tensor !== gradient && (slot.filled || slot.gradient)) {
      this.add(tensor, gradient, factor)
      return
    }
    slot.early = undefined
    slot.gradient = gradient
    slot.filled = true
    if (factor === 1) return
    const { offset, size: count } = gradient
    this.engine.run(elementwise, { operation: elementwiseOperation.scale, count, a: offset, y: offset, alpha: factor })
  }

  /** Plays the tape backwards from a loss of one element, or from a tensor with its gradient given. Once. */
  backward(loss: Tensor, gradient?: Tensor): void {
    const target = this.target(loss)
    if (!target)
      throw new BackendError('tape.backward: the loss depends on nothing that is watched; watch the parameters first')
    if (gradient) this.engine.copy(gradient, target.tensor)
    else this.engine.fill(target.tensor, 1)
    for (let step = this.steps.pop(); step; step = this.steps.pop()) step()
  }
}
