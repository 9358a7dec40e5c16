/* Tagged sentences as batches: those of about equal length together, padded; each word by number, and the different words of
 * a batch by their characters, each once. */

import { type PaddedBatch, padded } from '../../data/batches/buckets.js'
import type { ItemCorpus, TaggedSentence } from '../../data/corpora/items.js'
import type { CharacterTokenizer } from '../../data/tokenizers/characterTokenizer.js'
import type { WordTokenizer } from '../../data/tokenizers/wordTokenizer.js'
import { ConfigurationError } from '../../errors.js'
import { bucketedBatches } from '../shared/bucketedBatches.js'
import type { BatchSource } from '../shared/trainable.js'

/** Words by number, [time, batch]. */
export interface WordBatch extends PaddedBatch {
  /** The characters of each different word, [characters, words]. */
  readonly spellings: PaddedBatch
  /** [time, batch]: which of these each word is; −1 past a sentence's end */
  readonly spelt: Int32Array
}

export interface TaggedBatch extends WordBatch {
  /** [time, batch]: the true tags by number; −1 past a sentence's end */
  readonly targets: Int32Array
}

export interface Vocabularies {
  readonly words: WordTokenizer
  readonly characters: CharacterTokenizer
}

/** No word that people write is longer: the characters after these are not read. */
const LONGEST_WORD = 64

export const wordNumber = (words: WordTokenizer, word: string): number =>
  words.id(words.foldCase ? word.toLowerCase() : word)

export function wordBatch(sentences: readonly (readonly string[])[], { words, characters }: Vocabularies): WordBatch {
  const numbers = new Map<string, number>()
  const spellings: Int32Array[] = []
  const spelt = sentences.map(sentence =>
    sentence.map(word => {
      const known = numbers.get(word)
      if (known !== undefined) return known
      const tokens = characters.encode(word.slice(0, 2 * LONGEST_WORD)).slice(0, LONGEST_WORD)
      spellings.push(tokens.length > 0 ? tokens : Int32Array.of(characters.unknown))
      numbers.set(word, spellings.length - 1)
      return spellings.length - 1
    }),
  )
  return {
    ...padded(sentences.map(sentence => sentence.map(word => wordNumber(words, word)))),
    spellings: padded(spellings),
    spelt: padded(spelt, -1).tokens,
  }
}

/**
 * @param tags those of the model
 * @throws ConfigurationError where there are no sentences, or a tag is not the model's
 */
export function taggerBatches(
  vocabularies: Vocabularies,
  tags: readonly string[],
  { items, name }: ItemCorpus<TaggedSentence>,
  { batchSize, seed }: { batchSize: number; seed?: number | undefined },
): BatchSource<TaggedBatch> {
  const numbers = new Map(tags.map((tag, i) => [tag, i]))
  const sentences = items.map((sentence, i) => {
    checkSentence(sentence, `${name}: sentence ${i}`)
    const targets = sentence.tags.map(tag => {
      const number = numbers.get(tag)
      if (number !== undefined) return number
      throw new ConfigurationError(
        `${name}: sentence ${i} has the tag ${tag}, which the model does not have; it has ${tags.slice(0, 20).join(', ')}`,
      )
    })
    return { words: sentence.words, targets }
  })
  return bucketedBatches(sentences, {
    ...{ name, batchSize, seed },
    lengthOf: ({ words }) => words.length,
    batchOf: chosen => {
      const batch = wordBatch(
        chosen.map(({ words }) => words),
        vocabularies,
      )
      const targets = padded(
        chosen.map(each => each.targets),
        -1,
      ).tokens
      return { ...batch, targets }
    },
  })
}

/** @throws ConfigurationError for a sentence without words, or with more or fewer tags */
export function checkSentence({ words, tags }: TaggedSentence, where: string): void {
  if (words.length === 0) throw new ConfigurationError(`${where} has no words; leave it out`)
  if (words.length !== tags.length)
    throw new ConfigurationError(`${where} must have a tag for each of its ${words.length} words; got ${tags.length}`)
}
