// Accuracy, precision, recall, F1 and the confusion matrix are scikit-learn's.
import { describe, expect, it } from 'vitest'
import { labelScores } from '../../src/evaluation/labelScores.js'
import { classificationGolden } from '../golden/classificationGolden.js'

describe('scores of labels', () => {
  it.each(['single', 'multi'] as const)('are those of scikit-learn: %s', kind => {
    const { truth, given, accuracy, perLabel, macro, micro, confusion } = classificationGolden[kind]
    const scores = labelScores(
      truth.map((each, i) => ({ truth: each, predicted: given[i] })),
      { multiLabel: kind === 'multi' },
    )
    expect(scores.accuracy).toBeCloseTo(accuracy, 12)
    expect(scores.perLabel.map(({ precision, recall, f1, support }) => [precision, recall, f1, support])).toEqual(
      perLabel.map(row => row.map(number => expect.closeTo(number, 12))),
    )
    for (const key of ['precision', 'recall', 'f1'] as const) {
      expect(scores.macro[key]).toBeCloseTo(macro[key], 12)
      expect(scores.micro[key]).toBeCloseTo(micro[key], 12)
    }
    expect(scores.confusion).toEqual(confusion)
  })

  it('of nothing are zeros, not NaN', () => {
    expect(labelScores([])).toMatchObject({ accuracy: 0, macro: { f1: 0 }, micro: { f1: 0 }, perLabel: [] })
  })
})
