/* Lines to remember something over: a letter, dots, a question mark, the letter again: `b......?b`. Everything but the last
 * letter is easy; that one must be carried through all the dots. */

import { TextCorpus } from '../data/corpora/corpus.js'
import { fold, Random, seedKey } from '../random.js'

export const KEYS = ['a', 'b', 'c', 'd']

/** The right letter's loss, in nats, of whoever has forgotten it. */
export const CHANCE = Math.log(KEYS.length)

export const question = (key: string, dots: number): string => `${key}${'.'.repeat(dots)}?`

/** @param dots the fewest and the most of a line */
export function recallLines(
  count: number,
  dots: { readonly least: number; readonly most: number },
  seed: number,
): TextCorpus {
  const random = new Random(fold(seedKey(seed), 'lessonData'))
  const lines = Array.from({ length: count }, () => {
    const key = random.choose(KEYS)
    return `${question(key, random.integer(dots.least, dots.most))}${key}\n`
  })
  return new TextCorpus(lines.join(''), 'recall')
}

/** Mean probability of the right letter at the end. */
export function recallOf(
  model: { next(text: string, options: { top: number }): { text: string; probability: number }[] },
  dots: number,
): number {
  const found = KEYS.map(
    key => model.next(question(key, dots), { top: 100 }).find(each => each.text === key)?.probability ?? 0,
  )
  return found.reduce((sum, probability) => sum + probability, 0) / KEYS.length
}
