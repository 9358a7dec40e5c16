/* Where a task's data come from. A task says which form its data have and what is read of them; whoever uses the task brings
 * the reader: files in Node (recurra/node), an upload or a store elsewhere. */
import type { TextCorpus } from '../data/corpora/corpus.js'
import type {
  ItemCorpus,
  ItemSplitOptions,
  ItemSplits,
  LabelledText,
  NumberSequence,
  TaggedSentence,
  TextPair,
} from '../data/corpora/items.js'
import type { Overlap } from '../data/corpora/overlap.js'
import type { WindowOptions } from '../data/corpora/series.js'
import type { SeriesCorpus } from '../data/corpora/timeSeries.js'
import type { LabelledColumns } from '../data/readers/rows.js'
import type { SeriesTableOptions } from '../data/readers/seriesTable.js'
import type { TagLineOptions } from '../data/readers/tagLines.js'
import type { MissingVectors, WordVectors } from '../data/wordVectors.js'

/** How a table's columns stand in its lines. */
export interface ColumnOptions {
  /** Names of the columns, where the first line does not hold them. */
  readonly columns?: readonly string[] | undefined
  /** What separates columns. Default: seen in the first line. */
  readonly delimiter?: string | undefined
}

/** Which items are held out: shares that a seed draws, or files of their own. */
export interface PartOptions extends Pick<ItemSplitOptions<unknown>, 'removeDuplicates'> {
  readonly seed?: number | undefined
  /** Share of the items. */
  readonly validation?: number | undefined
  /** Share of the items. */
  readonly test?: number | undefined
  readonly validationFile?: string | undefined
  readonly testFile?: string | undefined
}

export interface ReadSplits<Item> extends ItemSplits<Item> {
  /** Items that are not trained on because a held-out file has one of their group. */
  readonly leftOut?: number | undefined
  /** Items of held-out files whose input is trained on too. */
  readonly overlap?: Overlap | undefined
}

/** One file of pairs, or two parallel ones. */
export type PairPath = string | readonly [source: string, target: string]

/**
 * Reads data by path. Every method rejects with a ConfigurationError or FileFormatError that names the path, and the line
 * where there is one.
 */
export interface DataReader {
  /** Whether something stands at the path. A built-in corpus is meant only where nothing does. */
  exists(path: string): boolean
  text(path: string): Promise<TextCorpus>
  json(path: string): Promise<unknown>
  labelled(path: string, options: LabelledColumns & ColumnOptions): Promise<ItemCorpus<LabelledText>>
  labelledParts(path: string, options: LabelledColumns & ColumnOptions & PartOptions): Promise<ReadSplits<LabelledText>>
  tagged(path: string, options: TagLineOptions): Promise<ItemCorpus<TaggedSentence>>
  taggedParts(path: string, options: TagLineOptions & PartOptions): Promise<ReadSplits<TaggedSentence>>
  pairs(path: PairPath): Promise<ItemCorpus<TextPair>>
  pairParts(path: PairPath, options: PartOptions): Promise<ReadSplits<TextPair>>
  numbers(
    path: string,
    options: WindowOptions & { readonly seed?: number | undefined },
  ): Promise<ItemSplits<NumberSequence>>
  series(path: string, options: SeriesTableOptions & ColumnOptions): Promise<SeriesCorpus>
  wordVectors(
    path: string,
    options: { readonly words: readonly string[]; readonly missing: MissingVectors },
  ): Promise<WordVectors>
}
