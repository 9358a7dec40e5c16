/* Scores of predicted labels against the true ones: precision, recall, F1 of each label, their averages, and the confusion
 * matrix.
 *
 *     precision = TP / (TP + FP), recall = TP / (TP + FN), F1 = 2 TP / (2 TP + FP + FN); 0 where the divisor is 0
 *     macro: the mean over labels; micro: of the sums of TP, FP and FN
 *
 * As scikit-learn's precision_recall_fscore_support with zero_division 0: labels that are neither true nor
 * predicted anywhere do not count in the mean. */

export interface LabelScore {
  readonly label: string
  readonly precision: number
  readonly recall: number
  readonly f1: number
  /** How often the label is true. */
  readonly support: number
}

export interface AverageScore {
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

export interface LabelScores {
  /** Share of items whose labels are all right. */
  readonly accuracy: number
  readonly perLabel: readonly LabelScore[]
  readonly macro: AverageScore
  readonly micro: AverageScore
  /** [true][predicted] counts in the order of `labels`; undefined where an item may have several labels. */
  readonly confusion: readonly (readonly number[])[] | undefined
  /** Those that are true or predicted, in the order of code units. */
  readonly labels: readonly string[]
}

/** The true and the predicted labels of an item. */
export interface Judged {
  readonly truth: readonly string[]
  readonly predicted: readonly string[]
}

const ratio = (a: number, b: number) => (b === 0 ? 0 : a / b)

export const scoreOf = (right: number, predicted: number, actual: number): AverageScore => ({
  precision: ratio(right, predicted),
  recall: ratio(right, actual),
  f1: ratio(2 * right, predicted + actual),
})

/** @param items with one label of either sort, or with any number where `multiLabel` is set. Default false */
export function labelScores(items: readonly Judged[], { multiLabel = false } = {}): LabelScores {
  const labels = [...new Set(items.flatMap(({ truth, predicted }) => [...truth, ...predicted]))].sort((a, b) =>
    a < b ? -1 : 1,
  )
  const numbers = new Map(labels.map((label, i) => [label, i]))
  const right = labels.map(() => 0)
  const predicted = labels.map(() => 0)
  const actual = labels.map(() => 0)
  const confusion = labels.map(() => labels.map(() => 0))
  let exact = 0
  for (const item of items) {
    const truth = item.truth.map(label => numbers.get(label) as number)
    const answers = item.predicted.map(label => numbers.get(label) as number)
    for (const i of truth) actual[i]++
    for (const i of answers) predicted[i]++
    const both = answers.filter(i => truth.includes(i))
    for (const i of both) right[i]++
    if (both.length === truth.length && both.length === answers.length) exact++
    if (!multiLabel) confusion[truth[0]][answers[0]]++
  }
  const perLabel = labels.map((label, i) => ({
    label,
    ...scoreOf(right[i], predicted[i], actual[i]),
    support: actual[i],
  }))
  return {
    accuracy: ratio(exact, items.length),
    perLabel,
    macro: macroOf(perLabel),
    micro: scoreOf(sum(right), sum(predicted), sum(actual)),
    confusion: multiLabel ? undefined : confusion,
    labels,
  }
}

/** The mean over labels. */
export function macroOf(scores: readonly LabelScore[]): AverageScore {
  const mean = (of: (score: LabelScore) => number) => ratio(sum(scores.map(of)), scores.length)
  return { precision: mean(score => score.precision), recall: mean(score => score.recall), f1: mean(score => score.f1) }
}

export const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
