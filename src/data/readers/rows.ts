/* Rows with named columns, from whatever file they came: which column is which part of an item. */
import { ConfigurationError, FileFormatError, nearest } from '../../errors.js'
import { show } from '../../formats/savedFields.js'
import type { LabelledText, TextPair } from '../corpora/items.js'

/** A row of a table or an object of a JSON-lines file: column → value. */
export type Row = Readonly<Record<string, unknown>>

/** The columns of a labelled text. */
export interface LabelledColumns {
  /** The column that holds the text. Default `text`. */
  textColumn?: string | undefined
  /** The column that holds the class. Default `label`. */
  labelColumn?: string | undefined
}

/** The columns of a pair. */
export interface PairColumns {
  /** The column that holds the source. Default `source`. */
  sourceColumn?: string | undefined
  /** The column that holds the target. Default `target`. */
  targetColumn?: string | undefined
}

/** @param where names the file and the line @throws ConfigurationError, FileFormatError */
export function labelledTextOf(
  row: Row,
  { textColumn = 'text', labelColumn = 'label' }: LabelledColumns,
  where: string,
): LabelledText {
  const labelled = { text: cell(row, textColumn, where), label: cell(row, labelColumn, where) }
  if (labelled.label.trim() === '')
    throw new FileFormatError(`${where}: the column ${labelColumn} is empty; give the row a class`)
  if (labelled.text.trim() === '')
    throw new FileFormatError(`${where}: the column ${textColumn} is empty; give the row a text, or leave it out`)
  return labelled
}

/** @param where names the file and the line @throws ConfigurationError, FileFormatError */
export function pairOf(
  row: Row,
  { sourceColumn = 'source', targetColumn = 'target' }: PairColumns,
  where: string,
): TextPair {
  return { source: cell(row, sourceColumn, where), target: cell(row, targetColumn, where) }
}

/** A column's value as text: numbers and booleans as they are written. */
export function cell(row: Row, column: string, where: string): string {
  const value = Object.hasOwn(row, column) ? row[column] : undefined
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value !== undefined) {
    throw new FileFormatError(`${where}: the column ${column} must be text or a number; got ${show(value)}`)
  }
  const columns = Object.keys(row)
  const near = nearest(column, columns)
  const known =
    columns
      .slice(0, 20)
      .map(name => name.slice(0, 60))
      .join(', ') || 'none'
  throw new ConfigurationError(
    `${where}: there is no column ${column}; the columns are ${known}${near ? `; did you mean ${near}?` : ''}`,
  )
}
