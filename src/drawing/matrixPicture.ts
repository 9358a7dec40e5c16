/* The gradients of every loss with respect to every earlier state, as a matrix of heat on a logarithmic scale. */
import { heat } from './colours.js'
import { DECADES, type DecayFigures, halfLifeText } from './decayPicture.js'
import { element, label, picture, tokenText } from './svg.js'

export interface GradientMatrix {
  readonly steps: number
  /** The step of each row's loss. */
  readonly losses: readonly number[]
  /** What goes in at each step, and what is to come out. */
  readonly names: readonly string[]
  readonly targetNames: readonly string[]
  /** [losses, steps] */
  readonly norms: Float64Array
  readonly decay: DecayFigures
}

const CELL = 10
/** Tokens are written beside rows and columns where there are no more than so many. */
const MOST_NAMES = 80

/** ‖∂E_t/∂h_k‖ of every t (down) and k (to the right) as heat on a logarithmic scale, the tokens beside it. */
export function matrixPicture(matrix: GradientMatrix, title: string): string {
  const { steps, losses, names, targetNames, norms, decay } = matrix
  const size = Math.max(2, Math.min(CELL, 800 / steps))
  const positive = norms.filter(norm => norm > 0 && Number.isFinite(norm))
  const high = positive.reduce((a, b) => Math.max(a, b), 0) || 1
  const low = Math.max(high * 10 ** -DECADES, positive.reduce((a, b) => Math.min(a, b), high) * 0.999)
  const shade = (norm: number) => heat(Math.log(norm / low) / Math.log(high / low))
  const [left, top] = [60, 76]
  const cells = losses.flatMap((_, i) =>
    Array.from({ length: steps }, (_, k) => k).flatMap(k => {
      const norm = norms[i * steps + k]
      if (!(norm >= low)) return []
      const at = { x: left + k * size, y: top + i * size, width: size, height: size }
      return [element('rect', { ...at, fill: shade(norm) })]
    }),
  )
  const right = left + steps * size + 24
  const bottom = top + losses.length * size
  const small = { 'font-size': 9, anchor: 'middle' }
  const shown = (text: string) => Array.from(tokenText(text)).slice(0, 6).join('')
  const written =
    steps <= MOST_NAMES && size >= 6
      ? [
          ...names.map((name, k) => label(shown(name), { x: left + (k + 0.5) * size, y: top - 6, ...small })),
          ...losses.map((t, i) =>
            label(shown(targetNames[t]), { x: left - 8, y: top + (i + 0.8) * size, ...small, anchor: 'end' }),
          ),
        ]
      : []
  const key = Array.from({ length: 5 }, (_, i) => {
    const norm = low * (high / low) ** (1 - i / 4)
    return [
      element('rect', { x: right, y: top + i * 18, width: 14, height: 14, fill: shade(norm) }),
      label(norm.toExponential(1), { x: right + 20, y: top + i * 18 + 11 }),
    ].join('')
  })
  const { perStep, halfLife } = decay
  return picture(
    {
      width: right + 90,
      height: Math.max(bottom, top + 100) + 24,
      title,
      description: `${perStep.toPrecision(3)} a step, ${halfLifeText(halfLife)}; from ${low.toExponential(1)} to ${high.toExponential(1)}`,
    },
    label(title, { x: left, y: 22, 'font-weight': 'bold' }),
    label(`‖∂E_t/∂h_k‖: t down (what is predicted), k to the right (what goes in); ${halfLifeText(halfLife)}`, {
      ...{ x: left, y: 42, class: 'faint' },
    }),
    element('g', { 'shape-rendering': 'crispEdges' }, ...cells),
    ...written,
    ...key,
  )
}
