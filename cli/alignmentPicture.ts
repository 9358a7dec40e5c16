/* An alignment as a picture (SVG): a row for each token written, a column for each of the source's, and the darker a square,
 * the more the one looked at the other, as in Bahdanau et al. 2015. A pure function from weights to text. */
import type { Alignment } from '../src/index.js'

/** Side of a square; of the letters. */
const CELL = 26
const LETTERS = 13
/** A letter is about so wide. */
const WIDTH = 0.62 * LETTERS

export function alignmentPicture({ source, target, weights }: Alignment): string {
  const longest = (words: readonly string[]) => words.reduce((most, word) => Math.max(most, Array.from(word).length), 0)
  const left = Math.ceil(longest(target) * WIDTH) + 16
  const top = Math.ceil(longest(source) * WIDTH) + 16
  const [width, height] = [left + source.length * CELL + 8, top + target.length * CELL + 8]
  const columns = source.map((word, s) => {
    const [x, y] = [left + (s + 0.5) * CELL + LETTERS / 3, top - 6]
    return `<text transform="translate(${x.toFixed(1)} ${y}) rotate(-90)">${escaped(word)}</text>`
  })
  const rows = target.map((word, t) => {
    const y = top + (t + 0.5) * CELL + LETTERS / 3
    return `<text x="${left - 6}" y="${y.toFixed(1)}" text-anchor="end">${escaped(word)}</text>`
  })
  const squares = weights.flatMap((row, t) =>
    row.map((weight, s) => {
      const place = `x="${left + s * CELL}" y="${top + t * CELL}" width="${CELL - 1}" height="${CELL - 1}"`
      const told = `${escaped(target[t])} ← ${escaped(source[s])}: ${weight.toFixed(3)}`
      return `<rect ${place} fill-opacity="${weight.toFixed(3)}"><title>${told}</title></rect>`
    }),
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="which source token each written token looked at">
<rect width="${width}" height="${height}" fill="#fff"/>
<g fill="#1f4e79" stroke="#ccd" stroke-width="1">
${squares.join('\n')}
</g>
<g font-family="sans-serif" font-size="${LETTERS}" fill="#222">
${[...columns, ...rows].join('\n')}
</g>
</svg>
`
}

/** Text in XML; what XML cannot hold is left out. */
const escaped = (text: string): string =>
  text
    .replace(/[&<>"]/g, mark => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[mark] ?? mark)
    .replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '�')
