/* Pictures as SVG text: elements, labels, lines, and nothing that knows what is drawn. A picture carries its own light and dark
 * colours (prefers-color-scheme) and a title and description for those who do not see it. Its lines have the colours of Okabe &
 * Ito (2008), made darker or lighter until they stand 3 : 1 against the paper. */

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
const PALETTE = {
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

const css = ({ ink, faint, paper, lines }: (typeof PALETTE)['light' | 'dark']) =>
  [
    `.ink{fill:${ink}}.faint{fill:${faint}}.paper{fill:${paper}}.edge{stroke:${ink};fill:none}.rule{stroke:${faint};fill:none}`,
    ...lines.map((colour, i) => `.line${i}{stroke:${colour};fill:none}.fill${i}{fill:${colour}}`),
  ].join('')

const STYLE = `${css(PALETTE.light)}@media (prefers-color-scheme:dark){${css(PALETTE.dark)}}svg{font:12px system-ui,sans-serif}`

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
    class: `line${index % PALETTE.light.lines.length}`,
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
