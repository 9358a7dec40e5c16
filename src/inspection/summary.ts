/* What a model is made of: U, W, b of every recurrent layer, V and c of the output, each with its shape and how its count
 * comes about. The counts know nothing of time: the same weights are used at every step (Elman 1990). */
import type { Parameter } from '../layers/parameter.js'

export interface SummaryRow {
  /** `embedding`, `layer 0`, `layer 0, backward`, `output`. */
  readonly part: string
  /** The letter that equations have for it: U, W, b, V, c, E. */
  readonly symbol: string
  /** As files have them: two where b = bias_ih + bias_hh. */
  readonly names: readonly string[]
  readonly shape: readonly number[]
  /** `4 × 256 × 65`. */
  readonly formula: string
  readonly count: number
}

export interface ModelSummary {
  readonly rows: readonly SummaryRow[]
  readonly count: number
}

const SYMBOLS: Readonly<Record<string, string>> = {
  weight_ih: 'U',
  weight_hh: 'W',
  weight_hr: 'W_hr',
  hidden: 'h₀',
  cell: 'c₀',
}

/** @param model anything with parameters; `gates` of its cell split the rows of U, W and b in the formulas */
export function summaryOf(model: { readonly parameters: readonly Parameter[] }, { gates = 1 } = {}): ModelSummary {
  const rows: SummaryRow[] = []
  for (const { name, shape } of model.parameters) {
    const { part, kind } = partsOf(name)
    const count = product(shape)
    const before = rows.at(-1)
    if (kind === 'bias_hh' && before?.symbol === 'b') {
      const formula = `2 × ${before.formula}`
      rows[rows.length - 1] = { ...before, names: [...before.names, name], formula, count: before.count + count }
      continue
    }
    const perGate = gates > 1 && /^(weight_[ih]h|bias_ih|norm_[ih]h)/.test(kind)
    const factors = perGate ? [gates, shape[0] / gates, ...shape.slice(1)] : shape
    rows.push({ part, symbol: symbolOf(part, kind), names: [name], shape, formula: factors.join(' × '), count })
  }
  return { rows, count: rows.reduce((sum, row) => sum + row.count, 0) }
}

/** `recurrent.weight_ih_l0_reverse` is weight_ih of `layer 0, backward`. */
function partsOf(name: string): { part: string; kind: string } {
  const dot = name.lastIndexOf('.')
  const [owner, kind] = [name.slice(0, dot), name.slice(dot + 1)]
  const layer = /^(.*)_l(\d+)(_reverse)?$/.exec(kind)
  if (!layer) return { part: owner, kind }
  const which = owner === 'recurrent' ? '' : `${owner} `
  return { part: `${which}layer ${layer[2]}${layer[3] ? ', backward' : ''}`, kind: layer[1] }
}

function symbolOf(part: string, kind: string): string {
  // Of an adaptive softmax each cluster has P before its V.
  if (/^output\.tail\.\d+\.0$/.test(part)) return 'P'
  if (part.startsWith('output')) return kind === 'weight' ? 'V' : 'c'
  if (part === 'bag') return 'r'
  if (part.startsWith('embedding')) return 'E'
  if (kind.startsWith('bias')) return 'b'
  if (kind.startsWith('norm')) return kind.endsWith('weight') ? 'γ' : 'β'
  return SYMBOLS[kind] ?? kind
}

const product = (shape: readonly number[]) => shape.reduce((total, extent) => total * extent, 1)
