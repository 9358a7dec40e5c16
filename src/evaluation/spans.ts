/* Spans of BIO tags, as names are: B-PER begins one, I-PER goes on, O is none. What counts is a whole span with its kind, as
 * CoNLL's conlleval (Tjong Kim Sang & Buchholz 2000) and seqeval count: I- after another kind, or after O, begins one too;
 * E-, S-, L- and U- (last and single, of BIOES and BILOU) are understood. */
import { type AverageScore, type LabelScore, macroOf, scoreOf, sum } from './labelScores.js'

export interface Span {
  readonly kind: string
  /** First and last word. */
  readonly from: number
  readonly to: number
}

export interface SpanScores {
  readonly perKind: readonly LabelScore[]
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
  let [before, kindBefore] = ['O', '']
  for (let i = 0; i <= tags.length; i++) {
    const [, prefix = 'O', kind = ''] = TAG.exec(tags[i] ?? 'O') ?? []
    const single = (each: string) => each === 'S' || each === 'U'
    const last = (each: string) => single(each) || each === 'E' || each === 'L'
    const breaks = prefix === 'O' || prefix === 'B' || single(prefix) || kind !== kindBefore || last(before)
    if (before !== 'O' && breaks) spans.push({ kind: kindBefore, from: begun, to: i - 1 })
    if (prefix !== 'O' && (before === 'O' || breaks)) begun = i
    before = prefix
    kindBefore = kind
  }
  return spans
}

/** Precision, recall and F1 of spans, of each kind and on average; macro over kinds. */
export function spanScores(
  sentences: readonly { readonly truth: readonly string[]; readonly given: readonly string[] }[],
): SpanScores {
  const counts = new Map<string, { right: number; given: number; actual: number }>()
  const of = (kind: string) => {
    const found = counts.get(kind) ?? { right: 0, given: 0, actual: 0 }
    counts.set(kind, found)
    return found
  }
  const keyOf = ({ kind, from, to }: Span) => `${from} ${to} ${kind}`
  for (const { truth, given } of sentences) {
    const actual = spansOf(truth)
    const there = new Set(actual.map(keyOf))
    for (const { kind } of actual) of(kind).actual++
    for (const span of spansOf(given)) {
      of(span.kind).given++
      if (there.has(keyOf(span))) of(span.kind).right++
    }
  }
  const perKind = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, { right, given, actual }]) => ({ label, ...scoreOf(right, given, actual), support: actual }))
  const all = [...counts.values()]
  const micro = scoreOf(
    sum(all.map(each => each.right)),
    sum(all.map(each => each.given)),
    sum(all.map(each => each.actual)),
  )
  return { perKind, macro: macroOf(perKind), micro }
}
