/* Whether targets stand where they should, and whether there is something to learn from them. */
import { checkClasses } from './classChecks.js'
import { type Examination, figure, fix, ok, percent, problem, skipped } from './examination.js'
import { checkPairs } from './pairChecks.js'
import type { Probe, TokenTargets } from './probe.js'

const SHIFTS = [-2, -1, 0, 1, 2, 3]
/** Share of steps without a target. */
const MOST_EMPTY = 0.9
/** Of the targets that should be the input so many steps on. */
const LEAST_AGREEMENT = 0.98

export function checkTargets<Batch>({ numbers, classes, pairs, targets }: Probe<Batch>): Examination {
  if (numbers) return checkNumbers(numbers)
  if (classes) return checkClasses(classes)
  const ofPairs = pairs && checkPairs(pairs)
  if (ofPairs && ofPairs.verdict !== 'ok') return ofPairs
  const batches = targets?.() ?? []
  return batches.length === 0 ? skipped('targets', 'Its targets are not tokens.') : checkTokens(batches, ofPairs)
}

function checkTokens(batches: readonly TokenTargets[], ofPairs: Examination | undefined): Examination {
  const present = batches.reduce(
    (sum, { targets }) => sum + Array.from(targets).filter(target => target >= 0).length,
    0,
  )
  const all = batches.reduce((sum, { inputs }) => sum + inputs.length, 0)
  const empty = 1 - present / all
  const own = fix('batches', undefined, 'in batches of your own, targets[t] must be inputs[t + 1]; −1 is no target')
  const fixes = [fix('algorithm', 'stream', 'makes targets from the text itself: every token of it is predicted'), own]
  if (empty > MOST_EMPTY)
    return problem(
      'targets',
      `${percent(empty)} of the steps have no target: there is next to nothing to learn.`,
      { empty },
      fixes,
    )
  const agreements = SHIFTS.map(shift => agreementAt(batches, shift))
  const agreement = agreements[SHIFTS.indexOf(1)]
  const most = Math.max(...agreements)
  const bestShift = SHIFTS[agreements.indexOf(most)]
  const evidence = { ...ofPairs?.evidence, empty, agreement, bestShift, shifts: SHIFTS, agreements }
  if (agreement >= LEAST_AGREEMENT)
    return ok(
      'targets',
      `Targets stand where they should: ${percent(agreement)} are the token that follows.${ofPairs ? ` ${ofPairs.says}` : ''}`,
      evidence,
    )
  const instead =
    most < LEAST_AGREEMENT
      ? 'they agree with the input at no other shift either'
      : bestShift === 0
        ? 'they are the input itself, which needs no memory to repeat'
        : `${percent(most)} are the input ${bestShift} steps on`
  return problem(
    'targets',
    `Targets are shifted: only ${percent(agreement)} are the token that follows; ${instead}.`,
    evidence,
    fixes,
  )
}

/** Of the targets that have an input so many steps on, those that are it. */
function agreementAt(batches: readonly TokenTargets[], shift: number): number {
  let [same, all] = [0, 0]
  for (const { inputs, targets, batchSize } of batches)
    for (let i = 0; i < targets.length; i++) {
      const at = i + shift * batchSize
      if (targets[i] < 0 || at < 0 || at >= inputs.length) continue
      // Past a sequence's end there is only padding.
      if (targets[at] !== undefined && targets[at] < 0) continue
      all++
      if (inputs[at] === targets[i]) same++
    }
  return all > 0 ? same / all : 0
}

function checkNumbers({ values, outputs }: NonNullable<Probe<never>['numbers']>): Examination {
  const constant: number[] = []
  const notFinite: number[] = []
  for (let k = 0; k < outputs; k++) {
    const column = values.filter((_, i) => i % outputs === k)
    if (!column.every(Number.isFinite)) notFinite.push(k)
    else if (column.every(value => value === column[0])) constant.push(k)
  }
  const evidence = { items: values.length / outputs, outputs, constant, notFinite }
  if (constant.length + notFinite.length === 0)
    return ok('targets', `Targets are numbers that differ (${figure(values.length / outputs)} sequences).`, evidence)
  const faults = [
    ...notFinite.map(k => `target ${k} holds NaN or infinity`),
    ...constant.map(k => `target ${k} is always ${figure(values[k])}`),
  ]
  return problem('targets', `There is nothing to learn: ${faults.join(', ')}.`, evidence, [
    fix('targetColumn', undefined, 'name a column whose numbers change'),
  ])
}
