/* A small English–French grammar, for translation: agreement (articles, adjectives and verbs agree in gender, number and
 * person), word order (most adjectives behind the noun, object pronouns before the verb, `ne … pas` around it, questions
 * with `est-ce que`), `de` for un and une after a negation, elision (l', j', n', qu'). Every English sentence has one
 * translation: `you` is always vous, `they` always ils. Words and marks are set apart by spaces. */

import type { Random } from '../../random.js'
import type { TextPair } from '../corpora/items.js'
import {
  type Adjective,
  adjectives,
  type Noun,
  nouns,
  objectPronouns,
  subjectPronouns,
  type Verb,
  verbs,
} from './englishFrenchWords.js'
import { defineCorpus, type GenerateCorpusOptions } from './generatedCorpus.js'

/** A phrase in both languages, its words and what agrees with it. */
interface Phrase {
  readonly english: readonly string[]
  readonly french: readonly string[]
  readonly plural: boolean
}

interface Subject extends Phrase {
  /** Which of a verb's six forms: je, tu, il, nous, vous, ils. */
  readonly person: number
}

type Determiner = 'the' | 'a' | 'my' | 'this' | 'two'

/** The article before a noun; le and la lose their vowel later, where all words stand. */
function frenchDeterminer(determiner: Determiner, { feminine }: Noun, plural: boolean, vowelFollows: boolean): string {
  switch (determiner) {
    case 'the':
      return plural ? 'les' : feminine ? 'la' : 'le'
    case 'a':
      return feminine ? 'une' : 'un'
    case 'my':
      return plural ? 'mes' : feminine && !vowelFollows ? 'ma' : 'mon'
    case 'this':
      return plural ? 'ces' : feminine ? 'cette' : vowelFollows ? 'cet' : 'ce'
    case 'two':
      return 'deux'
  }
}

/** a, as, e, eau, é, ê, î, o … and the mute h of homme. */
export function beginsWithVowel(word: string): boolean {
  return /^(?:[aâeéèêiîoôuy]|homme)/.test(word)
}

/** After a negation un and une become de. */
function nounPhrase(random: Random, negated = false): Phrase {
  const noun = random.choose(nouns)
  const plural = random.chance(0.5)
  const determiner = random.choose<Determiner>(plural ? ['the', 'my', 'this', 'two'] : ['the', 'a', 'my', 'this'])
  const adjective = random.chance(0.5) ? random.choose(adjectives) : undefined
  const englishNoun = [...(adjective ? [adjective.english] : []), noun.english[plural ? 1 : 0]]
  const frenchNoun = frenchOrder(noun, adjective, plural)
  let article: string = determiner
  if (determiner === 'this' && plural) article = 'these'
  if (determiner === 'a' && /^[aeiou]/.test(englishNoun[0])) article = 'an'
  const frenchArticle =
    negated && determiner === 'a' ? 'de' : frenchDeterminer(determiner, noun, plural, beginsWithVowel(frenchNoun[0]))
  return {
    english: [article, ...englishNoun],
    french: [frenchArticle, ...frenchNoun],
    plural,
  }
}

function frenchOrder(noun: Noun, adjective: Adjective | undefined, plural: boolean): string[] {
  const word = noun.french[plural ? 1 : 0]
  if (adjective === undefined) return [word]
  const form = adjective.french[(noun.feminine ? 1 : 0) + (plural ? 2 : 0)]
  return adjective.before ? [form, word] : [word, form]
}

function subjectPhrase(random: Random): Subject {
  if (random.chance(0.4)) {
    const pronoun = random.choose(subjectPronouns)
    return { english: [pronoun.english], french: [pronoun.french], plural: pronoun.person > 2, person: pronoun.person }
  }
  const phrase = nounPhrase(random)
  return { ...phrase, person: phrase.plural ? 5 : 2 }
}

/** le, la, de, je, ne, me, que → l', j' …, before a vowel. */
export function elided(words: readonly string[]): string[] {
  return words.map((word, i) => {
    const short = ['le', 'la', 'de', 'je', 'ne', 'me', 'que'].includes(word)
    return short && i + 1 < words.length && beginsWithVowel(words[i + 1]) ? `${word.slice(0, -1)}'` : word
  })
}

const lateAdverbs = [
  { english: 'today', french: "aujourd'hui" },
  { english: 'tomorrow', french: 'demain' },
  { english: 'here', french: 'ici' },
]
const earlyAdverbs = [
  { english: 'always', french: 'toujours' },
  { english: 'often', french: 'souvent' },
]

function sentence(random: Random): TextPair {
  const subject = subjectPhrase(random)
  const verb: Verb = random.choose(verbs)
  const thirdSingular = subject.person === 2
  const negative = random.chance(0.35)
  const question = random.chance(0.2)
  // I and we do not take me and us for an object, nor you yourselves: those verbs would be reflexive.
  const firstOrSecond = subject.person === 0 || subject.person === 3 ? [0, 3] : subject.person === 4 ? [4] : []
  const pronouns = objectPronouns.filter(pronoun => !firstOrSecond.includes(pronoun.person))
  const pronoun = random.chance(0.35) ? random.choose(pronouns) : undefined
  const object = pronoun ? undefined : nounPhrase(random, negative)
  const early = random.chance(0.2) ? random.choose(earlyAdverbs) : undefined
  const late = random.chance(0.2) ? random.choose(lateAdverbs) : undefined

  const does = thirdSingular ? 'does' : 'do'
  const bare = negative || question
  const english = [
    ...(question ? [does] : []),
    ...subject.english,
    ...(negative ? (question ? ['not'] : [does, 'not']) : []),
    ...(early ? [early.english] : []),
    verb.english[thirdSingular && !bare ? 1 : 0],
    ...(pronoun ? [pronoun.english] : (object as Phrase).english),
    ...(late ? [late.english] : []),
    question ? '?' : '.',
  ]
  const french = [
    ...(question ? ['est-ce', 'que'] : []),
    ...subject.french,
    ...(negative ? ['ne'] : []),
    ...(pronoun ? [pronoun.french] : []),
    verb.french[subject.person],
    ...(negative ? ['pas'] : []),
    ...(early ? [early.french] : []),
    ...(object ? object.french : []),
    ...(late ? [late.french] : []),
    question ? '?' : '.',
  ]
  return { source: english.join(' '), target: elided(french).join(' ') }
}

export const englishFrench = defineCorpus<TextPair, GenerateCorpusOptions>({
  name: 'english-french',
  task: 'translate',
  description:
    'English sentences of a small grammar and their French translations: articles, adjectives and verbs agree, ' +
    'adjectives and object pronouns change their places, negation stands around the verb, vowels are elided. Every ' +
    'English sentence has one translation, so that exact matches can be counted.',
  fileForm: 'English and French, set apart by a tab',
  defaultCount: 20_000,
  drawer: () => sentence,
  keyOf: ({ source }) => source,
  linesOf: ({ source, target }) => `${source}\t${target}\n`,
})
