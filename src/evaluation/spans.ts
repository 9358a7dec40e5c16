/* Spans of BIO tags, as names are: B-PER begins one, I-PER goes on, O is none. A span counts as right where its words and its type
 * are right, as in CoNLL's conlleval (Tjong Kim Sang & Buchholz 2000) and seqeval: I- after another type, or after O, begins one too;
 * E-, S-, L- and U- (last and single, of BIOES and BILOU) are understood. */
import { type AverageScore, type LabelScore, macroOf, scoreOf, sum } from './labelScores.js'

export interface Span {
  readonly type: string
  /** First and last word. */
  readonly from: number
  readonly to: number
}

export interface SpanScores {
  readonly perType: readonly LabelScore[]
  readonly macro: AverageScore
  readonly micro: AverageScore
}

const TAG = /^([BIESLU])-(.+)$/s

/** Whether tags say spans: all are O or have a prefix, and some begin one. */
export const areSpanTags = (tags: readonly string[]): boolean =>
  tags.every(tag => tag === 'O' || TAG.test(tag)) && tags.some(tag => tag.startsWith('B-'))

export function spansOf(tags: readonly string[]): Span[] {
  const spans: Span[] = []
  let begun = 0
  let [before, typeBefore] = ['O', '']
  for (let i = 0; i <= tags.length; i++) {
    const [, prefix = 'O', type = ''] = TAG.exec(tags[i] ?? 'O') ?? []
    const single = (prefix: string) => prefix === 'S' || prefix === 'U'
    const last = (prefix: string) => single(prefix) || prefix === 'E' || prefix === 'L'
    const breaks = prefix === 'O' || prefix === 'B' || single(prefix) || type !== typeBefore || last(before)
    if (before !== 'O' && breaks) spans.push({ type: typeBefore, from: begun, to: i - 1 })
    if (prefix !== 'O' && (before === 'O' || breaks)) begun = i
    before = prefix
    typeBefore = type
  }
  return spans
}

/** Precision, recall and F1 of spans, of each type and on average; macro is the mean over types. */
export function spanScores(
  sentences: readonly { readonly truth: readonly string[]; readonly predicted: readonly string[] }[],
): SpanScores {
  const counts = new Map<string, { right: number; predicted: number; actual: number }>()
  const of = (type: string) => {
    const count = counts.get(type) ?? { right: 0, predicted: 0, actual: 0 }
    counts.set(type, count)
    return count
  }
  const keyOf = ({ type, from, to }: Span) => `${from} ${to} ${type}`
  for (const { truth, predicted } of sentences) {
    const actual = spansOf(truth)
    const there = new Set(actual.map(keyOf))
    for (const { type } of actual) of(type).actual++
    for (const span of spansOf(predicted)) {
      of(span.type).predicted++
      if (there.has(keyOf(span))) of(span.type).right++
    }
  }
  const perType = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, { right, predicted, actual }]) => ({ label, ...scoreOf(right, predicted, actual), support: actual }))
  const all = [...counts.values()]
  const micro = scoreOf(
    sum(all.map(count => count.right)),
    sum(all.map(count => count.predicted)),
    sum(all.map(count => count.actual)),
  )
  return { perType, macro: macroOf(perType), micro }
}
