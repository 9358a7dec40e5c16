// Pairs whose makers say what is to be tested on: parts that are given are taken as they are, and no source sentence of
// theirs is trained on.
import { ItemCorpus, type ItemSplits, type TextPair } from '../text/items.js'
import { bySource, type ItemFileOptions, readPairCorpus, splitCorpusOf } from './itemFiles.js'

export interface PairFileOptions extends ItemFileOptions {
  /** Pairs to validate on, as the file itself has them. Default: drawn from the file. */
  readonly validationFile?: string | undefined
  /** Pairs to test on. Default: drawn from the file. */
  readonly testFile?: string | undefined
}

export interface PairParts extends ItemSplits<TextPair> {
  /** Pairs that were not trained on because a given part has their source. */
  readonly leftOut: number
}

/** A file of pairs, or two parallel ones, in three parts. Throws ConfigurationError, FileFormatError. */
export async function readPairParts(
  path: string | readonly [source: string, target: string],
  { validationFile, testFile, ...options }: PairFileOptions = {},
): Promise<PairParts> {
  const corpus = await readPairCorpus(path, options)
  const given = [validationFile, testFile].map(file => (file ? readPairCorpus(file, options) : undefined))
  const [validation, test] = await Promise.all(given)
  const sources = new Set([validation, test].flatMap(part => (part ? part.items.map(({ source }) => source) : [])))
  const items = corpus.items.filter(({ source }) => !sources.has(source))
  const leftOut = corpus.items.length - items.length
  const rest = new ItemCorpus(items, corpus.name)
  if (validation && test)
    return { train: new ItemCorpus(items, `${corpus.name} (training)`), validation, test, duplicates: 0, leftOut }
  const drawn = splitCorpusOf(rest, options, bySource)
  if (!validation && !test) return { ...drawn, leftOut }
  // The part that a given one stands for was drawn in vain: it trains.
  const spare = validation ? drawn.validation : drawn.test
  const train = new ItemCorpus([...drawn.train.items, ...spare.items], drawn.train.name)
  return { ...drawn, train, validation: validation ?? drawn.validation, test: test ?? drawn.test, leftOut }
}
