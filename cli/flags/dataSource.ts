/* A configuration in examples/ begins with what its data are: source, licence, SHA-256, download line. Where the data are
 * missing, that head is shown before the fault is told. */
import { existsSync } from 'node:fs'
import { readTextFile } from '../../src/node/files.js'

/** Writes the configuration's head to standard error where one of the files that it names is not there. */
export async function tellMissingData(config: unknown, files: readonly (string | undefined)[]): Promise<void> {
  const missing = files.find(file => file !== undefined && file !== '-' && !existsSync(file))
  if (typeof config !== 'string' || missing === undefined) return
  const head = headOf(await readTextFile(config))
  if (head !== '') process.stderr.write(`${missing} is missing; ${config} says where it comes from:\n\n${head}\n`)
}

/** The comment that a file begins with, without its marks. */
function headOf(text: string): string {
  const lines = text.split('\n')
  const end = lines.findIndex(line => !line.startsWith('#'))
  return lines
    .slice(0, end)
    .map(line => `${line.replace(/^# ?/, '')}\n`)
    .join('')
}
