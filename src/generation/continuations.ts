/* Several continuations of one text: drawn, each with draws of its own, or the likeliest that a beam finds. The prompt is read
 * once; each continuation forks the reading and costs its own tokens alone. */
import { ConfigurationError } from '../errors.js'
import { type BeamRows, beamSearch, checkBeam, type Hypothesis } from './beamSearch.js'
import {
  checkGenerate,
  chosenFrom,
  continuation,
  firstOf,
  type GeneratedToken,
  type GenerateOptions,
  generate,
  stopsOf,
} from './generate.js'
import type { Predictor, Reading } from './predictor.js'

export interface ContinueOptions extends Omit<GenerateOptions, 'onToken'> {
  /** How many. Default 1. */
  readonly n?: number | undefined
  /** Hypotheses that a beam search follows, from n on; default none: continuations are drawn. */
  readonly beamSize?: number | undefined
  /** α of the beam search (Wu et al. 2016). Default 0. */
  readonly lengthPenalty?: number | undefined
}

export interface Continuation {
  /** Without the prompt. */
  readonly text: string
  readonly tokens: readonly GeneratedToken[]
  /** Nats, of all its tokens; of a beam search also of its end, and with the penalty for repeating in it. */
  readonly logProbability: number
}

/**
 * @returns continuations as they were drawn; of a beam search the best first
 * @throws ConfigurationError for options outside their range
 */
export async function continuations(
  predictor: Predictor,
  options: ContinueOptions,
  pause: () => Promise<void>,
): Promise<Continuation[]> {
  const { n = 1, beamSize } = options
  checkGenerate(options)
  if (!Number.isSafeInteger(n) || n < 1)
    throw new ConfigurationError(`generate: n must be a whole number from 1 on; got ${n}`)
  if (beamSize !== undefined) return searched(predictor, options, beamSize, n, pause)
  const { prompt = '', reading: given } = options
  const reading = given?.fork() ?? predictor.read()
  try {
    const all: Continuation[] = []
    for (let k = 0; k < n; k++) {
      const fork = reading.fork()
      try {
        const tokens: GeneratedToken[] = []
        const onToken = (token: GeneratedToken) => void tokens.push(token)
        let text = ''
        for await (const piece of generate(predictor, { ...options, prompt, reading: fork, onToken }, pause, k))
          text += piece
        all.push({ text, tokens, logProbability: tokens.reduce((sum, each) => sum + each.logProbability, 0) })
      } finally {
        fork.close()
      }
    }
    return all
  } finally {
    reading.close()
  }
}

async function searched(
  predictor: Predictor,
  options: ContinueOptions,
  beamSize: number,
  n: number,
  pause: () => Promise<void>,
): Promise<Continuation[]> {
  const { prompt = '', length = 300, minLength, lengthPenalty, reading: given } = options
  checkBeam({ beamSize, nBest: n, maxLength: length, minLength, lengthPenalty })
  const { tokenizer } = predictor
  const stops = stopsOf(options)
  const reading = given?.fork() ?? predictor.read()
  const before = [...reading.tail, ...tokenizer.encode(prompt)]
  const tail = reading.tail
  const written = (tokens: readonly number[]) => tokens.map(continuation(tokenizer, prompt, tail)).join('')
  reading.push(tokenizer.encode(prompt))
  const rows = new ForkedRows(reading)
  try {
    const [found] = await beamSearch(
      rows,
      1,
      {
        ...{ beamSize, nBest: n, maxLength: length, minLength, lengthPenalty },
        ends: 'sentenceEnd' in tokenizer ? [tokenizer.sentenceEnd as number] : [],
        finished: tokens => tokens.length > (minLength ?? 0) && stops.some(stop => written(tokens).includes(stop)),
        adjust: (row, tokens) =>
          row.set(chosenFrom(row as Float64Array, tokenizer, options, new Set([...before, ...tokens]))),
      },
      pause,
    )
    return found.map(told)
  } finally {
    rows.close()
  }

  function told({ tokens, steps, logProbability }: Hypothesis): Continuation {
    const text = written(tokens)
    const end = firstOf(stops, text)
    return {
      text: end >= 0 ? text.slice(0, end) : text,
      tokens: tokens.map((token, t) => ({ text: tokenizer.vocabulary[token], token, logProbability: steps[t] })),
      logProbability,
    }
  }
}

/** A beam's rows as readings of their own: one that goes on in one row alone is not forked. */
class ForkedRows implements BeamRows {
  private readings: Reading[]

  constructor(reading: Reading) {
    this.readings = [reading]
  }

  next(): Float64Array {
    const rows = this.readings.map(reading => reading.next())
    const width = rows[0].length
    const all = new Float64Array(rows.length * width)
    rows.forEach((row, i) => {
      all.set(row, i * width)
    })
    return all
  }

  advance(rows: Int32Array, tokens: Int32Array): void {
    const left = new Map<number, number>()
    for (const row of rows) left.set(row, (left.get(row) ?? 0) + 1)
    const before = this.readings
    this.readings = Array.from(rows, row => {
      const more = (left.get(row) ?? 0) - 1
      left.set(row, more)
      return more > 0 ? before[row].fork() : before[row]
    })
    before.forEach((reading, row) => {
      if (!left.has(row)) reading.close()
    })
    this.readings.forEach((reading, i) => {
      reading.push([tokens[i]])
    })
  }

  close(): void {
    for (const reading of this.readings) reading.close()
  }
}
