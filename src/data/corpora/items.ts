/* Corpora of items: sentences, labelled texts, pairs, tagged sentences, sequences of numbers. Items are counted, repeated
 * ones are found, and a split holds every item exactly once. */
import { ConfigurationError } from '../../errors.js'
import { mostDifferent } from '../tokenizers/tally.js'
import { TextCorpus } from './corpus.js'
import { drawParts, type PartOptions } from './parts.js'

/** A text and its class. */
export interface LabelledText {
  readonly text: string
  readonly label: string
}

/** A text and its translation, or whatever else one text becomes. */
export interface TextPair {
  readonly source: string
  readonly target: string
}

/** Words, and a tag for each. */
export interface TaggedSentence {
  readonly words: readonly string[]
  readonly tags: readonly string[]
}

/** Numbers over time, and the numbers that are asked for at the end. */
export interface NumberSequence {
  /** [time, feature] */
  readonly inputs: Float64Array
  readonly features: number
  readonly targets: Float64Array
}

export class ItemCorpus<Item> {
  constructor(
    readonly items: readonly Item[],
    readonly name: string,
  ) {}
}

export interface ItemSplits<Item> {
  train: ItemCorpus<Item>
  validation: ItemCorpus<Item>
  test: ItemCorpus<Item>
  /** How many items repeated an earlier one, whether they were removed or not. */
  duplicates: number
}

/** Shares are shares of the items. */
export interface ItemSplitOptions<Item> extends PartOptions {
  /** Whether items that repeat an earlier one are removed before splitting. Default false. */
  removeDuplicates?: boolean | undefined
  /** Two items with the same key are the same. Default: their JSON. */
  keyOf?: ((item: Item) => string) | undefined
  /** Items of one group stay in one part (pairs of one source sentence). Default: each item is alone. */
  groupOf?: ((item: Item) => string) | undefined
}

/**
 * Draws items into test and validation by seed; the rest trains. In every part the items keep their order. Throws
 * ConfigurationError when a share is not between 0 and 1 or a part would stay empty.
 */
export function splitItems<Item>(items: readonly Item[], options: ItemSplitOptions<Item> = {}): ItemSplits<Item> {
  const { removeDuplicates = false, keyOf, groupOf, name = 'items', ...shares } = options
  const unique = withoutDuplicates(items, keyOf)
  const kept = removeDuplicates ? unique : items
  const groups = groupOf ? groupsOf(kept, groupOf) : kept.map((_, i) => [i])
  const sizes = groups.map(group => group.length)
  const called = groupOf ? 'groups' : 'items'
  const parts = drawParts({ sizes, counted: 'items', called }, { ...shares, name })
  const part = (drawn: number[], called: string) => {
    const indices = drawn.flatMap(group => groups[group]).sort((a, b) => a - b)
    return new ItemCorpus(
      indices.map(i => kept[i]),
      `${name} (${called})`,
    )
  }
  return {
    train: part(parts.train, 'training'),
    validation: part(parts.validation, 'validation'),
    test: part(parts.test, 'test'),
    duplicates: items.length - unique.length,
  }
}

/** The first of each item that repeats. @throws ConfigurationError for more different items than can be told apart */
export function withoutDuplicates<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string = item => JSON.stringify(item),
): Item[] {
  const seen = new Set<string>()
  return items.filter(item => {
    const key = keyOf(item)
    if (seen.has(key)) return false
    if (seen.size >= mostDifferent)
      throw new ConfigurationError(
        `a corpus may have ${mostDifferent} different items; it has more; give a smaller one`,
      )
    seen.add(key)
    return true
  })
}

function groupsOf<Item>(items: readonly Item[], groupOf: (item: Item) => string): number[][] {
  const groups = new Map<string, number[]>()
  items.forEach((item, i) => {
    const name = groupOf(item)
    const group = groups.get(name)
    if (group) group.push(i)
    else groups.set(name, [i])
  })
  return [...groups.values()]
}

/** Sentences as a stream, one a line: what a language model over a stream trains on. */
export function linesOfText({ items, name }: ItemCorpus<string>): TextCorpus {
  return new TextCorpus(items.map(sentence => `${sentence}\n`).join(''), name)
}
