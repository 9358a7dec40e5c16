/* Curves in a terminal: lines of braille dots (two columns and four rows in a character) and marks, between axes with
 * numbers. A pure function from series to text; it looks at no terminal. */
import { decimalsOf, roundStep } from './ticks.js'

export interface CurveSeries {
  readonly name: string
  /** By ascending x; points that are no numbers are left out. */
  readonly points: readonly { readonly x: number; readonly y: number }[]
  /** A line for values that are many, marks for those that are few. */
  readonly shape: 'line' | 'marks'
}

export interface CurveOptions {
  /** Of the whole picture, in characters. Default 80; at least 24. */
  readonly width?: number | undefined
  /** Rows between the axes. Default 12; at least 4. */
  readonly height?: number | undefined
  /** Whether escape sequences may give series their colours. Default false. */
  readonly color?: boolean | undefined
  /** What stands below the horizontal axis. */
  readonly xName: string
}

const MARK = '●'
const COLORS = [36, 33, 35, 32]
/** Bits of a braille character by column, then row (Unicode, block U+2800). */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
]
const ROWS_PER_TICK = 2

interface Scale {
  readonly low: number
  readonly high: number
}

/** The picture, ended by a line end; a series without points is left out. One of no points at all is empty. */
export function curve(series: readonly CurveSeries[], options: CurveOptions): string {
  const { color = false, xName } = options
  const width = Math.max(24, options.width ?? 80)
  const height = Math.max(4, options.height ?? 12)
  const drawn = series
    .map((each, i) => ({ ...each, color: COLORS[i % COLORS.length], points: each.points.filter(isNumber) }))
    .filter(({ points }) => points.length > 0)
  if (drawn.length === 0) return ''
  const all = drawn.flatMap(({ points }) => points)
  const yScale = scaleOf(all.map(({ y }) => y))
  const xScale = scaleOf(all.map(({ x }) => x))
  const ticks = ticksIn(yScale, Math.floor(height / ROWS_PER_TICK))
  const labels = new Map(ticks.map(({ value, text }) => [rowOf(value, yScale, height), text]))
  const margin = Math.max(...[...labels.values()].map(text => text.length))
  const canvas = new Canvas(width - margin - 2, height)
  for (const { points, shape, color } of drawn) {
    const dots = points.map(({ x, y }) => ({
      x: columnOf(x, xScale, canvas.dotColumns),
      y: rowOfDot(y, yScale, canvas.dotRows),
    }))
    if (shape === 'line') canvas.line(meanPerColumn(dots), color)
    else for (const { x, y } of dots) canvas.mark(x, y, color)
  }
  const paint = (text: string, code: number) =>
    color && code !== 0 && text !== '' ? `\x1b[${code}m${text}\x1b[39m` : text
  const rows = canvas.rows(paint).map((row, i) => {
    const label = labels.get(i)
    return `${(label ?? '').padStart(margin)} ${label === undefined ? '│' : '┤'}${row}`
  })
  const legend = drawn.map(each => `${paint(each.shape === 'line' ? '⠤⠤' : MARK, each.color)} ${each.name}`).join('   ')
  const lines = [
    ...rows,
    ...horizontalAxis(xScale, canvas.columns, margin, xName),
    `${' '.repeat(margin + 2)}${legend}`,
  ]
  return `${lines.map(line => line.trimEnd()).join('\n')}\n`
}

const isNumber = ({ x, y }: { x: number; y: number }) => Number.isFinite(x) && Number.isFinite(y)

/** From the lowest to the highest value; around a single one, some room. */
function scaleOf(values: readonly number[]): Scale {
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (low < high) return { low, high }
  const room = Math.abs(low) / 2 || 0.5
  return { low: Math.max(low - room, -Number.MAX_VALUE), high: Math.min(high + room, Number.MAX_VALUE) }
}

/** 0 to 1. Halves, so that no difference of two large numbers overflows. */
const share = (value: number, { low, high }: Scale) => (value / 2 - low / 2) / (high / 2 - low / 2)

const columnOf = (x: number, scale: Scale, columns: number) => Math.round(share(x, scale) * (columns - 1))

/** Counted from above. */
const rowOfDot = (y: number, scale: Scale, rows: number) => Math.round((1 - share(y, scale)) * (rows - 1))

const rowOf = (y: number, scale: Scale, height: number) => rowOfDot(y, scale, 4 * height) >> 2

/** Round numbers in a scale, as many as there is room for. */
function ticksIn({ low, high }: Scale, most: number): { value: number; text: string }[] {
  const rough = ((high / 2 - low / 2) / Math.max(1, most)) * 2
  const step = roundStep(rough)
  const digits = Math.min(20, decimalsOf(step))
  const text = (value: number) =>
    Math.abs(value) >= 1e7 || digits > 5
      ? value.toExponential(1)
      : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  const ticks: { value: number; text: string }[] = []
  for (let k = Math.ceil(low / step); k * step <= high && ticks.length <= 2 * most + 2; k++)
    ticks.push({ value: k * step, text: text(k * step || 0) })
  return ticks.length > 0 ? ticks : [{ value: low, text: low.toPrecision(3) }]
}

/** The axis and its numbers, each below its mark; numbers that would meet are left out. */
function horizontalAxis(scale: Scale, columns: number, margin: number, name: string): string[] {
  const axis = Array<string>(columns).fill('─')
  let numbers = ''
  for (const { value, text } of ticksIn(scale, Math.floor(columns / 12))) {
    const at = columnOf(value, scale, columns)
    const from = Math.max(0, Math.min(columns - text.length, at - (text.length >> 1)))
    if (numbers !== '' && from < numbers.length + 2) continue
    axis[at] = '┬'
    numbers = numbers.padEnd(from) + text
  }
  const room = ' '.repeat(margin + 2)
  const fits = numbers.length + 2 + name.length <= columns
  return [
    `${' '.repeat(margin + 1)}└${axis.join('')}`,
    `${room}${fits ? numbers.padEnd(columns - name.length) + name : numbers}`,
    ...(fits ? [] : [`${room}${name.padStart(columns)}`]),
  ]
}

/** Of several dots in a column, one at their mean. */
function meanPerColumn(dots: readonly { x: number; y: number }[]): { x: number; y: number }[] {
  const columns = new Map<number, { sum: number; count: number }>()
  for (const { x, y } of dots) {
    const { sum, count } = columns.get(x) ?? { sum: 0, count: 0 }
    columns.set(x, { sum: sum + y, count: count + 1 })
  }
  return [...columns].map(([x, { sum, count }]) => ({ x, y: Math.round(sum / count) }))
}

class Canvas {
  readonly dotColumns: number
  readonly dotRows: number
  private readonly dots: Uint8Array
  private readonly marks: Uint8Array
  private readonly colors: Uint8Array

  constructor(
    readonly columns: number,
    private readonly height: number,
  ) {
    this.dotColumns = 2 * columns
    this.dotRows = 4 * height
    this.dots = new Uint8Array(columns * height)
    this.marks = new Uint8Array(columns * height)
    this.colors = new Uint8Array(columns * height)
  }

  mark(x: number, y: number, color: number): void {
    const cell = this.cell(x, y)
    this.marks[cell] = 1
    this.colors[cell] = color
  }

  /** Joins dots from left to right. */
  line(dots: readonly { x: number; y: number }[], color: number): void {
    dots.forEach(({ x, y }, i) => {
      const from = dots[Math.max(0, i - 1)]
      const steps = Math.max(1, Math.abs(x - from.x), Math.abs(y - from.y))
      for (let k = 0; k <= steps; k++) {
        const at = k / steps
        this.dot(Math.round(from.x + at * (x - from.x)), Math.round(from.y + at * (y - from.y)), color)
      }
    })
  }

  private dot(x: number, y: number, color: number): void {
    const cell = this.cell(x, y)
    this.dots[cell] |= DOTS[x & 1][y & 3]
    this.colors[cell] ||= color
  }

  private cell(x: number, y: number): number {
    return (y >> 2) * this.columns + (x >> 1)
  }

  rows(paint: (text: string, color: number) => string): string[] {
    return Array.from({ length: this.height }, (_, row) => {
      let text = ''
      let run = ''
      let color = 0
      for (let column = 0; column < this.columns; column++) {
        const cell = row * this.columns + column
        const next = this.colors[cell]
        if (next !== color) {
          text += paint(run, color)
          run = ''
          color = next
        }
        run += this.marks[cell] ? MARK : this.dots[cell] ? String.fromCharCode(0x2800 + this.dots[cell]) : ' '
      }
      return text + paint(run, color)
    })
  }
}
