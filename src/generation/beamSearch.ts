/* Beam search: the likeliest continuations, of which several are followed at once. At each step every live hypothesis is
 * continued with every token, and the `beamSize` likeliest of all these stay: one that has read an end is finished, the
 * others live on. Finished hypotheses of all lengths compete by
 *
 *     score = log p(y) / lp(y),   lp(y) = ((5 + |y|) / 6)^α          length penalty (Wu et al. 2016); |y| counts the end
 *
 * A search ends when nothing lives, or when no live hypothesis can come among the best any more: log p only falls, and lp is
 * largest at the length limit, so log p / lp(limit) bounds what may become of it. With a beam of 1 this is greedy decoding;
 * with a beam that holds everything it finds what an exhaustive search finds.
 *
 * Several searches run at once, one a group, so that a batch of sentences is one batch of rows to the model. */
import { ConfigurationError, NumericError } from '../errors.js'

/** What is searched: a batch of texts being continued, whose rows can be taken anew. */
export interface BeamRows {
  /** Log-probabilities of the next token, [rows × vocabulary]; first one row a group. NaN is a fault. */
  next(): Float32Array | Float64Array
  /** Row i is from now on what row `rows[i]` was, and then reads `tokens[i]`. */
  advance(rows: Int32Array, tokens: Int32Array): void
}

export interface BeamOptions {
  /** Hypotheses that stay at a step. */
  readonly beamSize: number
  /** Tokens that end a hypothesis. Default none: then all go on to the limit. */
  readonly ends?: readonly number[] | undefined
  /** Tokens at most, without the end: one number, or one a group. */
  readonly maxLength: number | readonly number[]
  /** No end before so many tokens. Default 0. */
  readonly minLength?: number | undefined
  /** α. Default 0: likelihood alone, which likes short texts. */
  readonly lengthPenalty?: number | undefined
  /** Hypotheses wanted of each group; at most beamSize. Default 1. */
  readonly nBest?: number | undefined
  /** Whether these tokens are a whole, as a text that ends in a stop text is. Default: only an end makes one. */
  readonly finished?: ((tokens: readonly number[]) => boolean) | undefined
  /** Changes a row's log-probabilities, given what the hypothesis has read. */
  readonly adjust?: ((logProbabilities: Float32Array | Float64Array, tokens: readonly number[]) => void) | undefined
}

export interface Hypothesis {
  /** Without the end. */
  readonly tokens: readonly number[]
  /** Nats, of all tokens and the end. */
  readonly logProbability: number
  /** By which they are ordered. */
  readonly score: number
  /** Whether it has read an end; else the limit has cut it. */
  readonly finished: boolean
  /** The row that each token, and the end, was foretold in, step by step. */
  readonly rows: readonly number[]
  /** Log-probability of each token, and of the end. */
  readonly steps: readonly number[]
}

interface Live {
  readonly tokens: readonly number[]
  readonly rows: readonly number[]
  readonly steps: readonly number[]
  readonly logProbability: number
}

interface Candidate {
  readonly from: number
  readonly token: number
  readonly logProbability: number
}

interface Group {
  live: Live[]
  finished: Hypothesis[]
  readonly maxLength: number
}

const nothing: Live = { tokens: [], rows: [], steps: [], logProbability: 0 }

const power = (length: number, alpha: number) => ((5 + length) / 6) ** alpha

/**
 * Searches one group, or several at once.
 * @returns of each group its best hypotheses, best first
 * @throws ConfigurationError for options that cannot be; NumericError where the model gives NaN
 */
export async function beamSearch(
  state: BeamRows,
  groups: number,
  options: BeamOptions,
  pause: () => Promise<void> = async () => {},
): Promise<Hypothesis[][]> {
  const { beamSize, nBest = 1, maxLength } = options
  checkBeam(options)
  const all = Array.from({ length: groups }, (_, g): Group => {
    const most = typeof maxLength === 'number' ? maxLength : maxLength[g]
    return { live: most > 0 ? [nothing] : [], finished: [], maxLength: most }
  })
  for (const each of all) if (each.maxLength === 0) each.finished.push(finish(nothing, false, options))
  // A group whose limit is 0 has a row all the same: the first rows are the groups'.
  let first = Array.from(all.keys())
  while (all.some(({ live }) => live.length > 0)) {
    const logProbabilities = state.next()
    const width = logProbabilities.length / first.length
    const [rows, tokens]: [number[], number[]] = [[], []]
    const next: number[] = []
    all.forEach((group, g) => {
      if (group.live.length === 0) return
      const from = first.indexOf(g)
      const part = logProbabilities.subarray(from * width, (from + group.live.length) * width)
      for (const { row, token } of step(group, part, width, from, options)) {
        rows.push(row)
        tokens.push(token)
        next.push(g)
      }
    })
    first = next
    if (rows.length > 0) state.advance(Int32Array.from(rows), Int32Array.from(tokens))
    await pause()
  }
  return all.map(({ finished }) => finished.slice(0, Math.min(nBest, beamSize)))
}

/** One step of a group; returns what its rows go on from, and with. */
function step(
  group: Group,
  logProbabilities: Float32Array | Float64Array,
  width: number,
  firstRow: number,
  options: BeamOptions,
): { row: number; token: number }[] {
  const { beamSize, ends = [], minLength = 0, adjust } = options
  const best: Candidate[] = []
  group.live.forEach(({ tokens, logProbability }, from) => {
    const row = logProbabilities.subarray(from * width, (from + 1) * width)
    adjust?.(row, tokens)
    if (tokens.length < minLength) for (const end of ends) row[end] = -Infinity
    keepBest(best, row, from, logProbability, beamSize)
  })
  // Where nothing can follow, what is there ends.
  if (best.length === 0) group.finished.push(...group.live.map(each => finish(each, false, options)))
  const live: Live[] = []
  const goesOn: { row: number; token: number }[] = []
  for (const { from, token, logProbability } of best) {
    const { tokens, rows, steps, logProbability: before } = group.live[from]
    const row = firstRow + from
    const trail = { rows: [...rows, row], steps: [...steps, logProbability - before], logProbability }
    if (ends.includes(token)) group.finished.push(finish({ tokens, ...trail }, true, options))
    else {
      const next = { tokens: [...tokens, token], ...trail }
      const whole = options.finished?.(next.tokens) === true
      if (whole || next.tokens.length >= group.maxLength) group.finished.push(finish(next, whole, options))
      else {
        live.push(next)
        goesOn.push({ row, token })
      }
    }
  }
  group.finished = group.finished.sort((a, b) => b.score - a.score).slice(0, beamSize)
  const promising = live.map(each => canWin(each, group, options))
  group.live = live.filter((_, i) => promising[i])
  return goesOn.filter((_, i) => promising[i])
}

/** Puts a row's tokens among the best of the step; of equals, the earlier row's and the smaller token stay. */
function keepBest(
  best: Candidate[],
  row: Float32Array | Float64Array,
  from: number,
  before: number,
  beamSize: number,
): void {
  for (let token = 0; token < row.length; token++) {
    const logProbability = before + row[token]
    if (Number.isNaN(logProbability)) throw notANumber()
    if (best.length >= beamSize && logProbability <= best[best.length - 1].logProbability) continue
    if (logProbability === -Infinity) continue
    let at = best.length
    while (at > 0 && best[at - 1].logProbability < logProbability) at--
    best.splice(at, 0, { from, token, logProbability })
    if (best.length > beamSize) best.pop()
  }
}

const notANumber = () =>
  new NumericError(
    'beam search: the model gives probabilities that are no numbers; its weights have diverged; train it again with a lower learningRate',
  )

function finish(live: Live, finished: boolean, { lengthPenalty = 0 }: BeamOptions): Hypothesis {
  const length = live.tokens.length + (finished ? 1 : 0)
  return { ...live, finished, score: live.logProbability / power(length, lengthPenalty) }
}

/** Whether a live hypothesis can still come among the best: if all that follows were certain, and as long as may be. */
function canWin(
  { logProbability }: Live,
  { finished, maxLength }: Group,
  { nBest = 1, lengthPenalty = 0 }: BeamOptions,
): boolean {
  if (finished.length < nBest) return true
  return logProbability / power(maxLength + 1, lengthPenalty) > finished[nBest - 1].score
}

/** @throws ConfigurationError for options that cannot be */
export function checkBeam({ beamSize, nBest = 1, minLength = 0, lengthPenalty = 0, maxLength }: BeamOptions): void {
  const demand = (holds: boolean, name: string, wanted: string, value: unknown) => {
    if (!holds) throw new ConfigurationError(`beam search: ${name} must be ${wanted}; got ${value}`)
  }
  const count = (value: number, least: number) => Number.isSafeInteger(value) && value >= least
  demand(count(beamSize, 1), 'beamSize', 'a whole number from 1 on', beamSize)
  demand(count(nBest, 1) && nBest <= beamSize, 'nBest', `a whole number from 1 to beamSize, ${beamSize}`, nBest)
  demand(count(minLength, 0), 'minLength', 'a whole number from 0 on', minLength)
  for (const most of typeof maxLength === 'number' ? [maxLength] : maxLength)
    demand(count(most, 0), 'maxLength', 'a whole number from 0 on', most)
  demand(lengthPenalty >= 0 && lengthPenalty < Infinity, 'lengthPenalty', 'from 0 on', lengthPenalty)
}
