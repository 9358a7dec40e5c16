/* Classes that are asked for, labels of texts or tags of words: whether there are some, whether each has examples and the model
 * knows all, and whether they stand beside what they are of. */
import { amount, type Examination, figure, note, ok, percent, problem } from './examination.js'
import type { Classes, Counted } from './probe.js'

/** So many are told by name. */
const NAMED = 8
/** Of the texts. */
const MANY_CONTRADICTIONS = 0.3
const SOME_CONTRADICTIONS = 0.05
/** A class that is nearly all there is. */
const LOPSIDED = 0.95
/** Above chance: less is nothing found. */
export const LEAST_DEVIATIONS = 3

export const findsNothing = ({ deviations }: Counted): boolean => !(deviations > LEAST_DEVIATIONS)

export function checkClasses({ called, counts, strange, contradicting = 0, counted = [] }: Classes): Examination {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const without = [...counts].filter(([, count]) => count === 0).map(([label]) => label)
  const commonest = all > 0 ? Math.max(...counts.values()) / all : 0
  const own = counted.find(({ shift }) => shift === 0)
  const best = counted.reduce<Counted | undefined>((a, b) => (a && a.found >= b.found ? a : b), undefined)
  const evidence = {
    ...{ classes: counts.size, commonest, contradicting, without: without.join(', '), strange: strange.join(', ') },
    ...(own ? { found: own.found, deviations: own.deviations } : {}),
  }
  const data = { line: `${called}: ANOTHER`, why: `name the column that holds the ${called}s` }
  const faults: string[] = []
  if (counts.size - without.length < 2) faults.push('All targets are the same: there is nothing to learn')
  else if (without.length > 0)
    faults.push(
      `the training data have no example of ${amount(without.length, called)} of the model’s ${counts.size}, so nothing can be learned of ${without.length === 1 ? 'it' : 'them'}: ${named(without)}`,
    )
  if (strange.length > 0)
    faults.push(
      `the data have ${amount(strange.length, called)} that the model has not, so no answer to these can be right: ${named(strange)}`,
    )
  if (contradicting > MANY_CONTRADICTIONS)
    faults.push(`${percent(contradicting)} of the texts stand there again with another ${called}`)
  if (best && own && best.shift !== 0 && !findsNothing(best) && best.found > 1.1 * own.found)
    faults.push(
      `${called}s stand ${Math.abs(best.shift)} ${best.shift > 0 ? 'after' : 'before'} what they are of: counting words finds ${percent(own.found)} of them where they are, ${percent(best.found)} there`,
    )
  if (faults.length > 0) {
    const says = `${faults[0][0].toUpperCase()}${[faults[0].slice(1), ...faults.slice(1)].join('; ')}.`
    return problem('targets', says, evidence, [data])
  }
  const told = `${counts.size} ${called}s are asked for, the commonest ${percent(commonest)} of the time`
  if (own && findsNothing(own))
    return note(
      'targets',
      `Counting words finds nothing of the ${called}s (${percent(own.found)}; chance is ${percent(1 / counts.size)}): unless order alone decides, they do not belong to their texts; ${told}.`,
      evidence,
      [data],
    )
  if (commonest > LOPSIDED)
    return note('targets', `One ${called} is nearly all there is: ${told}.`, evidence, [
      { line: 'metric: macroF1', why: 'accuracy would be high without any learning' },
    ])
  if (contradicting > SOME_CONTRADICTIONS)
    return note(
      'targets',
      `${percent(contradicting)} of the texts stand there again with another ${called}, so nobody can be right on all; ${told}.`,
      evidence,
      [{ line: 'multiLabel: true', why: 'where a text may rightly have several labels at once' }],
    )
  const found = own ? `; counting words alone finds ${figure(100 * own.found)} % of each` : ''
  return ok('targets', `Targets differ: ${told}${found}.`, evidence)
}

const named = (labels: readonly string[]) =>
  labels.length > NAMED ? `${labels.slice(0, NAMED).join(', ')}, …` : labels.join(', ')
