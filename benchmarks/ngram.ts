/* How fast is the n-gram model? Order 5 over a million words: estimation with the ARPA file written, then queries of a
 * loaded model. The text is drawn from a seed: sentences of a vocabulary of 50,000 words by Zipf's law, each word bound
 * to the one before, so that n-grams recur about as in prose. For comparison, KenLM on one core: about 460,000 words and
 * 4,600,000 queries a second. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { NGram } from '../src/ngram/ngram.js'
import { fold, Random, seedKey } from '../src/random.js'

const ORDER = 5
const WORDS = 1_000_000
const VOCABULARY = 50_000
/** Each figure is the median of so many runs, after one that is not counted. */
const COUNTED = 3

export interface NGramBenchOptions {
  /** A text of one's own, a sentence a line. */
  readonly text?: string | undefined
  readonly json: boolean
  readonly write: (line: string) => void
}

export interface NGramBenchRow {
  readonly task: 'estimate' | 'load' | 'query'
  readonly order: number
  readonly words: number
  readonly ngrams: number
  readonly seconds: number
  /** Words or queries; n-grams for loading. */
  readonly perSecond: number
  /** Bytes of the ARPA file, the binary form, or the n-grams in memory. */
  readonly bytes: number
  /** Largest resident memory of the process so far. */
  readonly peakMegabytes: number
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]

/** About `words` words, in lines of 5 to 35. */
function drawnText(words: number): string {
  const random = new Random(fold(seedKey(1), 'generatedCorpus'))
  // Zipf's law with exponent 1, by inversion of its continuous form.
  const word = () => Math.floor(VOCABULARY ** random.uniform()) - 1
  const lines: string[] = []
  for (let written = 0; written < words; ) {
    const length = Math.min(words - written, random.integer(5, 35))
    const line: string[] = []
    let last = word()
    for (let i = 0; i < length; i++) {
      line.push(`w${last}`)
      // Half of the words are one of four that follow the last.
      last = random.chance(0.5) ? (last * 31 + random.integer(0, 3) * 7919) % VOCABULARY : word()
    }
    lines.push(line.join(' '))
    written += length
  }
  return lines.join('\n')
}

function writeArpaFile(model: NGram, path: string): number {
  const file = openSync(path, 'w')
  let bytes = 0
  for (const chunk of model.arpa()) bytes += writeSync(file, chunk)
  closeSync(file)
  return bytes
}

function timed<T>(run: () => T): { seconds: number; result: T } {
  const times: number[] = []
  let result = run()
  for (let i = 0; i < COUNTED; i++) {
    const begun = performance.now()
    result = run()
    times.push((performance.now() - begun) / 1000)
  }
  return { seconds: median(times), result }
}

/** Measures and writes a line a row: a table, or one JSON object each. */
export async function runNGramBench({ text: given, json, write }: NGramBenchOptions): Promise<void> {
  const text = given ?? drawnText(WORDS)
  const words = text.split(/\s+/).filter(Boolean).length
  if (!json) write(`${cpus()[0]?.model.trim()}, Node ${process.versions.node}: order ${ORDER}, ${words} words\n`)
  const folder = mkdtempSync(join(tmpdir(), 'recurra-bench-'))
  const put = (task: NGramBenchRow['task'], model: NGram, done: number, seconds: number, bytes: number) => {
    const row: NGramBenchRow = {
      task,
      order: ORDER,
      words,
      ngrams: model.counts.reduce((sum, count) => sum + count, 0),
      seconds: Math.round(seconds * 1000) / 1000,
      perSecond: Math.round(done / seconds),
      bytes,
      peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    }
    write(json ? JSON.stringify(row) : tableLine(row))
  }
  try {
    const estimated = timed(() => {
      const model = NGram.fit(text, { order: ORDER, discountFallback: true })
      return { model, bytes: writeArpaFile(model, join(folder, 'model.arpa')) }
    })
    const { model, bytes } = estimated.result
    put('estimate', model, words, estimated.seconds, bytes)
    const binary = model.toBytes()
    const loaded = timed(() => NGram.fromBytes(binary))
    const ngrams = model.counts.reduce((sum, count) => sum + count, 0)
    put('load', loaded.result, ngrams, loaded.seconds, binary.length)
    // A query is one token's probability after its context, found or backed off to, with the next context. The text's
    // lines are read in pairs swapped by halves, so that half of the contexts break.
    const asked = loaded.result.tokenizer.encode(crossed(text))
    const queried = timed(() => loaded.result.logLikelihood([asked]))
    put('query', loaded.result, asked.length, queried.seconds, loaded.result.bytes)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Each line with the second half of the next one: text that the model has not seen whole. */
function crossed(text: string): string {
  const lines = text.split('\n').map(line => line.split(' '))
  return lines
    .map((line, i) => {
      const other = lines[(i + 1) % lines.length]
      return [...line.slice(0, line.length >> 1), ...other.slice(other.length >> 1)].join(' ')
    })
    .join('\n')
}

const names = { estimate: 'estimate, write ARPA', load: 'load binary', query: 'query' }
const units = { estimate: 'words/s', load: 'n-grams/s', query: 'queries/s' }

function tableLine(row: NGramBenchRow): string {
  const rate = `${row.perSecond.toLocaleString('en')} ${units[row.task]}`
  const megabytes = `${(row.bytes / 1e6).toFixed(1)} MB`
  return `${names[row.task].padEnd(22)}${rate.padStart(24)}${`${row.seconds.toFixed(3)} s`.padStart(12)}${megabytes.padStart(12)}   peak ${row.peakMegabytes} MB`
}
