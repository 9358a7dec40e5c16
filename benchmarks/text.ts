/* How fast does text become tokens? Each tokenizer learns from, and then encodes, the declarations of the TypeScript
 * library (2.5 MB); beside them the checksum that every model file carries. */

import { fitTokenizer } from '../src/data/tokenizers/fitTokenizer.js'
import { checksumOf } from '../src/formats/checksum.js'
import { readLibraryDeclarations } from '../src/node/index.js'

/** Each figure is the median of so many runs. */
const COUNTED = 5

export interface TextBenchRow {
  readonly task: string
  /** Million characters, or MB for the checksum, per second. */
  readonly millionsPerSecond: number
}

const secondsOf = (work: () => void): number => {
  const begun = performance.now()
  work()
  return (performance.now() - begun) / 1000
}

const median = (work: () => void): number => {
  const times = Array.from({ length: COUNTED }, () => secondsOf(work))
  return times.toSorted((a, b) => a - b)[COUNTED >> 1]
}

export async function runTextBench({ json, write }: { json: boolean; write: (line: string) => void }): Promise<void> {
  const { text } = (await readLibraryDeclarations()).train
  const give = (task: string, millions: number, seconds: number) => {
    const row: TextBenchRow = { task, millionsPerSecond: Math.round((millions / seconds) * 10) / 10 }
    write(json ? JSON.stringify(row) : `${task.padEnd(30)}${row.millionsPerSecond.toFixed(1).padStart(8)} M/s`)
  }
  const units = [
    { unit: 'character' },
    { unit: 'byte' },
    { unit: 'word' },
    { unit: 'word', wordBoundaries: 'unicode' },
    { unit: 'byte-pair' },
  ] as const
  for (const options of units) {
    const name = 'wordBoundaries' in options ? 'word, Unicode boundaries' : options.unit
    const learning = secondsOf(() => fitTokenizer(text, options))
    if (options.unit !== 'byte') give(`learn ${name}`, text.length / 1e6, learning)
    const tokenizer = fitTokenizer(text, options)
    give(
      `encode ${name}`,
      text.length / 1e6,
      median(() => tokenizer.encode(text)),
    )
  }
  const bytes = new Uint8Array(64 << 20).fill(7)
  give(
    'checksum',
    bytes.length / 1e6,
    median(() => checksumOf(new Uint8Array(8), bytes)),
  )
}
