/* The verb agrees with its own subject, however far before it that stands, and a window of four words does not see it. */
import { describe, expect, it } from 'vitest'
import { agreement, readAgreement } from '../../../src/data/generated/agreement.js'
import { all } from './allItems.js'

const seeds = [1, 2, 3]

describe('agreement', () => {
  const plural = /^(boys|girls|cats|dogs)$/
  const singular = /^(boy|girl|cat|dog|John|Mary)$/

  it('has a main verb that agrees with its subject, as far away as it says', () => {
    for (const seed of seeds) {
      for (const sentence of all(agreement.generate({ seed, count: 2000 }))) {
        const { words, verb, distance, number, verbForm, otherForm } = sentence
        expect(words.join(' ')).toBe(sentence.text)
        expect(words.at(-1)).toBe('.')
        expect(words[verb]).toBe(verbForm)
        expect(verb - distance).toBe(0)
        expect(words[0]).toMatch(number === 'plural' ? plural : singular)
        expect(verbForm.endsWith('s')).toBe(number === 'singular')
        expect(otherForm).toBe(number === 'singular' ? verbForm.slice(0, -1) : `${verbForm}s`)
        const between = words.slice(1, verb)
        expect(sentence.attractors).toBe(
          between.filter(word => (number === 'plural' ? singular : plural).test(word)).length,
        )
        expect(sentence.cueDistance).toBeLessThanOrEqual(distance)
        // As many verbs as clauses: the main one and one for each `who`.
        const verbsIn = words.filter(word => /^(chase|feed|see|hear|walk|live)s?$/.test(word))
        expect(verbsIn.length).toBe(1 + words.filter(word => word === 'who').length)
        // With the main verb in the wrong number it is no sentence.
        expect(readAgreement(words.with(verb, otherForm).join(' '))).toBeUndefined()
      }
    }
  })

  it('has every verb of every clause agree: turning any one round leaves no sentence', () => {
    for (const { words, verb } of all(agreement.generate({ count: 500 }))) {
      words.forEach((word, i) => {
        if (i === verb || !/^(chase|feed|see|hear|walk|live)s?$/.test(word)) return
        const turned = word.endsWith('s') ? word.slice(0, -1) : `${word}s`
        expect(readAgreement(words.with(i, turned).join(' '))).toBeUndefined()
      })
    }
  })

  it('reads sentences of its grammar only', () => {
    expect(readAgreement('boys who Mary sees walk .')).toMatchObject({ distance: 4, number: 'plural', attractors: 1 })
    expect(readAgreement('boys who Mary sees walk .')?.cueDistance).toBe(4)
    expect(readAgreement('boys who see Mary walk .')).toMatchObject({ distance: 4, cueDistance: 2 })
    for (const text of [
      ...['', 'boys', 'boys walk', 'boys walk . .', 'walk boys .', 'boys walk dogs .', 'boys chase .', 'Mary see .'],
      ...['boys who Mary sees dogs walk .', 'boys who Mary walks live .', 'Mary who walks lives .', 'boys who walk .'],
    ]) {
      expect(readAgreement(text)).toBeUndefined()
    }
  })

  it('has many main verbs far from all that tells their number, half of them singular', () => {
    const far = all(agreement.generate()).filter(({ cueDistance }) => cueDistance >= 5)
    expect(far.length).toBeGreaterThan(2000)
    const singulars = far.filter(({ number }) => number === 'singular').length
    expect(singulars / far.length).toBeGreaterThan(0.45)
    expect(singulars / far.length).toBeLessThan(0.55)
  })
})

describe('agreement, predicted from the four words before the verb', () => {
  const { train, test } = agreement.generate()
  const window = ({ words, verb }: (typeof train.items)[number]) => words.slice(Math.max(0, verb - 4), verb).join(' ')
  const plurals = new Map<string, number>()
  for (const sentence of train.items) {
    const vote = sentence.number === 'plural' ? 1 : -1
    plurals.set(window(sentence), (plurals.get(window(sentence)) ?? 0) + vote)
  }
  const accuracy = (sentences: typeof test.items) => {
    const right = sentences.filter(each => (plurals.get(window(each)) ?? 0) > 0 === (each.number === 'plural'))
    return right.length / sentences.length
  }

  it('is right where the window reaches what tells the number, at chance where it does not', () => {
    const far = test.items.filter(({ cueDistance }) => cueDistance > 4)
    expect(accuracy(far)).toBeGreaterThan(0.4)
    expect(accuracy(far)).toBeLessThan(0.6)
    // Not always: the same four words may be the end of a longer sentence.
    expect(accuracy(test.items.filter(({ cueDistance }) => cueDistance <= 4))).toBeGreaterThan(0.85)
  })
})
