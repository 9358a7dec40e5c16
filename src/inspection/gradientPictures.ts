/* Gradients through time as pictures: how they decay with distance, as lines on a logarithmic scale, and the whole matrix
 * of them as heat. Numbers stand beside both. */

import {
  coordinate,
  element,
  heat,
  label,
  linearScale,
  logScale,
  picture,
  seriesLine,
  tokenText,
} from '../drawing/svg.js'
import { type Decay, decayOf, type GradientsThroughTime, type LayerGradients } from './gradients.js'

export interface DecaySeries {
  readonly name: string
  readonly decay: Decay
}

export interface DecayPicture {
  readonly title: string
  readonly description?: string | undefined
  /** Steps back that are drawn; default all. */
  readonly most?: number | undefined
}

const [WIDTH, HEIGHT] = [640, 380]
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 190, 40, 48]
/** What a float32 gradient loses itself in is not drawn: decades below the largest. */
const DECADES = 12

const halfLifeText = (value: number) =>
  Number.isFinite(value) ? `half-life ${value.toPrecision(2)} steps` : Number.isNaN(value) ? '' : 'does not decay'

/** ‖∂E_t/∂h_k‖ over t − k, a line a series. */
export function decayPicture(series: readonly DecaySeries[], options: DecayPicture): string {
  const { title, description = describe(series) } = options
  return picture({ width: WIDTH, height: HEIGHT, title, description }, decayLines(series, options))
}

function describe(series: readonly DecaySeries[]): string {
  return series
    .map(({ name, decay }) => `${name}: ${decay.perStep.toPrecision(3)} a step, ${halfLifeText(decay.halfLife)}`)
    .join('; ')
}

function decayLines(series: readonly DecaySeries[], { title, most = Infinity }: DecayPicture): string {
  const steps = Math.min(most + 1, Math.max(...series.map(({ decay }) => decay.norms.length)))
  const drawn = series.map(({ decay }) => decay.norms.subarray(0, steps))
  const positive = drawn.flatMap(norms => [...norms].filter(norm => norm > 0 && Number.isFinite(norm)))
  const high = positive.reduce((a, b) => Math.max(a, b), 0) || 1
  const low = Math.max(
    high * 10 ** -DECADES,
    positive.reduce((a, b) => Math.min(a, b), high),
  )
  const x = linearScale([0, Math.max(1, steps - 1)], [LEFT, WIDTH - RIGHT])
  const y = logScale([low, high], [HEIGHT - BOTTOM, TOP])
  const lines = drawn.map((norms, i) => {
    const points = [...norms].flatMap((norm, d) => (norm >= low ? [[x.at(d), y.at(norm)] as const] : []))
    return seriesLine(points, i)
  })
  const legend = series.flatMap(({ name, decay }, i) => {
    const at = TOP + 14 + i * 44
    const from = WIDTH - RIGHT + 16
    return [
      seriesLine(
        [
          [from, at - 4],
          [from + 26, at - 4],
        ],
        i,
      ),
      label(name, { x: from + 32, y: at, 'font-weight': 'bold' }),
      label(`${decay.perStep.toPrecision(3)} a step`, { x: from + 32, y: at + 14, class: 'faint' }),
      label(halfLifeText(decay.halfLife), { x: from + 32, y: at + 28, class: 'faint' }),
    ]
  })
  return [
    label(title, { x: LEFT, y: 22, 'font-weight': 'bold' }),
    ...axes(x, y, { right: WIDTH - RIGHT, bottom: HEIGHT - BOTTOM }),
    label('steps back, t − k', { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 10, anchor: 'middle' }),
    element(
      'g',
      { transform: `translate(16 ${coordinate((TOP + HEIGHT - BOTTOM) / 2)}) rotate(-90)` },
      label('‖∂E_t/∂h_k‖', { x: 0, y: 0, anchor: 'middle' }),
    ),
    ...lines,
    ...legend,
  ].join('\n')
}

function axes(
  x: ReturnType<typeof linearScale>,
  y: ReturnType<typeof logScale>,
  { right, bottom }: { readonly right: number; readonly bottom: number },
): string[] {
  const marks = y.ticks.filter(({ value }) => y.at(value) <= bottom + 0.5 && y.at(value) >= TOP - 0.5)
  return [
    element('path', { d: `M${LEFT} ${TOP}V${bottom}H${coordinate(right)}`, class: 'rule' }),
    ...x.ticks.map(({ value, text }) => label(text, { x: x.at(value), y: bottom + 16, anchor: 'middle' })),
    ...marks.map(({ value, text }) => label(text, { x: LEFT - 8, y: y.at(value) + 4, anchor: 'end' })),
    ...marks.map(({ value }) =>
      element('path', {
        d: `M${LEFT} ${coordinate(y.at(value))}H${coordinate(right)}`,
        class: 'rule',
        'stroke-opacity': 0.25,
      }),
    ),
  ]
}

const CELL = 10
/** Tokens are written beside rows and columns where there are no more than so many. */
const MOST_NAMES = 80

/** ‖∂E_t/∂h_k‖ of every t (down) and k (to the right) as heat on a logarithmic scale, the tokens beside it. */
export function matrixPicture(result: GradientsThroughTime, layer: LayerGradients, title: string): string {
  const { steps, losses, names, targetNames } = result
  const { total } = layer.hidden
  const size = Math.max(2, Math.min(CELL, 800 / steps))
  const positive = total.filter(norm => norm > 0 && Number.isFinite(norm))
  const high = positive.reduce((a, b) => Math.max(a, b), 0) || 1
  const low = Math.max(high * 10 ** -DECADES, positive.reduce((a, b) => Math.min(a, b), high) * 0.999)
  const shade = (norm: number) => heat(Math.log(norm / low) / Math.log(high / low))
  const [left, top] = [60, 76]
  const cells = losses.flatMap((_, i) =>
    Array.from({ length: steps }, (_, k) => k).flatMap(k => {
      const norm = total[i * steps + k]
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
  const { perStep, halfLife } = decayOf(result, total, layer)
  return picture(
    {
      width: right + 90,
      height: Math.max(bottom, top + 100) + 24,
      title,
      description: `${perStep.toPrecision(3)} a step, ${halfLifeText(halfLife)}; from ${low.toExponential(1)} to ${high.toExponential(1)}`,
    },
    label(title, { x: left, y: 22, 'font-weight': 'bold' }),
    label(`‖∂E_t/∂h_k‖: t down (what is foretold), k to the right (what goes in); ${halfLifeText(halfLife)}`, {
      ...{ x: left, y: 42, class: 'faint' },
    }),
    element('g', { 'shape-rendering': 'crispEdges' }, ...cells),
    ...written,
    ...key,
  )
}
