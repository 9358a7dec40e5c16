// The built-in corpora are functions of their seed, and every item is what its corpus promises.
import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../../src/errors.js'
import { adding } from '../../src/text/generated/adding.js'
import { agreement, readAgreement } from '../../src/text/generated/agreement.js'
import { copy, copyBlank, copySign, copySymbols } from '../../src/text/generated/copy.js'
import { dates } from '../../src/text/generated/dates.js'
import { dyck } from '../../src/text/generated/dyck.js'
import { beginsWithVowel, englishFrench } from '../../src/text/generated/englishFrench.js'
import { adjectives, nouns, verbs } from '../../src/text/generated/englishFrenchWords.js'
import { generatedCorpora, generatedCorpus } from '../../src/text/generated/generatedCorpora.js'
import type { GeneratedSplits } from '../../src/text/generated/generatedCorpus.js'
import { parity } from '../../src/text/generated/parity.js'
import { reviews, sentiments } from '../../src/text/generated/reviews.js'
import type { ItemCorpus, LabelledText } from '../../src/text/items.js'

const all = <Item>({ train, validation, test }: GeneratedSplits<Item>): Item[] =>
  [train, validation, test].flatMap(part => part.items as Item[])
const seeds = [1, 2, 3]

describe.each(Object.keys(generatedCorpora))('the corpus %s', name => {
  const corpus = generatedCorpus(name)

  it('is a function of its seed', () => {
    const options = { seed: 5, count: 300 }
    expect(corpus.generate(options)).toEqual({
      ...corpus.generate(options),
      toFile: expect.any(Function),
      asText: expect.any(Function),
    })
    expect(corpus.generate(options).toFile()).toBe(corpus.generate(options).toFile())
    expect(corpus.generate(options).toFile()).not.toBe(corpus.generate({ ...options, seed: 6 }).toFile())
    expect(corpus.generate({ count: 300 }).toFile()).toBe(corpus.generate({ seed: 1, count: 300 }).toFile())
  })

  it('has as many items as asked for, all different, a tenth in each held-out part', () => {
    const splits = corpus.generate({ seed: 2, count: 500 })
    expect([splits.train, splits.validation, splits.test].map(part => part.items.length)).toEqual([400, 50, 50])
    expect(splits.duplicates).toBe(0)
    expect(new Set(all(splits).map(item => JSON.stringify(item))).size).toBe(500)
    expect(splits.test.name).toBe(`${name} (test)`)
  })

  it('writes every item into its file, and its parts as text', () => {
    const splits = corpus.generate({ count: 200 })
    const file = splits.toFile()
    const { train, validation, test } = splits.asText()
    expect(file.endsWith('\n')).toBe(true)
    expect(file).not.toContain('\r')
    const header = file.length - train.text.length - validation.text.length - test.text.length
    expect(header).toBe(file.startsWith('text\tlabel\n') ? 11 : 0)
    expect(train.name).toBe(`${name} (training)`)
  })

  it('says what it is', () => {
    expect(corpus.name).toBe(name)
    expect(corpus.description.length).toBeGreaterThan(80)
    expect(corpus.defaultCount).toBeGreaterThanOrEqual(10_000)
    expect(all(corpus.generate())).toHaveLength(corpus.defaultCount)
  })

  it('refuses counts that are none', () => {
    for (const count of [0, 1.5, Number.NaN]) expect(() => corpus.generate({ count })).toThrow(/count must be a whole/)
    expect(() => corpus.generate({ count: 2 })).toThrow(/2 items cannot fill three parts/)
  })
})

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

describe('agreement, foretold from the four words before the verb', () => {
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

/** Accuracy of naive Bayes on counted words (add one). */
function wordCounting(train: ItemCorpus<LabelledText>, test: ItemCorpus<LabelledText>): number {
  const counts = new Map<string, Map<string, number>>()
  const labels = new Map<string, number>()
  const totals = new Map<string, number>()
  for (const { text, label } of train.items) {
    labels.set(label, (labels.get(label) ?? 0) + 1)
    for (const word of text.split(' ')) {
      const own = counts.get(word) ?? new Map<string, number>()
      counts.set(word, own.set(label, (own.get(label) ?? 0) + 1))
      totals.set(label, (totals.get(label) ?? 0) + 1)
    }
  }
  const score = (text: string, label: string) =>
    text.split(' ').reduce(
      (sum, word) => {
        const count = counts.get(word)?.get(label) ?? 0
        return sum + Math.log((count + 1) / ((totals.get(label) as number) + counts.size))
      },
      Math.log(labels.get(label) as number),
    )
  const right = test.items.filter(({ text, label }) => {
    const scores = [...labels.keys()].map(each => [score(text, each), each] as const)
    return scores.reduce((best, each) => (each[0] > best[0] ? each : best))[1] === label
  })
  return right.length / test.items.length
}

describe('reviews', () => {
  const splits = reviews.generate()

  it('come in three classes, none rare', () => {
    for (const sentiment of sentiments) {
      const share = all(splits).filter(({ label }) => label === sentiment).length / reviews.defaultCount
      expect(share).toBeGreaterThan(0.2)
      expect(share).toBeLessThan(0.45)
    }
  })

  it('cannot be told by counting words', () => {
    expect(wordCounting(splits.train, splits.test)).toBeLessThan(0.65)
  })

  it('mean one thing each', () => {
    const label = new Map(all(reviews.generate({ count: 8000 })).map(({ text, label }) => [text, label]))
    for (const seed of [2, 3, 4]) {
      for (const item of all(reviews.generate({ seed, count: 8000 }))) {
        expect(label.get(item.text) ?? item.label).toBe(item.label)
      }
    }
  })
})

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
      ['we hear the men .', 'nous entendons les hommes .'],
      ['these men do not wait for him .', "ces hommes ne l' attendent pas ."],
      ['does she hear her ?', "est-ce qu' elle l' entend ?"],
    ]) {
      expect(french.get(source)).toBe(target)
    }
  })
})

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const tens = { twent: 20, thirt: 30 }
const ordinals = [
  ...['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth', 'eleventh'],
  ...['twelfth', 'thirteenth', 'fourteenth', 'fifteenth', 'sixteenth', 'seventeenth', 'eighteenth', 'nineteenth'],
]

/** Reads a date as a careful reader would, from its looks alone. */
function readDate(written: string): string {
  const text = written.toLowerCase()
  const iso = (year: string, month: string | number, day: string | number) => {
    const full = year.length === 4 ? year : `${Number(year) < 50 ? '20' : '19'}${year}`
    return `${full}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
  }
  const match = (pattern: RegExp) => pattern.exec(text)?.slice(1) as string[]
  if (/^\d{8}$/.test(text)) return iso(text.slice(0, 4), text.slice(4, 6), text.slice(6))
  if (/^\d{4}\/\d/.test(text)) return text.replaceAll('/', '-')
  if (text.includes('/')) {
    const [month, day, year] = text.split('/')
    return iso(year, month, day)
  }
  if (/^\d+\.\d+\.\d+$/.test(text)) {
    const [day, month, year] = text.split('.')
    return iso(year, month, day)
  }
  const name = months.findIndex(month => new RegExp(`\\b${month}`).test(text.replace(/^(mon|sun|sat)\w*/, ''))) + 1
  const [year] = match(/(\d{4}|(?<=['-])\d\d$)/)
  const rest = text.replace(year, '')
  const number = /\b(\d{1,2})(?!\d)/.exec(rest)
  if (number) return iso(year, name, number[1])
  const word = match(/the ([a-z-]+) of/)[0]
  const ten = Object.entries(tens).find(([stem]) => word.startsWith(stem))
  const unit = ordinals.indexOf(word.replace(/^(twenty|thirty)-/, '')) + 1
  return iso(year, name, (ten && /^(twent|thirt)(y-|ieth)/.test(word) ? ten[1] : 0) + unit)
}

describe('dates', () => {
  const pairs = all(dates.generate())

  it('parse back', () => {
    for (const { source, target } of pairs) expect(`${source} = ${readDate(source)}`).toBe(`${source} = ${target}`)
  })

  it('are days that exist, with their true weekdays', () => {
    const names = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
    for (const { source, target } of pairs) {
      const date = new Date(`${target}T00:00:00Z`)
      expect(date.toISOString().slice(0, 10)).toBe(target)
      const weekday = /^(sun|mon|tue|wed|thu|fri|sat)/i.exec(source)
      if (weekday) expect(weekday[1].toLowerCase()).toBe(names[date.getUTCDay()])
    }
  })

  it('count their days as English does', () => {
    const suffix: Record<string, string> = { 1: 'st', 2: 'nd', 3: 'rd', 21: 'st', 22: 'nd', 23: 'rd', 31: 'st' }
    const counted = pairs.flatMap(({ source }) => [...source.toLowerCase().matchAll(/\b(\d+)(st|nd|rd|th)\b/g)])
    expect(new Set(counted.map(([, day]) => day)).size).toBe(31)
    for (const [, day, ending] of counted) expect(`${day}${ending}`).toBe(`${day}${suffix[day] ?? 'th'}`)
  })

  it('come in many forms', () => {
    const looks = pairs.map(({ source }) => source.replace(/\d/g, '0').replace(/[a-z]+/gi, 'a'))
    expect(new Set(looks).size).toBeGreaterThan(18)
  })
})

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

describe('a corpus’s own options', () => {
  it('are refused where they cannot be', () => {
    for (const bad of [0, 1.5, Number.NaN]) {
      expect(() => adding.generate({ length: bad })).toThrow(ConfigurationError)
      expect(() => copy.generate({ delay: bad })).toThrow(ConfigurationError)
      expect(() => copy.generate({ length: bad })).toThrow(ConfigurationError)
      expect(() => parity.generate({ length: bad })).toThrow(ConfigurationError)
      expect(() => dyck.generate({ kinds: bad })).toThrow(ConfigurationError)
      expect(() => dyck.generate({ depth: bad })).toThrow(ConfigurationError)
      expect(() => dyck.generate({ length: bad })).toThrow(ConfigurationError)
    }
  })

  it('come with a name that is known', () => {
    expect(() => generatedCorpus('reviws')).toThrow(/no built-in corpus "reviws"; .*did you mean reviews\?$/)
    expect(() => generatedCorpus('toString')).toThrow(ConfigurationError)
  })
})
