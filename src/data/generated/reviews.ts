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

import type { LabelledText } from '../corpora/items.js'
import type { Draw } from '../draw.js'
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

function clause(draw: Draw): Clause {
  const subject = draw.of(subjects)
  if (draw.chance(0.35)) {
    const pole = draw.of(poles)
    return { text: `the ${subject} is ${draw.of(negations)} ${draw.of(adjectives[pole])}`, label: opposite[pole] }
  }
  const label = draw.of(sentiments)
  return { text: `the ${subject} is ${draw.of(degrees)}${draw.of(adjectives[label])}`, label }
}

function review(draw: Draw): Clause {
  const kind = draw.whole(0, 19)
  if (kind < 5) return clause(draw)
  if (kind < 8) {
    const doubted = clause(draw)
    return { text: `${doubted.text} ${draw.of(doubts)}`, label: opposite[doubted.label] }
  }
  if (kind < 11) {
    const [got, expected] = [draw.of(sentiments), draw.of(sentiments)]
    const [a, b] = [draw.of(adjectives[got]), draw.of(adjectives[expected])]
    const text = draw.chance(0.5)
      ? `i expected a ${b} film and got a ${a} one`
      : `i got a ${a} film and expected a ${b} one`
    return { text: text.replace(/\ba (?=[aeiou])/g, 'an '), label: got }
  }
  if (kind < 13) {
    const pole = draw.of(poles)
    const [a, b] = [draw.of(adjectives[pole]), draw.of(adjectives[opposite[pole]])]
    return { text: `the ${draw.of(subjects)} is neither ${a} nor ${b}`, label: 'neutral' }
  }
  const [main, side] = [clause(draw), clause(draw)]
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
  drawer: () => draw => {
    const { text, label } = review(draw)
    return { text: `${text} .`, label }
  },
  keyOf: ({ text }) => text,
  linesOf: ({ text, label }) => `${text}\t${label}\n`,
})
