/* Whether what training goes back over holds whole sentences, and whole texts are read. */
import { amount, type Examination, fix, note, ok, percent, problem, skipped } from './examination.js'
import type { Probe } from './probe.js'

/** Of texts that are cut or left out. */
const MOST_LOST = 0.1
/** So many of ten are to fit. */
const FITTING = 0.9

export function checkSentences<Batch>({ sentences }: Probe<Batch>): Examination {
  if (!sentences || sentences.lengths.length === 0)
    return skipped('sentences', 'Its sequences are whole: nothing is cut.')
  const { lengths, most, longer: fate } = sentences
  const sorted = Int32Array.from(lengths).sort()
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
  const median = quantile(0.5)
  const longer = sorted.filter(length => length > most).length / sorted.length
  const figures = { most, median, ninth: quantile(FITTING), longer }
  return fate === 'carried' ? checkSegments(figures) : checkTexts(figures, fate)
}

interface Lengths {
  /** That fit. */
  readonly most: number
  readonly median: number
  /** Nine in ten are no longer. */
  readonly ninth: number
  /** Share of those that are longer than the most. */
  readonly longer: number
}

const roundUp = (length: number) => Math.ceil(length / 10) * 10

function checkTexts(lengths: Lengths, fate: 'cut' | 'left out'): Examination {
  const { most, median, ninth, longer } = lengths
  const evidence = { ...lengths }
  const shares = `half of the texts are longer than ${amount(median, 'token')}, ${percent(longer)} longer than ${most}`
  if (longer <= MOST_LOST) return ok('sentences', `Nearly all texts are whole: ${shares}.`, evidence)
  const says = `Of texts that are longer than ${most} tokens ${fate === 'cut' ? 'only the beginning is read' : 'nothing is learned: they are left out'}; ${shares}.`
  const fixes = [fix('maxLength', roundUp(ninth), 'nine in ten texts fit')]
  return longer > 0.5 ? problem('sentences', says, evidence, fixes) : note('sentences', says, evidence, fixes)
}

function checkSegments(lengths: Lengths): Examination {
  const { most, median, ninth, longer } = lengths
  const evidence = { ...lengths }
  const shares = `half of the sentences are longer than ${amount(median, 'token')}, ${percent(longer)} longer than a segment of ${most}`
  if (longer <= 0.5) return ok('sentences', `Segments hold whole sentences: ${shares}.`, evidence)
  const fixes = [
    fix('timeSteps', roundUp(ninth), 'nine in ten sentences fit'),
    fix('algorithm', 'sentence', 'each line whole, where lines are sentences'),
  ]
  const says = `Sequences are cut shorter than sentences: ${shares}. The state is carried over the cut, but no gradient is`
  // Twice as long as a segment: most of a sentence's dependencies are cut.
  return median > 2 * most
    ? problem('sentences', `${says}.`, evidence, fixes)
    : note('sentences', `${says}; a longer segment may help.`, evidence, fixes)
}
