/* What the recurrent layers of every model are made of: keys that each model's schema takes over, what they must hold
 * together, and the layers that they mean. */
import { z } from 'zod'
import type { Cell } from '../../cells/cell.js'
import { elman } from '../../cells/elman.js'
import { gru } from '../../cells/gru.js'
import { lstm } from '../../cells/lstm.js'
import { contradiction } from '../../configuration.js'
import type { Activation } from '../../engine/operations/operations.js'
import { ConfigurationError, nearest } from '../../errors.js'
import { initialisations } from '../../layers/initialisation.js'
import type { RecurrentOptions } from '../../layers/recurrent.js'

const builtInCells: ReadonlyMap<string, (nonlinearity: Activation) => Cell> = new Map([
  ['elman', elman],
  ['gru', () => gru],
  ['lstm', () => lstm],
])

const probability = () => z.number().min(0).lt(1).default(0)

export const recurrentShape = {
  cell: z.enum(['elman', 'gru', 'lstm']).default('lstm').describe('the recurrent cell'),
  nonlinearity: z.enum(['tanh', 'relu', 'sigmoid']).default('tanh').describe('the elman cell’s σ'),
  hiddenSize: z.int().min(1).max(65536).default(256).describe('units of each recurrent layer'),
  numLayers: z.int().min(1).max(64).default(2).describe('recurrent layers, one upon another'),
  projSize: z.int().min(1).max(65536).optional().describe('units that an lstm’s h is projected to (default: none)'),
  residual: z.boolean().default(false).describe('from the second layer on, what goes in is added to what comes out'),
  dilations: z
    .array(z.int().min(1).max(65536))
    .optional()
    .describe('d of each layer, as 1,2,4: h_t follows from h_{t−d} (default: 1 everywhere)'),
  skip: z.int().min(1).max(65536).default(1).describe('h_{t−d} is added to h_{t−1} before W; 1: nothing is'),
  layerNorm: z.boolean().default(false).describe('layer normalisation in the recurrence'),
  learnedState: z.boolean().default(false).describe('the state before a text is learned, not zero'),
  initialisation: z
    .enum(initialisations)
    .default('uniform')
    .describe('how W begins: uniform in ±1/√hiddenSize, orthogonal, or the identity (for relu: IRNN)'),
  forgetBias: z.number().optional().describe('what the lstm’s forget gate’s bias begins at, as 1 (default: uniform)'),
  dropout: probability().describe('probability that a unit between layers is dropped in training'),
  variational: z.boolean().default(false).describe('dropout has one mask for all steps of a sequence'),
  recurrentDropout: probability().describe('probability that a unit of h is dropped before W, the same at every step'),
  weightDrop: probability().describe('probability that a weight of W is dropped (DropConnect)'),
  zoneout: probability().describe('probability that a unit keeps its value for a step'),
}

const recurrentSchema = z.strictObject(recurrentShape)

/** The keys of a configuration that say what its recurrent layers are; `cell` may be one of the user's own. */
export type RecurrentConfiguration = Omit<z.output<typeof recurrentSchema>, 'cell'> & { readonly cell: string }

/** Booleans among them, which a flag must be able to unset. */
export const recurrentNegatable = ['residual', 'layerNorm', 'learnedState', 'variational'] as const

export const recurrentContradictions = [
  contradiction(recurrentSchema, ['projSize', 'cell'], ({ projSize, cell }, nameOf) =>
    projSize !== undefined && cell !== 'lstm' ? `is for ${nameOf('cell')} lstm alone` : undefined,
  ),
  contradiction(recurrentSchema, ['projSize', 'hiddenSize'], ({ projSize, hiddenSize }, nameOf) =>
    projSize !== undefined && projSize >= hiddenSize
      ? `must be below ${nameOf('hiddenSize')}, ${hiddenSize}`
      : undefined,
  ),
  contradiction(recurrentSchema, ['dilations', 'numLayers'], ({ dilations, numLayers }) =>
    dilations && dilations.length !== numLayers ? `must have one number a layer, ${numLayers}` : undefined,
  ),
  contradiction(recurrentSchema, ['dilations', 'skip'], ({ dilations, skip }, nameOf) =>
    dilations && skip > 1 ? `excludes ${nameOf('skip')}; leave one of them out` : undefined,
  ),
  contradiction(recurrentSchema, ['forgetBias', 'cell'], ({ forgetBias, cell }, nameOf) =>
    forgetBias !== undefined && cell !== 'lstm' ? `is for ${nameOf('cell')} lstm alone` : undefined,
  ),
  contradiction(recurrentSchema, ['initialisation', 'projSize'], ({ initialisation, projSize }, nameOf) =>
    initialisation !== 'uniform' && projSize !== undefined
      ? `must be uniform where ${nameOf('projSize')} is set: W is not square then`
      : undefined,
  ),
  contradiction(recurrentSchema, ['variational', 'dropout'], ({ variational, dropout }, nameOf) =>
    variational && dropout === 0 ? `needs ${nameOf('dropout')}` : undefined,
  ),
]

/** A file may name a cell that the library does not have: then whoever loads it gives it. */
export const knownCell = (own: readonly Cell[]) =>
  contradiction(z.strictObject({ cell: z.string() }), ['cell'], ({ cell }) => {
    const known = [...builtInCells.keys(), ...own.map(({ name }) => name)]
    if (known.includes(cell)) return undefined
    const near = nearest(cell, known)
    const cure = near ? `; did you mean ${near}?` : `, or be given when it is loaded, as { cells: [${cell}] }`
    return `must be ${known.join(', ')}${cure}`
  })

/**
 * The cell that a configuration names.
 * @param own cells of the user's own
 * @throws ConfigurationError for a name that neither the library nor the user has
 */
export function cellOf(
  { cell, nonlinearity }: Pick<RecurrentConfiguration, 'cell' | 'nonlinearity'>,
  own: readonly Cell[],
): Cell {
  const found = own.find(({ name }) => name === cell) ?? builtInCells.get(cell)?.(nonlinearity)
  if (!found) throw new ConfigurationError(`cell: ${cell} is not known; give it, as { cells: [${cell}] }`)
  return found
}

/** The layers that a configuration means. */
export function recurrentOptionsOf(
  configuration: RecurrentConfiguration,
  own: readonly Cell[],
  shape: Pick<RecurrentOptions, 'inputSize' | 'name' | 'bidirectional'>,
): RecurrentOptions {
  const { hiddenSize, numLayers, projSize, residual, dilations, skip, layerNorm, learnedState } = configuration
  const { dropout, variational, recurrentDropout, weightDrop, zoneout } = configuration
  return {
    ...shape,
    ...{ cell: cellOf(configuration, own), hiddenSize, numLayers, projSize, residual, dilations, skip, layerNorm },
    ...{ learnedState, dropout, variational, recurrentDropout, weightDrop, zoneout },
  }
}
