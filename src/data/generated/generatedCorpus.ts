/* What a built-in corpus is: data that a seed alone makes, so that every command has a default and every result can be
 * made again. One file a corpus; generatedCorpora.ts lists them. */
import { fold, Random, seedKey } from '../../random.js'
import { TextCorpus, type TextSplits } from '../corpora/corpus.js'
import { type ItemCorpus, type ItemSplits, splitItems } from '../corpora/items.js'
import { distinct } from '../distinct.js'

/** What the corpus is made for: the object of `recurra train`. */
export type GeneratedTask = 'lm' | 'classify' | 'tag' | 'translate' | 'regress'

export interface GenerateCorpusOptions {
  /** Which items are drawn, and how they are split. Default 1. */
  seed?: number | undefined
  /** Number of items, all different; a tenth is held out for validation and a tenth for the test. */
  count?: number | undefined
}

export interface GeneratedSplits<Item> extends ItemSplits<Item> {
  /** All items in the corpus's file form. */
  toFile(): string
  /** The parts in the corpus's file form without a header: a language model's streams. */
  asText(): TextSplits
}

export interface GeneratedCorpus<Item, Options extends GenerateCorpusOptions = GenerateCorpusOptions> {
  readonly name: string
  readonly task: GeneratedTask
  /** What a token of it is. */
  readonly unit: 'word' | 'character'
  /** What it is, where it comes from, and what it shows; in one paragraph. */
  readonly description: string
  /** The file form, in a few words. */
  readonly fileForm: string
  readonly defaultCount: number
  /** @throws ConfigurationError where there are not that many different items */
  generate(options?: Options): GeneratedSplits<Item>
}

export interface CorpusDefinition<Item, Options> {
  readonly name: string
  readonly task: GeneratedTask
  /** What a token of it is. Default `word`. */
  readonly unit?: 'word' | 'character'
  readonly description: string
  readonly fileForm: string
  readonly defaultCount: number
  /** How items are drawn under these options; throws ConfigurationError for an option that cannot be. */
  drawer(options: Options): (random: Random) => Item
  /** Two items with the same key are the same. Default: their lines. */
  keyOf?(item: Item): string
  /** The item in the file, line ends included. */
  linesOf(item: Item): string
  /** First line of the file, with its line end. Default: none. */
  readonly header?: string
}

export function defineCorpus<Item, Options extends GenerateCorpusOptions>(
  definition: CorpusDefinition<Item, Options>,
): GeneratedCorpus<Item, Options> {
  const { name, task, unit = 'word', description, fileForm, defaultCount } = definition
  const { header = '', linesOf, keyOf = linesOf } = definition
  const generate = (options = {} as Options): GeneratedSplits<Item> => {
    const { seed = 1, count = defaultCount } = options
    const random = new Random(fold(seedKey(seed), 'generatedCorpus'))
    const drawItem = definition.drawer(options)
    const items = distinct(count, () => drawItem(random), keyOf, name)
    const splits = splitItems(items, { seed, validation: 0.1, test: 0.1, name, keyOf })
    const text = (corpus: ItemCorpus<Item>) => new TextCorpus(corpus.items.map(linesOf).join(''), corpus.name)
    return {
      ...splits,
      toFile: () => header + items.map(linesOf).join(''),
      asText: () => ({
        train: text(splits.train),
        validation: text(splits.validation),
        test: text(splits.test),
      }),
    }
  }
  return { name, task, unit, description, fileForm, defaultCount, generate }
}
