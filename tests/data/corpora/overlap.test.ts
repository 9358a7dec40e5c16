/* Held-out items that are trained on too are counted by what a model is given of them, for each task. */
import { describe, expect, it } from 'vitest'
import { TextCorpus } from '../../../src/data/corpora/corpus.js'
import { ItemCorpus } from '../../../src/data/corpora/items.js'
import { overlapWithTraining } from '../../../src/data/corpora/overlap.js'

const items = <Item>(...all: Item[]) => new ItemCorpus(all, 'items')
const numbers = (inputs: number[], features: number, target: number) => ({
  inputs: Float64Array.from(inputs),
  features,
  targets: Float64Array.of(target),
})

describe('overlapWithTraining', () => {
  it('counts sentences of each held-out part, each as often as it stands there', () => {
    const train = items('a b', 'c', 'c', 'd')
    const parts = { train, validation: items('x', 'd'), test: items('c', 'a b', 'c', 'y') }
    expect(overlapWithTraining(parts)).toEqual({ validation: 1, test: 3 })
    expect(overlapWithTraining({ train })).toEqual({ validation: 0, test: 0 })
  })

  it('compares the text of labelled texts, whatever the label', () => {
    const train = items({ text: 'good', label: 'yes' }, { text: 'bad', label: 'no' })
    expect(overlapWithTraining({ train, test: items({ text: 'bad', label: 'yes' }) }).test).toBe(1)
  })

  it('compares the words of tagged sentences, and no two lists of words are mixed up', () => {
    const train = items({ words: ['a b', 'c'], tags: ['X', 'Y'] }, { words: ['d'], tags: ['X'] })
    const test = items({ words: ['a', 'b c'], tags: ['X', 'Y'] }, { words: ['d'], tags: ['Y'] })
    expect(overlapWithTraining({ train, test }).test).toBe(1)
  })

  it('compares the sources of pairs, and the inputs of sequences with their shape', () => {
    const pairs = items({ source: 'a', target: 'A' })
    expect(overlapWithTraining({ train: pairs, test: items({ source: 'a', target: 'B' }) }).test).toBe(1)
    const train = items(numbers([1, 2, 3, 4], 2, 5))
    const test = items(numbers([1, 2, 3, 4], 2, 6), numbers([1, 2, 3, 4], 1, 5))
    expect(overlapWithTraining({ train, test }).test).toBe(1)
  })

  it('compares lines of texts; blank ones do not count', () => {
    const train = new TextCorpus('one\n\ntwo\nthree', 'text')
    const test = new TextCorpus('\n  \nthree\nfour\ntwo\n', 'text')
    expect(overlapWithTraining({ train, test }).test).toBe(2)
  })
})
