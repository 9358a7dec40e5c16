/* The state that a recurrent model carries from stretch to stretch, or from token to token: kept in the heap until it is
 * closed. Gradients end where it is carried. */
import type { CellState } from '../../cells/cell.js'
import type { Engine } from '../../engine/engine.js'
import type { Tensor } from '../../engine/tensor.js'

export class CarriedState {
  private readonly kept: CellState[]

  constructor(
    private readonly engine: Engine,
    private readonly zeroState: () => readonly CellState[],
  ) {
    const keep = (tensor: Tensor) => engine.keep(tensor.shape)
    this.kept = engine.scope(() =>
      engine.keepTogether(() =>
        zeroState().map(layer =>
          layer.cell ? { hidden: keep(layer.hidden), cell: keep(layer.cell) } : { hidden: keep(layer.hidden) },
        ),
      ),
    )
    this.reset()
  }

  get state(): readonly CellState[] {
    return this.kept
  }

  private get tensors(): Tensor[] {
    return this.kept.flatMap(layer => (layer.cell ? [layer.hidden, layer.cell] : [layer.hidden]))
  }

  /** Takes over the values of a state; its gradient ends here. */
  carry(state: readonly CellState[]): void {
    state.forEach((layer, k) => {
      this.engine.copy(layer.hidden, this.kept[k].hidden)
      const cell = this.kept[k].cell
      if (layer.cell && cell) this.engine.copy(layer.cell, cell)
    })
  }

  /** What stands before a text: zeros, or what the model has learned by now. */
  reset(): void {
    this.engine.scope(() => this.carry(this.zeroState()))
  }

  close(): void {
    for (const tensor of this.tensors) this.engine.release(tensor)
    this.kept.length = 0
  }
}
