/* From the encoder's last state to the decoder's first: of each decoder layer from the encoder's layer of the same number, or
 * its last where it has fewer; both directions side by side.
 *
 *     h_0 = tanh(W [h→; h←] + b)        c_0 = W_c [c→; c←] + b_c, of an lstm; or as they are */
import type { CellState } from '../../cells/cell.js'
import type { Engine } from '../../engine/engine.js'
import { joinColumns } from '../../engine/operations/columns.js'
import { activate } from '../../engine/operations/operations.js'
import type { Tensor } from '../../engine/tensor.js'
import { Linear } from '../../layers/linear.js'
import type { Parameter } from '../../layers/parameter.js'
import type { Random } from '../../random.js'
import { memorySizeOf, type TranslatorConfiguration } from './options.js'

export class Bridge {
  readonly parameters: readonly Parameter[]
  /** One a decoder layer; none where states are taken as they are. */
  private readonly maps: readonly { readonly hidden: Linear; readonly cell: Linear | undefined }[]

  constructor(
    private readonly engine: Engine,
    private readonly configuration: TranslatorConfiguration,
  ) {
    const { bridge, numLayers, hiddenSize: outputs, cell } = configuration
    const inputs = memorySizeOf(configuration)
    const map = (kind: string, k: number) => new Linear(engine, { inputs, outputs, name: `bridge.${kind}_l${k}` })
    this.maps = Array.from({ length: bridge === 'learned' ? numLayers : 0 }, (_, k) => ({
      hidden: map('hidden', k),
      cell: cell === 'lstm' ? map('cell', k) : undefined,
    }))
    this.parameters = this.maps.flatMap(({ hidden, cell }) => [...hidden.parameters, ...(cell?.parameters ?? [])])
  }

  initialise(random: Random): void {
    for (const { hidden, cell } of this.maps) for (const each of [hidden, cell]) each?.initialise(random)
  }

  /** @param last one entry a layer and direction of the encoder */
  forward(last: readonly CellState[]): CellState[] {
    const { engine } = this
    const { numLayers, bidirectional } = this.configuration
    const directions = bidirectional ? 2 : 1
    return Array.from({ length: numLayers }, (_, k) => {
      const layer = Math.min(k, last.length / directions - 1)
      const from = last.slice(layer * directions, (layer + 1) * directions)
      const beside = (parts: Tensor[]) => (parts.length > 1 ? joinColumns(engine, parts) : parts[0])
      const hidden = beside(from.map(each => each.hidden))
      const cells = from.map(each => each.cell).filter(each => each !== undefined)
      const cell = cells.length > 0 ? beside(cells) : undefined
      const map = this.maps[k]
      if (!map) return { hidden, cell }
      return { hidden: activate(engine, 'tanh', map.hidden.forward(hidden)), cell: cell && map.cell?.forward(cell) }
    })
  }
}
