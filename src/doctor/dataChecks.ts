/* The data as the model is given them: whether targets stand where they should and are there at all, whether stretches are
 * as long as sentences, and whether every row of the output layer has something to learn from. */
import { checkClasses } from './classChecks.js'
import { type Examination, type Fix, figure, note, ok, percent, problem, skipped } from './examination.js'
import { checkPairs } from './pairChecks.js'
import type { Probe, TokenTargets } from './probe.js'

const SHIFTS = [-2, -1, 0, 1, 2, 3]
const MOST_EMPTY = 0.9
/** Of the targets that should be the input so many steps on. */
const LEAST_AGREEMENT = 0.98
/** Of texts that are cut or left out. */
const MOST_LOST = 0.1

export function checkTargets<Batch>({ numbers, classes, pairs, ...probe }: Probe<Batch>): Examination {
  if (numbers) return checkNumbers(numbers)
  if (classes) return checkClasses(classes)
  const between = pairs && checkPairs(pairs)
  if (between && between.verdict !== 'ok') return between
  const batches = probe.targets?.() ?? []
  if (batches.length === 0) return skipped('targets', 'Its targets are not tokens.')
  const asked = batches.reduce((sum, { targets }) => sum + count(targets, target => target >= 0), 0)
  const all = batches.reduce((sum, { inputs }) => sum + inputs.length, 0)
  const empty = 1 - asked / all
  if (empty > MOST_EMPTY)
    return problem(
      'targets',
      `${percent(empty)} of the steps have no target: there is next to nothing to learn.`,
      { empty },
      [{ line: 'algorithm: stream', why: 'every token of the text is foretold; or look at what makes the targets −1' }],
    )
  const agreement = SHIFTS.map(by => agreementAt(batches, by))
  const own = agreement[SHIFTS.indexOf(1)]
  const best = SHIFTS[agreement.indexOf(Math.max(...agreement))]
  const evidence = {
    ...between?.evidence,
    empty,
    agreement: own,
    bestShift: best,
    shifts: SHIFTS,
    agreements: agreement,
  }
  if (own >= LEAST_AGREEMENT)
    return ok(
      'targets',
      `Targets stand where they should: ${percent(own)} are the token that follows.${between ? ` ${between.says}` : ''}`,
      evidence,
    )
  const found =
    agreement[SHIFTS.indexOf(best)] < LEAST_AGREEMENT
      ? 'they agree with the input at no other shift either'
      : best === 0
        ? 'they are the input itself, which needs no memory to repeat'
        : `${percent(agreement[SHIFTS.indexOf(best)])} are the input ${best} steps on`
  return problem(
    'targets',
    `Targets are shifted: only ${percent(own)} are the token that follows; ${found}.`,
    evidence,
    [
      {
        line: 'algorithm: stream',
        why: 'makes targets from the text itself; in batches of your own, targets[t] must be inputs[t + 1]',
      },
    ],
  )
}

const count = (values: ArrayLike<number>, holds: (value: number) => boolean) =>
  Array.prototype.reduce.call(values, (sum, value) => (sum as number) + (holds(value as number) ? 1 : 0), 0) as number

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
  const strange: number[] = []
  for (let k = 0; k < outputs; k++) {
    const column = values.filter((_, i) => i % outputs === k)
    if (!column.every(Number.isFinite)) strange.push(k)
    else if (column.every(value => value === column[0])) constant.push(k)
  }
  const evidence = { items: values.length / outputs, outputs, constant, strange }
  if (constant.length + strange.length === 0)
    return ok('targets', `Targets are numbers that differ (${figure(values.length / outputs)} sequences).`, evidence)
  const told = [
    ...strange.map(k => `target ${k} holds what is no number`),
    ...constant.map(k => `target ${k} is always ${figure(values[k])}`),
  ]
  return problem('targets', `There is nothing to learn: ${told.join(', ')}.`, evidence, [
    { line: 'targets: ANOTHER', why: 'name a column whose numbers change' },
  ])
}

export function checkSentences<Batch>({ sentences }: Probe<Batch>): Examination {
  if (!sentences || sentences.lengths.length === 0)
    return skipped('sentences', 'Its sequences are whole: nothing is cut.')
  const { lengths, most, longer: fate } = sentences
  const sorted = Int32Array.from(lengths).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
  const median = at(0.5)
  const longer = count(lengths, length => length > most) / lengths.length
  const evidence = { most, median, ninth: at(0.9), longer }
  const round = Math.ceil(at(0.9) / 10) * 10
  if (fate !== 'carried') {
    const told = `half of the texts are longer than ${median} tokens, ${percent(longer)} longer than ${most}`
    if (longer <= MOST_LOST) return ok('sentences', `Nearly all texts are whole: ${told}.`, evidence)
    const says = `Of texts that are longer than ${most} tokens ${fate === 'cut' ? 'only the beginning is read' : 'nothing is learned: they are left out'}; ${told}`
    const fixes: Fix[] = [{ line: `maxLength: ${round}`, why: 'nine in ten texts fit' }]
    return longer > 0.5
      ? problem('sentences', `${says}.`, evidence, fixes)
      : note('sentences', `${says}.`, evidence, fixes)
  }
  const told = `half of the sentences are longer than ${median} tokens, ${percent(longer)} longer than a stretch of ${most}`
  if (longer <= 0.5) return ok('sentences', `Stretches hold whole sentences: ${told}.`, evidence)
  const fixes: Fix[] = [
    { line: `timeSteps: ${round}`, why: 'nine in ten sentences fit' },
    { line: 'algorithm: sentence', why: 'each line whole, where lines are sentences' },
  ]
  const says = `Sequences are cut shorter than sentences: ${told}. The state is carried over the cut, but no gradient is`
  // Twice as long as a stretch: most of a sentence's dependencies are cut.
  return median > 2 * most
    ? problem('sentences', `${says}.`, evidence, fixes)
    : note('sentences', `${says}; a longer stretch may help.`, evidence, fixes)
}

const FEW = 5
const MOST_RARE = 0.5
const MOST_PARAMETERS = 20

export function checkOutputLayer<Batch>({ output, configuration }: Probe<Batch>): Examination {
  if (!output) return skipped('output layer', 'Its output layer gives a few numbers.')
  const { rows, parameters, seen, limitable } = output
  const all = Array.prototype.reduce.call(seen, (sum, each) => (sum as number) + (each as number), 0) as number
  const rare = count(seen, each => each < FEW) / rows
  const perToken = parameters / Math.max(1, all)
  const evidence = { rows, parameters, targets: all, rare, parametersPerTarget: perToken }
  const told = `${rows} rows, ${percent(rare)} of them seen fewer than ${FEW} times in ${all} targets; ${figure(perToken)} parameters a target`
  if (rare <= MOST_RARE && perToken <= MOST_PARAMETERS)
    return ok('output layer', `The data feed the output layer: ${told}.`, evidence)
  const enough = count(seen, each => each >= FEW)
  const fixes: Fix[] = []
  if (limitable && rare > MOST_RARE)
    fixes.push(
      { line: `minCount: ${FEW}`, why: `${enough} symbols stay; the others are the unknown one` },
      { line: 'unit: byte-pair', why: 'rare words are written in common parts' },
    )
  if (configuration.classWeights === 'none' && rare > MOST_RARE)
    fixes.push({ line: 'classWeights: balanced', why: 'what is rare weighs more in the loss' })
  if (configuration.tieWeights === false && configuration.adaptiveCutoffs === undefined)
    fixes.push({ line: 'tieWeights: true', why: 'the output layer shares the embedding’s rows' })
  fixes.push({
    line: `hiddenSize: ${Math.max(16, 8 * Math.floor((2 * all) / rows / 8))}`,
    why: 'fewer parameters a row',
  })
  return problem('output layer', `The output layer is bigger than the data can feed: ${told}.`, evidence, fixes)
}
