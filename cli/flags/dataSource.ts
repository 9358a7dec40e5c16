/* The files that a configuration names. A configuration in examples/ begins with what its data are: source, licence, SHA-256,
 * download line. Where the data are missing, that head is shown before the fault. */
import { existsSync, statSync } from 'node:fs'
import { explained } from '../../src/node/files.js'
import { readTextFile } from '../../src/node/index.js'
import { report } from '../output/report.js'

/** Writes the configuration's head to standard error where one of the files that it names is not there. */
export async function reportMissingData(config: unknown, files: readonly string[]): Promise<void> {
  const missing = files.find(file => !existsSync(file))
  if (typeof config !== 'string' || missing === undefined) return
  const head = headOf(await readTextFile(config))
  if (head !== '') report(`${missing} is missing; ${config} says where it comes from:\n\n${head}\n`)
}

/** @throws ConfigurationError for the first of the files that is not there */
export function requireFiles(files: readonly string[]): void {
  for (const file of files)
    try {
      statSync(file)
    } catch (error) {
      throw explained(error, file, 'read')
    }
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
