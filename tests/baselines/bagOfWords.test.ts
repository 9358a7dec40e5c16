// The baselines answer as scikit-learn's MultinomialNB and LogisticRegression do.
import { describe, expect, it } from 'vitest'
import { evaluateBags, labelledBags } from '../../src/baselines/bagOfWords.js'
import { leastOfSmooth } from '../../src/baselines/leastOfSmooth.js'
import { fitLogisticRegression } from '../../src/baselines/logisticRegression.js'
import { fitNaiveBayes } from '../../src/baselines/naiveBayes.js'
import { ItemCorpus } from '../../src/data/corpora/items.js'
import { classificationGolden, type GoldenBaselines } from '../golden/classificationGolden.js'

const corpusOf = (rows: GoldenBaselines['train'], name: string) =>
  new ItemCorpus(
    rows.map(([text, label]) => ({ text, label })),
    name,
  )

function logProbabilities(scores: Float64Array): number[] {
  const most = Math.max(...scores)
  const total = Math.log(scores.reduce((sum, each) => sum + Math.exp(each - most), 0)) + most
  return Array.from(scores, each => each - total)
}

describe.each(['two', 'three'] as const)('baselines on %s classes', kind => {
  const golden = classificationGolden[kind]
  const bags = labelledBags(corpusOf(golden.train, 'train'), { wordBoundaries: 'space' })

  it.each([
    ['naiveBayes', fitNaiveBayes(bags), 1e-9],
    ['logisticRegression', fitLogisticRegression(bags, { strength: 0.7, tolerance: 1e-9 }), 1e-5],
  ] as const)('%s is scikit-learn’s', (name, model, tolerance) => {
    golden.test.forEach(([text], i) => {
      const told = logProbabilities(model.scores(bags.bagOf(text)))
      told.forEach((each, k) => {
        expect(Math.abs(each - golden[name][i][k]), `${text}: ${each}`).toBeLessThan(tolerance)
      })
    })
    const best = golden[name].map(row => golden.labels[row.indexOf(Math.max(...row))])
    const right = golden.test.filter(([, label], i) => best[i] === label).length
    expect(evaluateBags(model, bags, corpusOf(golden.test, 'test')).accuracy).toBeCloseTo(right / golden.test.length)
  })
})

describe('the least value of a smooth function', () => {
  it('is found in a curved valley', () => {
    const rosenbrock = (x: Float64Array, gradient: Float64Array) => {
      const [a, b] = [1 - x[0], x[1] - x[0] ** 2]
      gradient[0] = -2 * a - 400 * x[0] * b
      gradient[1] = 200 * b
      return a * a + 100 * b * b
    }
    const [x, y] = leastOfSmooth(2, rosenbrock)
    expect(x).toBeCloseTo(1, 7)
    expect(y).toBeCloseTo(1, 7)
  })
})
