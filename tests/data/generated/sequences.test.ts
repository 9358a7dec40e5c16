/* Adding, copying, parity and Dyck words: what is asked for at the end follows from what was given. */
import { describe, expect, it } from 'vitest'
import { adding } from '../../../src/data/generated/adding.js'
import { copy, copyBlank, copySign, copySymbols } from '../../../src/data/generated/copy.js'
import { dyck } from '../../../src/data/generated/dyck.js'
import { parity } from '../../../src/data/generated/parity.js'
import { all } from './allItems.js'

describe('adding', () => {
  it('asks for the sum of the two marked numbers, one in each half', () => {
    for (const length of [2, 7, 100]) {
      for (const { inputs, features, targets } of all(adding.generate({ count: 200, length }))) {
        expect([features, inputs.length, targets.length]).toEqual([2, 2 * length, 1])
        const marked = Array.from({ length }, (_, t) => t).filter(t => inputs[2 * t + 1] === 1)
        expect(marked).toHaveLength(2)
        expect(marked[0]).toBeLessThan(Math.floor(length / 2))
        expect(marked[1]).toBeGreaterThanOrEqual(Math.floor(length / 2))
        expect(targets[0]).toBeCloseTo(inputs[2 * marked[0]] + inputs[2 * marked[1]], 9)
      }
    }
  })

  it('has the mean 1 and the variance 1/6', () => {
    const sums = all(adding.generate()).map(({ targets }) => targets[0])
    const mean = sums.reduce((a, b) => a + b, 0) / sums.length
    expect(mean).toBeCloseTo(1, 1)
    expect(sums.reduce((sum, value) => sum + (value - 1) ** 2, 0) / sums.length).toBeCloseTo(1 / 6, 2)
  })

  it('writes numbers that read the same', () => {
    const splits = adding.generate({ count: 50, length: 10 })
    const lines = splits.toFile().trim().split('\n')
    const read = lines.map(line => JSON.parse(line))
    const items = all(splits)
    for (const { inputs, targets } of read) {
      expect(items.some(item => item.targets[0] === targets[0] && item.inputs.join() === inputs.flat().join())).toBe(
        true,
      )
    }
  })
})

describe('copy', () => {
  it('asks for the symbols again after the sign', () => {
    for (const [delay, length] of [
      [30, 10],
      [1, 4],
      [5, 3],
    ]) {
      for (const { words, tags } of all(copy.generate({ count: 100, delay, length }))) {
        expect(words).toHaveLength(2 * length + delay)
        expect(tags).toHaveLength(words.length)
        expect(words.indexOf(copySign)).toBe(length + delay - 1)
        const symbols = words.slice(0, length)
        for (const symbol of symbols) expect(copySymbols).toContain(symbol)
        expect(tags.slice(-length)).toEqual(symbols)
        expect(new Set([...tags.slice(0, -length), ...words.slice(length + delay)])).toEqual(new Set([copyBlank]))
      }
    }
  })
})

describe('parity', () => {
  it('is the number of ones', () => {
    for (const { text, label } of all(parity.generate({ length: 25 }))) {
      expect(text).toMatch(/^[01]{1,25}$/)
      expect(label).toBe((text.match(/1/g) ?? []).length % 2 === 0 ? 'even' : 'odd')
    }
  })

  it('says when there are no more rows', () => {
    expect(parity.generate({ count: 14, length: 3 }).train.items.length).toBeGreaterThan(9)
    expect(() => parity.generate({ count: 15, length: 3 })).toThrow(/count must be at most about 14/)
  })
})

describe('dyck', () => {
  it('has balanced words only, as deep and as long as asked for', () => {
    const closing: Record<string, string> = { '(': ')', '[': ']', '{': '}', '<': '>' }
    for (const [kinds, depth, length] of [
      [2, 6, 60],
      [4, 3, 31],
      [1, 12, 40],
    ]) {
      let deepest = 0
      for (const word of all(dyck.generate({ count: 500, kinds, depth, length }))) {
        const open: string[] = []
        for (const character of word) {
          if (closing[character]) open.push(closing[character])
          else expect(open.pop()).toBe(character)
          deepest = Math.max(deepest, open.length)
        }
        expect(open).toEqual([])
        expect(word.length).toBeLessThanOrEqual(length)
        expect(new Set(word.replace(/[)\]}>]/g, '')).size).toBeLessThanOrEqual(kinds)
      }
      expect(deepest).toBe(depth)
    }
  })
})
