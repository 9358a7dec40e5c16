/* YAML that is read as plain values: configurations, written by hand or by a run. */
import { LineCounter, parseDocument } from 'yaml'
import { FileFormatError } from '../errors.js'

/**
 * In characters; a configuration with all its keys has about a thousand. The library compares each key with all others
 * and goes on after a fault, so that longer ones could be made to take seconds.
 */
const LONGEST = 2 ** 14

/**
 * The values of a text in YAML 1.2: keys and values, lists, strings, numbers, true, false and null; an empty text is null.
 * @throws FileFormatError, in one line that begins with `where`
 */
export function parseYAML(text: string, where: string): unknown {
  const fault = (problem: string) =>
    new FileFormatError(`${where}: a configuration must be YAML; ${problem}; mend the file`)
  if (text.length > LONGEST) throw fault(`it may have ${LONGEST} characters, and has ${text.length}`)
  const lineCounter = new LineCounter()
  let values: unknown
  try {
    // The library would otherwise write warnings on standard error.
    const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' })
    const [first] = document.errors
    if (first) {
      const { line, col } = lineCounter.linePos(first.pos[0])
      throw fault(`line ${line}, column ${col}: ${first.message}`)
    }
    values = document.toJS()
    // Aliases may make a value that holds itself, which can be neither written nor compared.
    JSON.stringify(values)
  } catch (error) {
    // The library's own: nesting too deep for its recursion, aliases that grow without end.
    throw error instanceof FileFormatError ? error : fault((error as Error).message.split('\n')[0])
  }
  return values
}
