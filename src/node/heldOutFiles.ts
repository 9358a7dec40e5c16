/* Corpora whose makers say what is to be tested on: the parts that are given are taken, the others are drawn from the rest. */

import {
  ItemCorpus,
  type ItemSplitOptions,
  type ItemSplits,
  type LabelledText,
  type TaggedSentence,
  type TextPair,
  withoutDuplicates,
} from '../data/corpora/items.js'
import { type Overlap, overlapWithTraining } from '../data/corpora/overlap.js'
import { ConfigurationError } from '../errors.js'
import { type ItemFileOptions, splitCorpusOf } from './itemFiles.js'

/** Files of their own. */
export interface HeldOutFiles {
  /** Default: drawn from the file. */
  readonly validationFile?: string | undefined
  /** Default: drawn from the file. */
  readonly testFile?: string | undefined
}

export interface HeldOutSplits<Item> extends ItemSplits<Item> {
  /** Items that are not trained on because a given part has one of their group. */
  leftOut: number
  /** Items of parts that are files of their own whose input is trained on all the same. */
  overlap: Overlap
}

type Compared<Item> = Pick<ItemSplitOptions<Item>, 'keyOf' | 'groupOf'>

/** Parts that are files of their own. */
interface HeldOut<Item> {
  readonly validation: ItemCorpus<Item> | undefined
  readonly test: ItemCorpus<Item> | undefined
}

/** Reads a corpus and splits it as the options say, but takes a validation or test part that is there already as it is. */
export async function splitWithFiles<Item extends LabelledText | TextPair | TaggedSentence, Path>(
  read: (path: Path | string) => Promise<ItemCorpus<Item>>,
  path: Path | string,
  { validationFile, testFile, ...options }: ItemFileOptions & HeldOutFiles,
  compared: Compared<Item> = {},
): Promise<HeldOutSplits<Item>> {
  const part = async (file: string | undefined) => (file === undefined ? undefined : read(file))
  const corpus = await read(path)
  const heldOut = { validation: await part(validationFile), test: await part(testFile) }
  const splits = splitBeside(corpus, heldOut, options, compared)
  return { ...splits, overlap: overlapWithTraining({ train: splits.train, ...heldOut }) }
}

/** The corpus, without groups that the held-out parts have, split into the parts that are not there yet. */
function splitBeside<Item>(
  corpus: ItemCorpus<Item>,
  { validation, test }: HeldOut<Item>,
  options: ItemFileOptions,
  compared: Compared<Item>,
): Omit<HeldOutSplits<Item>, 'overlap'> {
  const groups = new Set([validation, test].flatMap(part => groupsIn(part, compared)))
  const { groupOf } = compared
  const items = groupOf ? corpus.items.filter(item => !groups.has(groupOf(item))) : corpus.items
  if (items.length === 0)
    throw new ConfigurationError(
      `${corpus.name}: all of it is in the held-out files too, and nothing is left to train on; give another file`,
    )
  const leftOut = corpus.items.length - items.length
  if (validation && test) {
    const unique = withoutDuplicates(items, compared.keyOf)
    const train = new ItemCorpus(options.removeDuplicates ? unique : items, `${corpus.name} (training)`)
    return { train, validation, test, duplicates: items.length - unique.length, leftOut }
  }
  const drawn = splitCorpusOf(new ItemCorpus(items, corpus.name), options, compared)
  if (!validation && !test) return { ...drawn, leftOut }
  // The part that a given one stands for was drawn in vain: it trains, where it stood in the file.
  const trained = new Set([...drawn.train.items, ...(validation ? drawn.validation : drawn.test).items])
  const train = new ItemCorpus(
    items.filter(item => trained.has(item)),
    drawn.train.name,
  )
  return { ...drawn, train, validation: validation ?? drawn.validation, test: test ?? drawn.test, leftOut }
}

const groupsIn = <Item>(part: ItemCorpus<Item> | undefined, { groupOf }: Compared<Item>): string[] =>
  part && groupOf ? part.items.map(groupOf) : []
