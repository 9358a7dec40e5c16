/* Reviews of films in three classes, positive, negative and neutral, whose sense no single word decides:
 *
 *     the acting is not dull                            negation turns a word round
 *     the plot is great but the cast is weak            the last clause counts
 *     although the plot is great , the cast is weak     the main clause counts, …
 *     the cast is weak although the plot is great       … wherever it stands
 *     the music is charming , or so they say            a late word turns all before it round
 *     i expected a dull film and got a funny one        what was got counts
 *     it is neither great nor weak                      two opposites make nothing
 *
 * Clauses are drawn alike for every class, so the words of most reviews fit more than one. */

import type { Random } from '../../random.js'
import type { LabelledText } from '../corpora/items.js'
import { defineCorpus, type GenerateCorpusOptions } from './generatedCorpus.js'

export const sentiments = ['positive', 'negative', 'neutral'] as const
export type Sentiment = (typeof sentiments)[number]

const adjectives: Record<Sentiment, readonly string[]> = {
  positive: ['great', 'wonderful', 'brilliant', 'moving', 'funny', 'charming', 'clever', 'fresh'],
  negative: ['dull', 'awful', 'boring', 'weak', 'clumsy', 'silly', 'tired', 'shallow'],
  neutral: ['ordinary', 'average', 'usual', 'unremarkable', 'conventional', 'familiar'],
}
const subjects = ['acting', 'plot', 'ending', 'music', 'dialogue', 'cast', 'story', 'script', 'film', 'photography']
const degrees = ['', '', 'very ', 'really ', 'rather ', 'quite ']
const negations = ['not', 'never', 'far from', 'anything but', 'hardly']
const doubts = [', or so they say', ', they promised , and they lied', '– if you believe the poster']
const opposite: Record<Sentiment, Sentiment> = { positive: 'negative', negative: 'positive', neutral: 'neutral' }
const poles = ['positive', 'negative'] as const

interface Clause {
  readonly text: string
  readonly label: Sentiment
}

function clause(random: Random): Clause {
  const subject = random.choose(subjects)
  if (random.chance(0.35)) {
    const pole = random.choose(poles)
    return {
      text: `the ${subject} is ${random.choose(negations)} ${random.choose(adjectives[pole])}`,
      label: opposite[pole],
    }
  }
  const label = random.choose(sentiments)
  return { text: `the ${subject} is ${random.choose(degrees)}${random.choose(adjectives[label])}`, label }
}

function review(random: Random): Clause {
  const kind = random.integer(0, 19)
  if (kind < 5) return clause(random)
  if (kind < 8) {
    const doubted = clause(random)
    return { text: `${doubted.text} ${random.choose(doubts)}`, label: opposite[doubted.label] }
  }
  if (kind < 11) {
    const [got, expected] = [random.choose(sentiments), random.choose(sentiments)]
    const [a, b] = [random.choose(adjectives[got]), random.choose(adjectives[expected])]
    const text = random.chance(0.5)
      ? `i expected a ${b} film and got a ${a} one`
      : `i got a ${a} film and expected a ${b} one`
    return { text: text.replace(/\ba (?=[aeiou])/g, 'an '), label: got }
  }
  if (kind < 13) {
    const pole = random.choose(poles)
    const [a, b] = [random.choose(adjectives[pole]), random.choose(adjectives[opposite[pole]])]
    return { text: `the ${random.choose(subjects)} is neither ${a} nor ${b}`, label: 'neutral' }
  }
  const [main, side] = [clause(random), clause(random)]
  if (kind < 16) return { text: `${side.text} but ${main.text}`, label: main.label }
  if (kind < 18) return { text: `although ${side.text} , ${main.text}`, label: main.label }
  return { text: `${main.text} although ${side.text}`, label: main.label }
}

export const reviews = defineCorpus<LabelledText, GenerateCorpusOptions>({
  name: 'reviews',
  task: 'classify',
  description:
    'Short film reviews, positive, negative or neutral, whose sense turns on negation (`not dull`), on which clause is ' +
    'the main one (`although …`), and on late words (`, or so they say`): counting words is not enough, their order ' +
    'decides.',
  fileForm: 'tab-separated columns text and label, with a header',
  defaultCount: 12_000,
  header: 'text\tlabel\n',
  drawer: () => random => {
    const { text, label } = review(random)
    return { text: `${text} .`, label }
  },
  keyOf: ({ text }) => text,
  linesOf: ({ text, label }) => `${text}\t${label}\n`,
})
