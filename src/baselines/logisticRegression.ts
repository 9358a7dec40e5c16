/* Logistic regression on bags of words: p = softmax(W n + b), and of two classes the sigmoid of one row. W and b make
 *
 *     ½ ‖W‖² − C Σ_i log p_{y_i}
 *
 * least: scikit-learn's LogisticRegression, b without a penalty. */
import type { Bag, BagClassifier, LabelledBags } from './bagOfWords.js'
import { type LeastOptions, leastOfSmooth } from './leastOfSmooth.js'

export interface LogisticRegressionOptions extends LeastOptions {
  /** C: what the data weigh against the penalty. Default 1. */
  readonly strength?: number | undefined
}

export function fitLogisticRegression(
  { labels, vocabularySize, bags, targets }: LabelledBags,
  { strength = 1, tolerance = 1e-5 * bags.length, ...least }: LogisticRegressionOptions = {},
): BagClassifier {
  const rows = labels.length === 2 ? 1 : labels.length
  const width = vocabularySize + 1
  const outputsInto = (o: Float64Array, weights: Float64Array, { words, counts }: Bag) => {
    for (let row = 0; row < rows; row++) {
      const from = row * width
      let sum = weights[from + vocabularySize]
      for (let j = 0; j < words.length; j++) sum += counts[j] * weights[from + words[j]]
      o[row] = sum
    }
    return o
  }
  const o = new Float64Array(rows)
  const cost = (w: Float64Array, gradient: Float64Array) => {
    let value = 0
    for (let k = 0; k < w.length; k++) {
      if (k % width === vocabularySize) continue
      value += (w[k] * w[k]) / 2
      gradient[k] = w[k]
    }
    bags.forEach((bag, i) => {
      const { words, counts } = bag
      // The outputs become their slopes.
      value += strength * (rows === 1 ? twoClasses : classes)(outputsInto(o, w, bag), targets[i])
      for (let row = 0; row < rows; row++) {
        const from = row * width
        const slope = strength * o[row]
        gradient[from + vocabularySize] += slope
        for (let j = 0; j < words.length; j++) gradient[from + words[j]] += slope * counts[j]
      }
    })
    return value
  }
  const weights = leastOfSmooth(rows * width, cost, { tolerance, ...least })
  return {
    labels,
    scores: bag => {
      const o = outputsInto(new Float64Array(rows), weights, bag)
      return rows === 1 ? Float64Array.of(0, o[0]) : o
    },
  }
}

/** −log p of the second class’s one output, which becomes its slope. */
function twoClasses(o: Float64Array, target: number): number {
  const [output] = o
  o[0] = 1 / (1 + Math.exp(-output)) - target
  return Math.max(output, 0) - output * target + Math.log1p(Math.exp(-Math.abs(output)))
}

/** −log p of the outputs, which become their slopes. */
function classes(o: Float64Array, target: number): number {
  let most = -Infinity
  for (let k = 0; k < o.length; k++) most = Math.max(most, o[k])
  const ofTarget = o[target]
  let total = 0
  for (let k = 0; k < o.length; k++) {
    o[k] = Math.exp(o[k] - most)
    total += o[k]
  }
  for (let k = 0; k < o.length; k++) o[k] /= total
  o[target]--
  return Math.log(total) + most - ofTarget
}
