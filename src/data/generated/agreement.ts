/* Elman's grammar of relative clauses (J. L. Elman, Distributed representations, simple recurrent networks, and
 * grammatical structure, Machine Learning 7, 1991):
 *
 *     S  → NP VP .            NP → name | noun | noun RC          VP → verb (NP)
 *     RC → who VP             the head is the clause's subject: boys who chase dogs
 *        | who NP verb        the head is the verb's missing object: boys who dogs chase
 *
 * Verbs agree in number with their subjects, over relative clauses of any length between them; chase and feed need an
 * object, see and hear may have one, walk and live have none. Which number the main verb has can only be known from its
 * subject, or from a verb that agrees with it: a model whose window does not reach back to them is at chance. */
import type { Random } from '../../random.js'
import { defineCorpus, type GenerateCorpusOptions } from './generatedCorpus.js'

export type GrammaticalNumber = 'singular' | 'plural'

export interface AgreementSentence {
  /** The words with a space between them, the full stop included. */
  readonly text: string
  readonly words: readonly string[]
  /** Where the main verb stands, from 0 on. */
  readonly verb: number
  /** Words from the main verb's subject to the verb; 1 if they are neighbours. */
  readonly distance: number
  /**
   * Words from the nearest word that tells the subject's number to the verb: the subject, or the verb of a relative clause
   * whose subject it is (boys who *chase* dogs). A window that does not reach it leaves only chance.
   */
  readonly cueDistance: number
  /** The subject's number, which the main verb must have. */
  readonly number: GrammaticalNumber
  /** The main verb, and the same verb in the wrong number. */
  readonly verbForm: string
  readonly otherForm: string
  /** Nouns of the other number between subject and verb, which mislead. */
  readonly attractors: number
}

const names = ['John', 'Mary']
const nouns: Record<GrammaticalNumber, readonly string[]> = {
  singular: ['boy', 'girl', 'cat', 'dog'],
  plural: ['boys', 'girls', 'cats', 'dogs'],
}
const verbs = [
  { singular: 'chases', plural: 'chase', object: 'needed' },
  { singular: 'feeds', plural: 'feed', object: 'needed' },
  { singular: 'sees', plural: 'see', object: 'possible' },
  { singular: 'hears', plural: 'hear', object: 'possible' },
  { singular: 'walks', plural: 'walk', object: 'none' },
  { singular: 'lives', plural: 'live', object: 'none' },
] as const
const transitive = verbs.filter(verb => verb.object !== 'none')

// Elman's sentences are short; these chances give a third of the main verbs a distance of five or more.
const CLAUSE_AT_SUBJECT = 0.75
const CLAUSE_ELSEWHERE = 0.35
const MAX_DEPTH = 4

interface Phrase {
  readonly words: readonly string[]
  readonly number: GrammaticalNumber
}

function nounPhrase(random: Random, chance: number, depth: number): Phrase {
  const clause = depth < MAX_DEPTH && random.chance(chance)
  if (!clause && random.chance(0.2)) return { words: [random.choose(names)], number: 'singular' }
  const number = random.choose(['singular', 'plural'] as const)
  const head = random.choose(nouns[number])
  return { words: clause ? [head, ...relativeClause(random, number, depth + 1)] : [head], number }
}

function relativeClause(random: Random, head: GrammaticalNumber, depth: number): string[] {
  if (random.chance(0.5)) return ['who', ...verbPhrase(random, head, depth)]
  const { words, number } = nounPhrase(random, CLAUSE_ELSEWHERE, depth)
  return ['who', ...words, random.choose(transitive)[number]]
}

function verbPhrase(random: Random, number: GrammaticalNumber, depth: number): string[] {
  const verb = random.choose(verbs)
  const withObject = verb.object === 'needed' || (verb.object === 'possible' && random.chance(0.5))
  return withObject ? [verb[number], ...nounPhrase(random, CLAUSE_ELSEWHERE, depth).words] : [verb[number]]
}

/** The sentence read by the grammar; undefined where it is none of the grammar's, a verb in the wrong number included. */
export function readAgreement(text: string): AgreementSentence | undefined {
  const words = text.split(' ')
  const end = readNounPhrase(words, 0)
  const number = numberOf(words[0])
  if (end === undefined || number === undefined) return undefined
  const after = readVerbPhrase(words, end, number)
  if (after === undefined || after !== words.length - 1 || words[after] !== '.') return undefined
  const verb = verbs.find(each => each[number] === words[end])
  if (verb === undefined) return undefined
  const other = number === 'singular' ? 'plural' : 'singular'
  return {
    text,
    words,
    verb: end,
    distance: end,
    cueDistance: words[1] === 'who' && numberOf(words[2]) === undefined ? end - 2 : end,
    number,
    verbForm: verb[number],
    otherForm: verb[other],
    attractors: words.slice(1, end).filter(word => numberOf(word) === other).length,
  }
}

function numberOf(word: string): GrammaticalNumber | undefined {
  if (names.includes(word) || nouns.singular.includes(word)) return 'singular'
  return nouns.plural.includes(word) ? 'plural' : undefined
}

/** Where the noun phrase ends that begins at `at`. */
function readNounPhrase(words: readonly string[], at: number): number | undefined {
  const number = numberOf(words[at])
  if (number === undefined) return undefined
  if (words[at + 1] !== 'who') return at + 1
  if (names.includes(words[at])) return undefined
  if (numberOf(words[at + 2]) === undefined) return readVerbPhrase(words, at + 2, number)
  const subject = numberOf(words[at + 2]) as GrammaticalNumber
  const end = readNounPhrase(words, at + 2)
  return end !== undefined && transitive.some(verb => verb[subject] === words[end]) ? end + 1 : undefined
}

function readVerbPhrase(words: readonly string[], at: number, number: GrammaticalNumber): number | undefined {
  const verb = verbs.find(each => each[number] === words[at])
  if (verb === undefined) return undefined
  const hasObject = numberOf(words[at + 1]) !== undefined
  if (hasObject) return verb.object === 'none' ? undefined : readNounPhrase(words, at + 1)
  return verb.object === 'needed' ? undefined : at + 1
}

export const agreement = defineCorpus<AgreementSentence, GenerateCorpusOptions>({
  name: 'agreement',
  task: 'lm',
  description:
    "Sentences of Elman's (1991) grammar with relative clauses, as `boys who Mary sees walk .`: " +
    'verbs agree in number with subjects that stand far before them. Each sentence carries its main verb, the ' +
    "verb's distance from its subject and its correct number, so that accuracy can be told by distance.",
  fileForm: 'one sentence a line',
  defaultCount: 20_000,
  drawer: () => random => {
    const subject = nounPhrase(random, CLAUSE_AT_SUBJECT, 0)
    const words = [...subject.words, ...verbPhrase(random, subject.number, 0), '.']
    return readAgreement(words.join(' ')) as AgreementSentence
  },
  linesOf: ({ text }) => `${text}\n`,
})
