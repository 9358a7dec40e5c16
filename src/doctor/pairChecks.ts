/* Pairs of texts: whether one becomes another at all, and whether they stand side by side. */
import { amount, type Examination, figure, fix, ok, percent, problem } from './examination.js'
import type { Pairs } from './probe.js'

/** Of the pairs. */
const MOST_EQUAL = 0.5
/** Of the targets, that are the same one. */
const MOST_ALIKE = 0.5
/** A correlation of lengths so far above that of the pairs as they stand is no chance. */
const FARTHER = 0.2
/** Fewer say nothing of lengths. */
const FEWEST = 50

/** Correlation, over all lines, of the lengths of sources with those of targets so many lines on. */
export function lengthsApart(
  pairs: readonly { readonly source: string; readonly target: string }[],
  shifts: readonly number[] = [-3, -2, -1, 0, 1, 2, 3],
): Pairs['apart'] {
  const lengths = (side: 'source' | 'target') => pairs.map(pair => Math.log(1 + pair[side].length))
  const [sources, targets] = [lengths('source'), lengths('target')]
  return shifts.map(shift => {
    const [from, to] = [Math.max(0, -shift), pairs.length - Math.max(0, shift)]
    return { shift, correlation: correlation(sources.slice(from, to), targets.slice(from + shift, to + shift)) }
  })
}

function correlation(x: readonly number[], y: readonly number[]): number {
  const mean = (of: readonly number[]) => of.reduce((sum, each) => sum + each, 0) / of.length
  const [a, b] = [mean(x), mean(y)]
  const sums = x.reduce(
    ({ xy, xx, yy }, each, i) => ({
      xy: xy + (each - a) * (y[i] - b),
      xx: xx + (each - a) ** 2,
      yy: yy + (y[i] - b) ** 2,
    }),
    { xy: 0, xx: 0, yy: 0 },
  )
  // Of lengths that are all the same there is none.
  return Math.min(sums.xx, sums.yy) > 1e-9 ? sums.xy / Math.sqrt(sums.xx * sums.yy) : 0
}

export function checkPairs({ count, equal, commonest, apart }: Pairs): Examination {
  const own = apart.find(({ shift }) => shift === 0)?.correlation ?? 0
  const best = apart.reduce((a, b) => (b.correlation > a.correlation ? b : a), { shift: 0, correlation: own })
  const lines = amount(Math.abs(best.shift), 'line')
  const evidence = {
    ...{ pairs: count, equal, commonest, lengths: own },
    shifts: apart.map(({ shift }) => shift),
    correlations: apart.map(({ correlation }) => correlation),
  }
  if (equal > MOST_EQUAL)
    return problem(
      'targets',
      `${percent(equal)} of the targets are the source itself: there is nothing to translate.`,
      evidence,
      [fix('targetColumn', undefined, 'the file of the translations, or the other column')],
    )
  if (commonest > MOST_ALIKE)
    return problem(
      'targets',
      `${percent(commonest)} of the targets are the same one: it can be written without reading the source.`,
      evidence,
      [fix('targetColumn', undefined, 'the file of the translations, or the other column')],
    )
  if (count >= FEWEST && best.correlation > own + FARTHER)
    return problem(
      'targets',
      `Sources and targets stand ${lines} apart: their lengths go together with a correlation of ${figure(own)} as they are, of ${figure(best.correlation)} with the target ${lines} ${best.shift > 0 ? 'on' : 'before'}.`,
      evidence,
      [fix('targetColumn', undefined, 'a file whose lines are the translations of the source’s lines, none missing')],
    )
  return ok(
    'targets',
    `${percent(equal)} of them are the source itself; the correlation of the lengths of both is ${figure(own)}.`,
    evidence,
  )
}
