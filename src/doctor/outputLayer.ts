/* Whether every row of the output layer has something to learn from. */
import { type Examination, type Fix, figure, fix, ok, percent, problem, skipped } from './examination.js'
import type { Probe } from './probe.js'

/** A row seen less often is rare. */
const FEW = 5
/** Of the rows. */
const MOST_RARE = 0.5
/** A target. */
const MOST_PARAMETERS = 20
const LEAST_HIDDEN_SIZE = 16

export function checkOutputLayer<Batch>({ output, configuration }: Probe<Batch>): Examination {
  if (!output) return skipped('output layer', 'Its output layer gives a few numbers.')
  const { rows, parameters, limitable } = output
  const seen = Float64Array.from(output.seen)
  const all = seen.reduce((sum, count) => sum + count, 0)
  const rare = seen.filter(count => count < FEW).length / rows
  const perTarget = parameters / Math.max(1, all)
  const evidence = { rows, parameters, targets: all, rare, parametersPerTarget: perTarget }
  const figures = `${rows} rows, ${percent(rare)} of them seen fewer than ${FEW} times in ${all} targets; ${figure(perTarget)} parameters a target`
  if (rare <= MOST_RARE && perTarget <= MOST_PARAMETERS)
    return ok('output layer', `The data feed the output layer: ${figures}.`, evidence)
  const fixes: Fix[] = []
  if (limitable && rare > MOST_RARE)
    fixes.push(
      fix('minCount', FEW, `${rows - rare * rows} symbols stay; the others are the unknown one`),
      fix('unit', 'byte-pair', 'rare words are written in common parts'),
    )
  const { classWeights, tieWeights, adaptiveCutoffs, hiddenSize } = configuration
  if (classWeights === 'none' && rare > MOST_RARE)
    fixes.push(fix('classWeights', 'balanced', 'what is rare weighs more in the loss'))
  if (tieWeights === false && adaptiveCutoffs === undefined)
    fixes.push(fix('tieWeights', true, 'the output layer shares the embedding’s rows'))
  const smaller = Math.max(LEAST_HIDDEN_SIZE, 8 * Math.floor((2 * all) / rows / 8))
  if (typeof hiddenSize === 'number' && smaller < hiddenSize)
    fixes.push(fix('hiddenSize', smaller, 'fewer parameters a row'))
  return problem('output layer', `The output layer is bigger than the data can feed: ${figures}.`, evidence, fixes)
}
