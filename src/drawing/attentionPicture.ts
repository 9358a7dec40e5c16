/* An alignment as a picture: a row for each token written, a column for each of the source's, and the darker a square, the more
 * the one attends to the other, as in Bahdanau et al. 2015. The weights stand in the squares. */

import { diverging, inkOn } from './colours.js'
import { coordinate, element, escapeText, label, picture, tokenText } from './svg.js'

export interface AttentionMatrix {
  /** Names of the columns: what is looked at. */
  readonly source: readonly string[]
  /** Names of the rows. */
  readonly target: readonly string[]
  /** [rows][columns], each row's sum 1. */
  readonly weights: readonly (readonly number[])[]
}

/** Side of a square; of the letters. */
const CELL = 30
const LETTERS = 12
/** A letter is about so wide. */
const WIDTH = 0.62 * LETTERS
/** Smaller weights are not written: they are white. */
const LEAST_WRITTEN = 0.005

/** @param title default what the picture shows */
export function attentionPicture(
  { source, target, weights }: AttentionMatrix,
  title = 'what each word attended to',
): string {
  const [columnNames, rowNames] = [source.map(tokenText), target.map(tokenText)]
  const longest = (words: readonly string[]) => words.reduce((most, word) => Math.max(most, Array.from(word).length), 1)
  const left = Math.ceil(longest(rowNames) * WIDTH) + 20
  const top = Math.ceil(longest(columnNames) * WIDTH) + 44
  const columns = columnNames.map((word, s) => {
    const transform = `translate(${coordinate(left + (s + 0.5) * CELL + LETTERS / 3)} ${coordinate(top - 8)}) rotate(-90)`
    return element('g', { transform }, label(word, { x: 0, y: 0 }))
  })
  const rows = rowNames.map((word, t) => label(word, { x: left - 8, y: top + (t + 0.5) * CELL + 4, anchor: 'end' }))
  const squares = weights.flatMap((row, t) =>
    row.map((weight, s) => {
      const fill = diverging(weight)
      const tooltip = element('title', {}, escapeText(`${rowNames[t]} ← ${columnNames[s]}: ${weight.toFixed(3)}`))
      const square = { x: left + s * CELL, y: top + t * CELL, width: CELL - 1, height: CELL - 1 }
      const middle = { x: left + (s + 0.5) * CELL, y: top + (t + 0.5) * CELL + 3, anchor: 'middle' }
      const figure = weight < LEAST_WRITTEN ? '' : weight.toFixed(2).replace(/^0/, '')
      const written = figure && label(figure, { ...middle, class: '', 'font-size': 9, fill: inkOn(fill) })
      return element('g', {}, tooltip, element('rect', { ...square, fill }), written)
    }),
  )
  return picture(
    {
      width: Math.max(left + source.length * CELL + 12, 280),
      height: top + target.length * CELL + 12,
      title,
      description: rowNames.map((word, t) => `${word} ← ${columnNames[mostAt(weights[t])]}`).join(', '),
    },
    label(title, { x: 12, y: 20, 'font-weight': 'bold' }),
    ...columns,
    ...rows,
    ...squares,
  )
}

const mostAt = (row: readonly number[]) => row.indexOf(Math.max(...row))
