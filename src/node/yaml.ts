/* YAML that is read as plain values: configurations, written by hand or by a run. */
import { parse } from 'yaml'
import { FileFormatError } from '../errors.js'

/**
 * The values of a text in YAML 1.2: keys and values, lists, strings, numbers, true, false and null; an empty text is null.
 * @throws FileFormatError, in one line that begins with `where`
 */
export function parseYAML(text: string, where: string): unknown {
  let problem: string
  try {
    // The library would otherwise write warnings on standard error.
    const values: unknown = parse(text, { logLevel: 'error' })
    // Through JSON: aliases may make a value that holds itself, or one that is small in the file and huge when walked.
    JSON.stringify(values)
    return values
  } catch (error) {
    problem = (error as Error).message.split('\n')[0].replace(/:$/, '')
  }
  throw new FileFormatError(`${where}: a configuration must be YAML; ${problem}; mend that line`)
}
