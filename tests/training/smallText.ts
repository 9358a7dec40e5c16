/* A text small enough for tests, with something to learn in it. */
import { TextCorpus } from '../../src/data/corpora/corpus.js'

const words = ['the cat', 'a dog', 'one bird', 'sees', 'likes', 'hears', 'a tree', 'the sea', 'no one']

/** `count` short lines; the same for the same seed. */
export function smallText(count = 200, seed = 1): string {
  let state = seed
  const draw = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 16) % below
  }
  return Array.from({ length: count }, () => `${words[draw(3)]} ${words[3 + draw(3)]} ${words[6 + draw(3)]}.\n`).join(
    '',
  )
}

export const smallSplits = (count = 200) => ({
  train: new TextCorpus(smallText(count, 1), 'small (training)'),
  validation: new TextCorpus(smallText(20, 2), 'small (validation)'),
  test: new TextCorpus(smallText(20, 3), 'small (test)'),
})
