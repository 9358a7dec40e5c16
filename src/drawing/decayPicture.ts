/* How gradients through time decay with distance, as lines on a logarithmic scale, the figures beside them. */
import { linearScale, logScale } from './scales.js'
import { coordinate, element, label, picture, seriesLine } from './svg.js'

/** How norms change with every step back. */
export interface DecayFigures {
  /** Factor a step; NaN where it is not known. */
  readonly perStep: number
  /** Steps after which half is left; Infinity where it does not get less. */
  readonly halfLife: number
}

export interface DecaySeries {
  readonly name: string
  readonly decay: DecayFigures & {
    /** By distance in steps; NaN where there is none. */
    readonly norms: Float64Array
  }
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
export const DECADES = 12

export const halfLifeText = (value: number) =>
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
