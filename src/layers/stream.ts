/* A stack of layers that reads a text bit by bit, a step or a stretch at a time, and carries its state. The weights are made
 * ready once, when it begins: a step then multiplies and does nothing else. They are what they were then. */
import type { CellState } from '../cells/cell.js'
import type { Engine } from '../engine/engine.js'
import type { Tensor } from '../engine/tensor.js'
import { ConfigurationError } from '../errors.js'
import type { Input, PreparedWeights, StreamInput } from './inputProduct.js'
import type { Recurrent, RecurrentPass } from './recurrent.js'

export class RecurrentStream {
  /** What each layer's state is now: kept, and overwritten by every run. */
  readonly state: readonly CellState[]
  /** The same for a stream and its forks; `users` are those of them that are open. */
  private readonly shared: { readonly prepared: readonly (PreparedWeights | undefined)[]; users: number }

  /**
   * @param batch sequences that are read side by side
   * @param input what is read; a table's rows where tokens are
   * @param fork a stream whose state and weights the new one begins with; default the zero state, and weights made ready
   * @throws ConfigurationError for layers of both directions, which need the end before the beginning
   */
  constructor(
    private readonly engine: Engine,
    private readonly layers: Recurrent,
    {
      batch,
      input,
      fork,
    }: { readonly batch: number; readonly input: StreamInput; readonly fork?: RecurrentStream | undefined },
  ) {
    if (layers.options.bidirectional)
      throw new ConfigurationError('stream: layers of both directions cannot read bit by bit; use one direction')
    const keep = (tensor: Tensor) => {
      const kept = engine.keep(tensor.shape)
      engine.copy(tensor, kept)
      return kept
    }
    const { state, prepared } = engine.scope(() =>
      engine.keepTogether(() => ({
        state: (fork?.state ?? layers.zeroState(batch)).map(({ hidden, cell }) => ({
          hidden: keep(hidden),
          cell: cell && keep(cell),
        })),
        prepared:
          fork?.shared.prepared ??
          layers.directions.map((each, k) => kept(each.prepare(k === 0 ? input : 'numbers'), keep)),
      })),
    )
    this.state = state
    this.shared = fork?.shared ?? { prepared, users: 0 }
    this.shared.users++
  }

  /**
   * Reads on. To be called in a scope.
   * @param x [time, batch, inputSize], or tokens [time, batch]
   * @param pass `edit` changes what each layer puts out and carries
   * @returns [time, batch, outputSize]
   */
  run(x: Input, { edit }: Pick<RecurrentPass, 'edit'> = {}): Tensor {
    const { output, state } = this.layers.forward(x, this.state, { prepared: this.shared.prepared, edit })
    state.forEach(({ hidden, cell }, k) => {
      this.engine.copy(hidden, this.state[k].hidden)
      const kept = this.state[k].cell
      if (cell && kept) this.engine.copy(cell, kept)
    })
    return output
  }

  /** Gives one of the sequences the state that a text begins with. */
  reset(row: number): void {
    const { engine, layers, state } = this
    engine.scope(() => {
      const [first] = state
      layers.zeroState(first.hidden.shape[0]).forEach(({ hidden, cell }, k) => {
        copyRow(engine, hidden, state[k].hidden, row)
        const { cell: kept } = state[k]
        if (cell && kept) copyRow(engine, cell, kept, row)
      })
    })
  }

  close(): void {
    const states = this.state.flatMap(({ hidden, cell }) => [hidden, cell])
    const { shared } = this
    const weights =
      --shared.users > 0
        ? []
        : shared.prepared.flatMap(each => [each?.products, each?.packed, each?.bias, each?.recurrent, each?.projection])
    for (const tensor of [...states, ...weights]) if (tensor) this.engine.release(tensor)
  }
}

function copyRow(engine: Engine, from: Tensor, to: Tensor, row: number): void {
  const [, size] = from.shape
  engine.copy(engine.view(from, [1, size], row * size), engine.view(to, [1, size], row * size))
}

const kept = (weights: PreparedWeights | undefined, keep: (tensor: Tensor) => Tensor): PreparedWeights | undefined =>
  weights && {
    ...weights,
    products: weights.products && keep(weights.products),
    packed: weights.packed && keep(weights.packed),
    bias: weights.bias && keep(weights.bias),
    recurrent: keep(weights.recurrent),
    projection: weights.projection && keep(weights.projection),
  }
