/* A line of a JSON-lines file as a row. */
import { FileFormatError } from '../../errors.js'
import { jsonShapeFault } from '../../formats/jsonShape.js'
import { show } from '../../formats/savedFields.js'
import type { Row } from './rows.js'

/** What a shorter line holds cannot do harm. */
const SHORT_LINE = 2 ** 16

/** A sequence of a million steps has as many lists. */
const BOUNDS = { depth: 32, containers: 2 ** 20 }

/** @throws FileFormatError where the line is no JSON object, or one whose shape would fill the memory */
export function jsonRowOf(line: string, where: string): Row {
  const fault = line.length > SHORT_LINE ? jsonShapeFault(line, BOUNDS) : undefined
  if (fault) throw new FileFormatError(`${where}: a line must be a JSON object; ${fault}; mend the line`)
  let row: unknown
  try {
    row = JSON.parse(line)
  } catch {
    throw new FileFormatError(`${where}: a line must be a JSON object; it is not JSON`)
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row))
    throw new FileFormatError(`${where}: a line must be a JSON object; got ${show(row)}`)
  return row as Row
}
