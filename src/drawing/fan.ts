/* A fan: a line of what was, and after it bands of quantiles around a line of what may come. As a picture (SVG) and as text
 * for a terminal; it knows numbers and labels. */
import { type CurveOptions, curve } from './curve.js'
import { coordinate, element, label, picture, seriesLine } from './svg.js'

export interface Fan {
  /** What is drawn: the series and the column. */
  readonly title: string
  /** Before the forecast, by ascending time; NaN where a value is missing. */
  readonly past: { readonly times: readonly string[]; readonly values: ArrayLike<number> }
  readonly times: readonly string[]
  /** Ascending levels and their values at each step; one should be 0.5, the line. */
  readonly quantiles: readonly { readonly level: number; readonly values: ArrayLike<number> }[]
  /** What came, where it is known. */
  readonly actual?: ArrayLike<number> | undefined
}

const WIDTH = 760
const HEIGHT = 280
const MARGIN = { left: 64, right: 16, top: 40, bottom: 44 }

/** The fan as SVG text. */
export function fanPicture({ title, past, times, quantiles, actual }: Fan): string {
  const count = past.times.length + times.length
  const known = [
    ...Array.from(past.values),
    ...quantiles.flatMap(({ values }) => Array.from(values)),
    ...Array.from(actual ?? []),
  ]
  const finite = known.filter(Number.isFinite)
  const [low, high] = [Math.min(...finite), Math.max(...finite)]
  const span = high - low || 1
  const x = (i: number) => MARGIN.left + ((WIDTH - MARGIN.left - MARGIN.right) * i) / Math.max(1, count - 1)
  const y = (value: number) => HEIGHT - MARGIN.bottom - ((HEIGHT - MARGIN.top - MARGIN.bottom) * (value - low)) / span
  const line = (values: ArrayLike<number>, from: number, index: number) =>
    runs(values).map(run =>
      seriesLine(
        run.map(([i, value]) => [x(from + i), y(value)] as const),
        index,
      ),
    )
  const begins = past.times.length
  const bands = bandsOf(quantiles).map(({ lower, upper }, i) => {
    const points = [
      ...Array.from(upper, (value, t) => [x(begins + t), y(value)]),
      ...Array.from(lower, (value, t) => [x(begins + t), y(value)]).reverse(),
    ]
    const text = points.map(([a, b]) => `${coordinate(a)},${coordinate(b)}`).join(' ')
    return element('polygon', { points: text, class: 'fill0', opacity: 0.15 + 0.1 * i })
  })
  const median = quantiles.find(({ level }) => level === 0.5)
  const outer = bandsOf(quantiles)[0]
  const said = outer ? `; bands from the level ${outer.low} to ${outer.high}` : ''
  return picture(
    {
      ...{ width: WIDTH, height: HEIGHT, title },
      description: `${past.times.length} steps that were, ${times.length} steps that are forecast from ${times[0]} to ${times[times.length - 1]}${said}.`,
    },
    label(title, { x: MARGIN.left, y: 22 }),
    ...bands,
    element('line', {
      x1: x(begins),
      x2: x(begins),
      y1: MARGIN.top,
      y2: HEIGHT - MARGIN.bottom,
      class: 'rule',
      'stroke-dasharray': '2 3',
    }),
    ...runs(past.values).map(run =>
      element('polyline', {
        points: run.map(([i, value]) => `${coordinate(x(i))},${coordinate(y(value))}`).join(' '),
        class: 'edge',
        'stroke-width': 1.5,
      }),
    ),
    ...(median ? line(median.values, begins, 0) : []),
    ...(actual ? line(actual, begins, 1) : []),
    ...axes({
      low,
      high: low + span,
      times: [past.times[0], times[0], times[times.length - 1]],
      at: [x(0), x(begins), x(count - 1)],
      y,
    }),
  )
}

interface Axes {
  readonly low: number
  readonly high: number
  /** The first time, the first that is forecast, and the last. */
  readonly times: readonly string[]
  /** Where they stand. */
  readonly at: readonly number[]
  y(value: number): number
}

function axes({ low, high, times, at, y }: Axes): string[] {
  const values = [low, (low + high) / 2, high].map(value =>
    label(figure(value), { x: MARGIN.left - 8, y: y(value) + 4, anchor: 'end', class: 'faint' }),
  )
  const anchors = ['start', 'middle', 'end']
  const marks = times.map((time, i) =>
    label(time ?? '', { x: at[i], y: HEIGHT - MARGIN.bottom + 20, anchor: anchors[i], class: 'faint' }),
  )
  return [...values, ...marks]
}

/** The fan as text: a line of what was, a line of the median, marks at the outermost levels. */
export function fanText({ past, times, quantiles, actual }: Fan, options: Omit<CurveOptions, 'xName'>): string {
  const begins = past.times.length
  const points = (values: ArrayLike<number>, from: number) => Array.from(values, (y, i) => ({ x: from + i, y }))
  const median = quantiles.find(({ level }) => level === 0.5)
  const [lowest, highest] = [quantiles[0], quantiles[quantiles.length - 1]]
  const last = [{ x: begins - 1, y: past.values[begins - 1] }]
  return curve(
    [
      { name: 'known', points: points(past.values, 0), shape: 'line' },
      ...(median
        ? [{ name: 'median', points: [...last, ...points(median.values, begins)], shape: 'line' as const }]
        : []),
      ...(lowest === highest
        ? []
        : [
            {
              name: `${lowest.level} and ${highest.level}`,
              points: [...points(lowest.values, begins), ...points(highest.values, begins)],
              shape: 'marks' as const,
            },
          ]),
      ...(actual ? [{ name: 'actual', points: points(actual, begins), shape: 'line' as const }] : []),
    ],
    { ...options, xName: `steps; ${times[0]} is step ${begins}` },
  )
}

/** Pairs of levels around the middle, from the outermost in. */
function bandsOf(quantiles: Fan['quantiles']) {
  const sorted = [...quantiles].sort((a, b) => a.level - b.level)
  return Array.from({ length: Math.floor(sorted.length / 2) }, (_, i) => {
    const [lower, upper] = [sorted[i], sorted[sorted.length - 1 - i]]
    return { low: lower.level, high: upper.level, lower: lower.values, upper: upper.values }
  })
}

/** Stretches without missing values: their indexes and values. */
function runs(values: ArrayLike<number>): (readonly [number, number])[][] {
  const found: (readonly [number, number])[][] = []
  let run: (readonly [number, number])[] = []
  for (let i = 0; i <= values.length; i++) {
    if (i < values.length && Number.isFinite(values[i])) run.push([i, values[i]])
    else if (run.length > 0) {
      found.push(run)
      run = []
    }
  }
  return found
}

const figure = (value: number): string => String(Number(value.toPrecision(4)))
