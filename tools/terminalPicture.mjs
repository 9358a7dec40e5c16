/* Draws what a terminal showed as an SVG, for the README:
 *
 *     node tools/terminalPicture.mjs 'npm start' < captured.txt > docs/quickstart.svg
 *
 * Standard input is the captured text with its colour sequences (tmux: capture-pane -e -p); the argument is the title. */
import { readFileSync } from 'node:fs'

const FONT_SIZE = 13
const LINE_HEIGHT = 18
const CHARACTER = 7.83
const MARGIN = 16
const TITLE_BAR = 34
const INK = '#d8dee9'
/** The eight colours, then their bright forms. */
const COLOURS = ['#4c566a', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#d8dee9']

/** @param {string} text */
const escaped = text => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

/** A line as pieces of one style each. @param {string} line @returns {{ text: string, style: string }[]} */
function pieces(line) {
  const found = []
  let style = ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what begins a colour sequence
  for (const part of line.split(/(\x1b\[[0-9;]*m)/)) {
    const codes = part.startsWith('\x1b[') ? part.slice(2, -1).split(';').map(Number) : undefined
    if (codes === undefined) {
      if (part) found.push({ text: part, style })
      continue
    }
    for (const code of codes) {
      if (code === 0 || code === 39) style = ''
      else if (code === 1) style += ' font-weight="bold"'
      else if (code === 2) style += ' opacity="0.65"'
      else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) style = ` fill="${COLOURS[code % 10]}"`
    }
  }
  return found
}

const title = process.argv[2] ?? ''
const lines = readFileSync(0, 'utf8').trimEnd().split('\n')
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same
const columns = Math.max(60, ...lines.map(line => line.replace(/\x1b\[[0-9;]*m/g, '').length))
const width = Math.ceil(columns * CHARACTER + 2 * MARGIN)
const height = TITLE_BAR + lines.length * LINE_HEIGHT + MARGIN

const rows = lines.map((line, i) => {
  const spans = pieces(line).map(({ text, style }) => `<tspan${style}>${escaped(text)}</tspan>`)
  return `<text x="${MARGIN}" y="${TITLE_BAR + (i + 1) * LINE_HEIGHT - 4}" xml:space="preserve">${spans.join('')}</text>`
})
const dots = ['#e06c75', '#e5c07b', '#98c379'].map(
  (fill, i) => `<circle cx="${20 + i * 18}" cy="17" r="5.5" fill="${fill}"/>`,
)

process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="A terminal that has run ${escaped(title)}">
<rect width="${width}" height="${height}" rx="8" fill="#20242c"/>
${dots.join('')}
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT_SIZE}" fill="${INK}">
<text x="${width / 2}" y="22" text-anchor="middle" opacity="0.7">${escaped(title)}</text>
${rows.join('\n')}
</g>
</svg>
`)
