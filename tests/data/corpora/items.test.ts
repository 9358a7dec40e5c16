/* Items are split whole, by seed; repeated ones are counted and go if asked to; groups stay together. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ItemCorpus, linesOfText, splitItems, withoutDuplicates } from '../../../src/data/corpora/items.js'
import { ConfigurationError } from '../../../src/errors.js'

const numbered = fc
  .array(fc.nat(9), { minLength: 10, maxLength: 80 })
  .map(kinds => kinds.map((kind, id) => ({ id, kind: `kind ${kind}` })))
const shares = { validation: 0.2, test: 0.2 }

describe('splitItems', () => {
  it('puts every item into exactly one part and keeps the order', () => {
    fc.assert(
      fc.property(numbered, fc.integer(), (items, seed) => {
        const { train, validation, test, duplicates } = splitItems(items, { seed, ...shares })
        const parts = [train, validation, test].map(part => part.items)
        expect(parts.flat().toSorted((a, b) => a.id - b.id)).toEqual(items)
        for (const part of parts) expect(part).toEqual(part.toSorted((a, b) => a.id - b.id))
        expect(duplicates).toBe(0)
      }),
    )
  })

  it('counts what repeats an earlier item, and removes it before splitting if asked to', () => {
    fc.assert(
      fc.property(numbered, fc.integer(), (items, seed) => {
        const kinds = new Set(items.map(({ kind }) => kind))
        fc.pre(kinds.size >= 3)
        const options = { seed, ...shares, keyOf: ({ kind }: { kind: string }) => kind }
        const kept = splitItems(items, options)
        const removed = splitItems(items, { ...options, removeDuplicates: true })
        expect(kept.duplicates).toBe(items.length - kinds.size)
        expect(removed.duplicates).toBe(kept.duplicates)
        const left = [removed.train, removed.validation, removed.test].flatMap(part => part.items)
        expect(left.map(({ kind }) => kind).toSorted()).toEqual([...kinds].toSorted())
      }),
    )
  })

  it('never cuts a group', () => {
    fc.assert(
      fc.property(numbered, fc.integer(), (items, seed) => {
        fc.pre(new Set(items.map(({ kind }) => kind)).size >= 3)
        const { train, validation, test } = splitItems(items, { seed, ...shares, groupOf: ({ kind }) => kind })
        const kinds = [train, validation, test].flatMap(part => [...new Set(part.items.map(({ kind }) => kind))])
        expect(new Set(kinds).size).toBe(kinds.length)
        expect(train.items.length + validation.items.length + test.items.length).toBe(items.length)
      }),
    )
  })

  it('gives each part its share of the items, by seed, and names the parts', () => {
    const items = Array.from({ length: 1000 }, (_, i) => `item ${i}`)
    const { train, validation, test } = splitItems(items, { seed: 3, validation: 0.1, test: 0.2, name: 'a.tsv' })
    expect([train.items.length, validation.items.length, test.items.length]).toEqual([700, 100, 200])
    expect([train.name, validation.name, test.name]).toEqual(['a.tsv (training)', 'a.tsv (validation)', 'a.tsv (test)'])
    expect(splitItems(items, { seed: 3 })).toEqual(splitItems(items, { seed: 3 }))
    expect(splitItems(items, { seed: 3 })).not.toEqual(splitItems(items, { seed: 4 }))
  })

  it('says when there are too few items', () => {
    expect(() => splitItems(['a', 'b'], { name: 'a.tsv' })).toThrow(
      /^a\.tsv: 2 items cannot fill three parts \(training 1, validation 0, test 1 items\); give more items/,
    )
    expect(() => splitItems([])).toThrow(ConfigurationError)
    expect(() => splitItems(['a', 'a', 'a'], { groupOf: item => item })).toThrow(/3 items in 1 groups cannot fill/)
  })
})

it('withoutDuplicates keeps the first of each', () => {
  expect(withoutDuplicates([{ a: 1 }, { a: 2 }, { a: 1 }])).toEqual([{ a: 1 }, { a: 2 }])
})

it('linesOfText makes a stream of sentences', () => {
  expect(linesOfText(new ItemCorpus(['a b', 'c'], 'x'))).toMatchObject({ text: 'a b\nc\n', name: 'x' })
})
