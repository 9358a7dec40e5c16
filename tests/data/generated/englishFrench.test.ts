/* Each English sentence has its French one: agreement, elision and word order, read back here. */
import { describe, expect, it } from 'vitest'
import { beginsWithVowel, englishFrench } from '../../../src/data/generated/englishFrench.js'
import { adjectives, nouns, verbs } from '../../../src/data/generated/englishFrenchWords.js'
import { all } from './allItems.js'

describe('english-french', () => {
  const pairs = all(englishFrench.generate())

  it('gives every English sentence one translation, whatever the seed', () => {
    const french = new Map(pairs.map(({ source, target }) => [source, target]))
    for (const seed of [2, 3]) {
      for (const { source, target } of all(englishFrench.generate({ seed }))) {
        expect(french.get(source) ?? target).toBe(target)
      }
    }
  })

  it('elides before every vowel and nowhere else', () => {
    for (const { target } of pairs) {
      const words = target.split(' ')
      words.slice(0, -1).forEach((word, i) => {
        const vowel = beginsWithVowel(words[i + 1])
        if (/^(le|la|de|je|ne|me|que|ce|ma)$/.test(word)) expect(`${target}: ${vowel}`).toBe(`${target}: false`)
        if (/^(l|d|j|n|m|qu)'$/.test(word)) expect(`${target}: ${vowel}`).toBe(`${target}: true`)
      })
    }
  })

  it('has articles, nouns and adjectives that agree', () => {
    const noun = new Map(
      nouns.flatMap(each => [0, 1].map(n => [each.french[n], { ...each, plural: n === 1 }] as const)),
    )
    const forms = new Map<string, Set<number>>()
    for (const { french } of adjectives)
      french.forEach((form, i) => {
        forms.set(form, (forms.get(form) ?? new Set()).add(i))
      })
    for (const { target } of pairs) {
      const words = target.split(' ')
      words.forEach((word, i) => {
        const found = noun.get(word)
        if (found === undefined || word === 'souris') return
        const before = forms.has(words[i - 1]) ? i - 1 : undefined
        const adjective = forms.has(words[i + 1]) ? i + 1 : before
        const agreeing = (found.feminine ? 1 : 0) + (found.plural ? 2 : 0)
        if (adjective !== undefined) expect(forms.get(words[adjective])?.has(agreeing)).toBe(true)
        const article = words[(before ?? i) - 1]
        const allowed = found.plural
          ? ['les', 'mes', 'ces', 'deux']
          : found.feminine
            ? ['la', "l'", 'une', 'ma', 'mon', 'cette', 'de', "d'"]
            : ['le', "l'", 'un', 'mon', 'ce', 'cet', 'de', "d'"]
        expect(allowed).toContain(article)
      })
    }
  })

  it('sets ne before the verb and pas behind it, in negations and only there', () => {
    const forms = new Set(verbs.flatMap(verb => verb.french))
    for (const { source, target } of pairs) {
      const words = target.split(' ')
      const verb = words.findIndex(word => forms.has(word))
      expect(verb).toBeGreaterThan(0)
      const negative = source.split(' ').includes('not')
      expect(words[verb + 1] === 'pas').toBe(negative)
      expect(words.slice(0, verb).some(word => word === 'ne' || word === "n'")).toBe(negative)
      expect(source.endsWith('?')).toBe(target.startsWith('est-ce qu'))
      if (negative) expect(words.slice(verb)).not.toContain('un')
    }
  })

  it('translates as a teacher would', () => {
    const french = new Map(pairs.map(({ source, target }) => [source, target]))
    expect(french.size).toBe(20_000)
    for (const [source, target] of [
      ['we hear the women .', 'nous entendons les femmes .'],
      ['these girls do not wait for him .', "ces filles ne l' attendent pas ."],
      ['does she hear her ?', "est-ce qu' elle l' entend ?"],
    ]) {
      expect(french.get(source)).toBe(target)
    }
  })
})
