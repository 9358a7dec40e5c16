/* Pictures as SVG text: elements, colours and scales, and nothing that knows what is drawn. A picture carries its own
 * light and dark colours (prefers-color-scheme) and a title and description for those who do not see it.
 *
 * Colours: lines after Okabe & Ito (2008), made darker or lighter until they stand 3 : 1 against the paper; heat is cividis
 * (Nuñez, Anderton & Renslow 2018); above and below a middle is blue and orange. All are told apart without red and green. */

export type Attributes = Readonly<Record<string, string | number | undefined>>

export interface Picture {
  /** In pixels. */
  readonly width: number
  readonly height: number
  /** What it is, in a few words. */
  readonly title: string
  /** What it shows, for those who hear it. */
  readonly description?: string | undefined
}

/** Ink, faint ink (axes, grids), paper, and six colours of lines. */
export const palette = {
  light: {
    ...{ ink: '#1b1f24', faint: '#6b7280', paper: '#ffffff' },
    lines: ['#0072b2', '#c14f00', '#007a5a', '#a3487f', '#806000', '#4d4d4d'],
  },
  dark: {
    ...{ ink: '#e6e9ee', faint: '#949ba6', paper: '#16191d' },
    lines: ['#56b4e9', '#ff9248', '#2fc79a', '#e3a1c7', '#e6b800', '#c4c4c4'],
  },
} as const

/** So that lines are told apart without any colour. */
const DASHES = ['', '7 3', '2 3', '9 3 2 3', '4 2', '1 4']

const css = ({ ink, faint, paper, lines }: (typeof palette)['light' | 'dark']) =>
  [
    `.ink{fill:${ink}}.faint{fill:${faint}}.paper{fill:${paper}}.edge{stroke:${ink};fill:none}.rule{stroke:${faint};fill:none}`,
    ...lines.map((colour, i) => `.line${i}{stroke:${colour};fill:none}.fill${i}{fill:${colour}}`),
  ].join('')

const STYLE = `${css(palette.light)}@media (prefers-color-scheme:dark){${css(palette.dark)}}svg{font:12px system-ui,sans-serif}`

/** Text in XML and HTML; what XML cannot hold (control characters, half a surrogate pair) is �. */
export const escapeText = (text: string): string =>
  text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/(?![\n\t\r])[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '�')

/** A token with signs for its white space. */
export const tokenText = (text: string): string => text.replace(/\r?\n/g, '⏎').replace(/\t/g, '⇥').replace(/ /g, '␣')

/** A number as SVG has it: two decimals, no zeros behind. */
export const coordinate = (value: number): string => String(Math.round(value * 100) / 100 || 0)

/** `<name a="1">…</name>`; attributes that are undefined are left out. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? coordinate(value) : escapeText(value as string)}"`)
    .join('')
  return children.length > 0 ? `<${name}${written}>${children.join('')}</${name}>` : `<${name}${written}/>`
}

/** Words at a place; `anchor` start (the default), middle or end. */
export const label = (
  text: string,
  { x, y, anchor, ...more }: { x: number; y: number; anchor?: string } & Attributes,
): string => element('text', { x, y, 'text-anchor': anchor, class: 'ink', ...more }, escapeText(text))

/** A line through points, with the colour and the dashes of series `index`. */
export const seriesLine = (points: readonly (readonly [x: number, y: number])[], index: number): string =>
  element('polyline', {
    points: points.map(([x, y]) => `${coordinate(x)},${coordinate(y)}`).join(' '),
    class: `line${index % palette.light.lines.length}`,
    'stroke-width': 2,
    'stroke-linejoin': 'round',
    'stroke-dasharray': DASHES[index % DASHES.length],
  })

/** The whole picture, on paper of its own. */
export function picture({ width, height, title, description }: Picture, ...children: readonly string[]): string {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    ...{ width, height, viewBox: `0 0 ${coordinate(width)} ${coordinate(height)}`, role: 'img' },
  }
  return `${element(
    'svg',
    attributes,
    `\n<title>${escapeText(title)}</title>`,
    description ? `<desc>${escapeText(description)}</desc>` : '',
    `<style>${STYLE}</style>\n`,
    element('rect', { width, height, class: 'paper' }),
    ...children.map(child => `\n${child}`),
    '\n',
  )}\n`
}

type Colour = readonly [red: number, green: number, blue: number]

const CIVIDIS: readonly Colour[] = [
  [0, 34, 78],
  [65, 77, 107],
  [125, 124, 120],
  [188, 174, 108],
  [254, 232, 56],
]
const BLUE_TO_ORANGE: readonly Colour[] = [
  [33, 102, 172],
  [146, 197, 222],
  [247, 247, 247],
  [253, 184, 99],
  [179, 88, 6],
]

/** 0 (dark blue) to 1 (yellow); what is no number is grey. */
export const heat = (share: number): string => between(CIVIDIS, share)

/** −1 (blue) over 0 (white) to 1 (orange); what is no number is grey. */
export const diverging = (value: number): string => between(BLUE_TO_ORANGE, (value + 1) / 2)

/** Black or white, whichever reads better on a colour `#rrggbb`. */
export const inkOn = (colour: string): string => (luminance(colour) > 0.18 ? '#000000' : '#ffffff')

/** Contrast of two colours `#rrggbb`, 1 to 21 (WCAG 2). */
export function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map(from => {
    const part = Number.parseInt(colour.slice(from, from + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function between(stops: readonly Colour[], share: number): string {
  if (Number.isNaN(share)) return '#808080'
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1)
  const from = Math.min(stops.length - 2, Math.floor(at))
  const mixed = stops[from].map((low, i) => Math.round(low + (stops[from + 1][i] - low) * (at - from)))
  return `#${mixed.map(part => part.toString(16).padStart(2, '0')).join('')}`
}

export interface Scale {
  /** Pixels of a value. */
  at(value: number): number
  /** Round values, with how they are written. */
  readonly ticks: readonly { readonly value: number; readonly text: string }[]
}

/** @param pixels where `low` and `high` stand */
export function linearScale([low, high]: readonly [number, number], pixels: readonly [number, number]): Scale {
  const span = high - low || 1
  const power = 10 ** Math.floor(Math.log10(span / 5))
  const step = [1, 2, 5, 10].map(factor => factor * power).find(each => span / each <= 6) as number
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  const ticks = []
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++)
    ticks.push({ value: k * step, text: (k * step || 0).toFixed(digits) })
  return { at: value => pixels[0] + ((value - low) / span) * (pixels[1] - pixels[0]), ticks }
}

/** Powers of ten; `low` and `high` are positive. */
export function logScale([low, high]: readonly [number, number], pixels: readonly [number, number]): Scale {
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))]
  const every = Math.max(1, Math.ceil((to - from) / 8))
  const { at } = linearScale([from, Math.max(to, from + 1)], pixels)
  const ticks = []
  for (let power = from; power <= to; power += every) ticks.push({ value: 10 ** power, text: powerOfTen(power) })
  return { at: value => at(Math.log10(value)), ticks }
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

const powerOfTen = (power: number) =>
  power === 0
    ? '1'
    : `10${String(power)
        .replace('-', '⁻')
        .replace(/\d/g, digit => SUPERSCRIPTS[Number(digit)])}`
