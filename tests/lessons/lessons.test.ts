/* Every lesson shows what it promises, whatever the seed. */
import { afterAll, describe, expect, test } from 'vitest'
import { openEngine } from '../../src/engine/open.js'
import { lessons } from '../../src/lessons/lessons.js'

describe('lessons', async () => {
  const engine = await openEngine({})
  afterAll(() => engine.close())

  /** All tables of a lesson, without their heads. */
  async function tablesOf(name: string, seed = 1): Promise<string[][][]> {
    const lesson = lessons.find(each => each.name === name)
    const tables: string[][][] = []
    for await (const part of lesson?.run({ engine, seed }) ?? [])
      if ('table' in part) tables.push(part.table.slice(1).map(row => [...row]))
    return tables
  }

  for (const name of ['recurrence', 'bptt'])
    test(`${name}: by hand as by the kernel`, async () => {
      const [rows] = await tablesOf(name)
      expect(rows.length).toBeGreaterThan(3)
      for (const row of rows) {
        const [hand, kernel] = row.slice(-2).map(cell => cell.split(' ').map(Number))
        hand.forEach((value, i) => {
          expect(kernel[i]).toBeCloseTo(value, 3)
        })
      }
    })

  for (const seed of [1, 2])
    test(`ngram, seed ${seed}: the trigram guesses past its window, the state remembers`, async () => {
      const [rows] = await tablesOf('ngram', seed)
      for (const [dots, , trigram, gru] of rows) {
        if (dots === '0') expect(Number(trigram)).toBeGreaterThan(0.9)
        else expect(Number(trigram)).toBeLessThan(0.3)
        expect(Number(gru)).toBeGreaterThan(0.9)
      }
    })

  test('teacher-forcing: the sentence both ways, step by step, and the cures', async () => {
    const [forced, free, cures] = await tablesOf('teacher-forcing')
    expect(forced.map(([, , truth]) => truth)).toEqual(['This', 'is', 'a', 'cat', '.', '(line end)'])
    forced.slice(1).forEach(([fed], i) => {
      expect(fed).toBe(forced[i][2])
    })
    free.slice(2).forEach(([fed], i) => {
      expect(fed).toBe(free[i + 1][1])
    })
    expect(forced.some(([, , , wrong]) => wrong)).toBe(true)
    expect(Number(cures.at(-1)?.[2])).toBeGreaterThan(0.95)
  })

  test('exploding: without clipping NaN, with it a loss that falls', async () => {
    const [rows] = await tablesOf('exploding')
    for (const [named, , worst, last, , end] of rows)
      if (named.startsWith('no clipping')) expect(end).toMatch(/^NaN at step \d+$/)
      else expect(Number(last)).toBeLessThan(Number(worst) / 3)
  })

  for (const seed of [1, 2])
    test(`bidirectional, seed ${seed}: one direction guesses, both know`, async () => {
      const [[one, both]] = await tablesOf('bidirectional', seed)
      expect(Number(one[3])).toBeLessThan(0.65)
      expect(Number(both[3])).toBeGreaterThan(0.99)
    })

  test.skipIf(!process.env.RECURRA_LONG)('vanishing: tanh forgets, its cures remember', async () => {
    const [rows] = await tablesOf('vanishing')
    const share = Object.fromEntries(rows.map(row => [row[0], Number(row[3])]))
    expect(share.tanh).toBeLessThan(0.3)
    for (const [name, right] of Object.entries(share)) if (name !== 'tanh') expect(right, name).toBeGreaterThan(0.6)
  })
})
