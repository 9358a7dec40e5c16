// Spans of BIO tags are those of seqeval.
import { describe, expect, it } from 'vitest'
import { areSpanTags, spanScores, spansOf } from '../../src/evaluation/spans.js'
import { classificationGolden } from '../golden/classificationGolden.js'

describe('spans', () => {
  it('score as seqeval has them, of each kind and on average', () => {
    const { truth, given, report } = classificationGolden.spans
    const { perType, macro, micro } = spanScores(truth.map((each, i) => ({ truth: each, predicted: given[i] })))
    const rows = [
      ...perType.map(score => [score.label, score] as const),
      ['macro avg', macro] as const,
      ['micro avg', micro] as const,
    ]
    for (const [name, { precision, recall, f1 }] of rows) {
      expect(precision, name).toBeCloseTo(report[name].precision, 12)
      expect(recall, name).toBeCloseTo(report[name].recall, 12)
      expect(f1, name).toBeCloseTo(report[name]['f1-score'], 12)
    }
    expect(perType.map(({ support }) => support)).toEqual(perType.map(({ label }) => report[label].support))
  })

  it('begin and end where they do', () => {
    expect(spansOf(['B-x', 'I-x', 'B-x', 'O', 'I-y', 'I-x'])).toEqual([
      { type: 'x', from: 0, to: 1 },
      { type: 'x', from: 2, to: 2 },
      { type: 'y', from: 4, to: 4 },
      { type: 'x', from: 5, to: 5 },
    ])
    expect(spansOf(['S-x', 'S-x', 'B-y', 'E-y', 'I-y'])).toHaveLength(4)
    expect(spansOf([])).toEqual([])
  })

  it('are what tags say only where all do', () => {
    expect(areSpanTags(['O', 'B-x', 'I-x'])).toBe(true)
    expect(areSpanTags(['NOUN', 'B-x'])).toBe(false)
    expect(areSpanTags(['O'])).toBe(false)
  })
})
