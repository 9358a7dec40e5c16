/* A line of a JSON-lines file as a row. A long line is looked through before it is parsed: nesting and millions of small
 * lists would take many times the line's memory. */
import { FileFormatError } from '../../errors.js'
import { show } from '../../formats/savedFields.js'
import type { Row } from './rows.js'

/** What a shorter line holds cannot do harm. */
const SHORT_LINE = 2 ** 16

const MAX_DEPTH = 32

/** Lists and objects in one line: a sequence of a million steps has as many. */
const MAX_CONTAINERS = 2 ** 20

/** @throws FileFormatError where the line is no JSON object */
export function jsonRowOf(line: string, where: string): Row {
  if (line.length > SHORT_LINE) checkShape(line, where)
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

function checkShape(line: string, where: string): void {
  let depth = 0
  let containers = 0
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at)
    if (code === QUOTE) at = stringEnd(line, at)
    else if (code === BRACKET || code === BRACE) {
      containers++
      if (++depth > MAX_DEPTH)
        throw new FileFormatError(
          `${where}: lists and objects may stand ${MAX_DEPTH} deep in each other; these are deeper`,
        )
    } else if (code === BRACKET + 2 || code === BRACE + 2) depth--
  }
  if (depth !== 0) throw new FileFormatError(`${where}: a line must be a JSON object; its brackets do not close`)
  if (containers > MAX_CONTAINERS)
    throw new FileFormatError(`${where}: a line may hold ${MAX_CONTAINERS} lists and objects; it holds ${containers}`)
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
/** The closing ones stand two code points later. */
const BRACKET = 0x5b
const BRACE = 0x7b

/** Where the string ends that begins at a quote; the line's end where it does not. */
function stringEnd(line: string, begin: number): number {
  let at = begin + 1
  for (; at < line.length; at++) {
    const code = line.charCodeAt(at)
    if (code === BACKSLASH) at++
    else if (code === QUOTE) return at
  }
  return at
}
