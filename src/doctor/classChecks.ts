/* Classes that are to be predicted, labels of texts or tags of words: whether there are some, whether each has examples and the
 * model knows all, and whether they stand beside what they are of. */
import { amount, type Evidence, type Examination, figure, fix, note, ok, percent, problem } from './examination.js'
import type { ClassCounting, Classes } from './probe.js'

/** So many are named. */
const NAMED = 8
/** Of the texts. */
const MANY_CONTRADICTIONS = 0.3
const SOME_CONTRADICTIONS = 0.05
/** A class that is nearly all there is. */
const LOPSIDED = 0.95
/** Standard errors above chance: less is nothing found. */
const LEAST_DEVIATIONS = 3
/** Standard errors of the difference between two places; four are tried, so that chance is 1 in 10,000 (Bonferroni). */
const LEAST_GAIN = 4
/** Of what counting can find above chance: a task may say a little of its tags elsewhere. */
const LEAST_SHARE_GAINED = 0.1

export const findsNothing = ({ deviations }: ClassCounting): boolean => !(deviations > LEAST_DEVIATIONS)

export function checkClasses(classes: Classes): Examination {
  const { called, counts, unknown, contradicting = 0, countings = [] } = classes
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const commonest = all > 0 ? Math.max(...counts.values()) / all : 0
  const inPlace = countings.find(({ shift }) => shift === 0)
  const evidence = {
    ...{ classes: counts.size, commonest, contradicting, unknown: unknown.join(', ') },
    without: withoutExamples(classes).join(', '),
    ...(inPlace ? { recall: inPlace.recall, deviations: inPlace.deviations } : {}),
  }
  const faults = faultsOf(classes)
  if (faults.length > 0) {
    const says = `${faults[0][0].toUpperCase()}${[faults[0].slice(1), ...faults.slice(1)].join('; ')}.`
    return problem('targets', says, evidence, [otherColumn(called)])
  }
  const summary = `${counts.size} ${called}s are to be predicted, the commonest ${percent(commonest)} of the time`
  return notesOf(classes, { inPlace, commonest, summary, evidence, contradicting })
}

const otherColumn = (called: Classes['called']) =>
  fix(`${called}Column`, undefined, `name the column that holds the ${called}s`)

const withoutExamples = ({ counts }: Classes) => [...counts].filter(([, count]) => count === 0).map(([label]) => label)

function faultsOf(classes: Classes): string[] {
  const { called, counts, unknown, contradicting = 0, countings = [] } = classes
  const without = withoutExamples(classes)
  const faults: string[] = []
  if (counts.size - without.length < 2) faults.push('All targets are the same: there is nothing to learn')
  else if (without.length > 0)
    faults.push(
      `the training data have no example of ${amount(without.length, called)} of the model’s ${counts.size}, so nothing can be learned of ${without.length === 1 ? 'it' : 'them'}: ${named(without)}`,
    )
  if (unknown.length > 0)
    faults.push(
      `the data have ${amount(unknown.length, called)} that the model has not, so no answer to these can be right: ${named(unknown)}`,
    )
  if (contradicting > MANY_CONTRADICTIONS)
    faults.push(`${percent(contradicting)} of the texts stand there again with another ${called}`)
  const inPlace = countings.find(({ shift }) => shift === 0)
  const elsewhere = inPlace && misplaced(countings, inPlace, counts.size)
  if (elsewhere)
    faults.push(
      `${called}s stand ${Math.abs(elsewhere.shift)} ${elsewhere.shift > 0 ? 'after' : 'before'} what they are of: counting words finds ${percent(inPlace.recall)} of them where they are, ${percent(elsewhere.recall)} there`,
    )
  return faults
}

/** Where classes are found far better than where they are; undefined where that is nowhere, or may be chance. */
function misplaced(
  countings: readonly ClassCounting[],
  inPlace: ClassCounting,
  classes: number,
): ClassCounting | undefined {
  const best = countings.reduce((a, b) => (b.recall > a.recall ? b : a))
  const gained = (best.recall - inPlace.recall) / (1 - 1 / classes)
  if (best.shift === 0 || findsNothing(best) || !(best.gain > LEAST_GAIN)) return undefined
  return gained > LEAST_SHARE_GAINED ? best : undefined
}

interface Notes {
  readonly inPlace: ClassCounting | undefined
  readonly commonest: number
  readonly contradicting: number
  readonly summary: string
  readonly evidence: Evidence
}

function notesOf({ called, counts }: Classes, notes: Notes): Examination {
  const { inPlace, commonest, contradicting, summary, evidence } = notes
  if (inPlace && findsNothing(inPlace))
    return note(
      'targets',
      `Counting words finds nothing of the ${called}s (${percent(inPlace.recall)}; chance is ${percent(1 / counts.size)}): unless order alone decides, they do not belong to their texts; ${summary}.`,
      evidence,
      [otherColumn(called)],
    )
  if (commonest > LOPSIDED)
    return note('targets', `One ${called} is nearly all there is: ${summary}.`, evidence, [
      fix('metric', 'macroF1', 'accuracy would be high without any learning'),
    ])
  if (contradicting > SOME_CONTRADICTIONS)
    return note(
      'targets',
      `${percent(contradicting)} of the texts stand there again with another ${called}, so no model can be right on all; ${summary}.`,
      evidence,
      [fix('multiLabel', true, 'where a text may rightly have several labels at once')],
    )
  const counted = inPlace ? `; counting words alone finds ${figure(100 * inPlace.recall)} % of each` : ''
  return ok('targets', `Targets differ: ${summary}${counted}.`, evidence)
}

const named = (labels: readonly string[]) =>
  labels.length > NAMED ? `${labels.slice(0, NAMED).join(', ')}, …` : labels.join(', ')
