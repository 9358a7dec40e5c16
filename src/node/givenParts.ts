// Corpora whose makers say what is to be tested on: the parts that are given are taken, the others are drawn from the rest.
import { ItemCorpus, type ItemSplitOptions, type ItemSplits } from '../text/items.js'
import { type ItemFileOptions, splitCorpusOf } from './itemFiles.js'

/** Files of their own. */
export interface GivenParts {
  /** Default: drawn from the file. */
  readonly validationFile?: string | undefined
  /** Default: drawn from the file. */
  readonly testFile?: string | undefined
}

/** Splits a corpus as the options say, but takes a validation or test part that is there already. */
export function splitWithParts<Item>(
  corpus: ItemCorpus<Item>,
  given: { readonly validation: ItemCorpus<Item> | undefined; readonly test: ItemCorpus<Item> | undefined },
  options: ItemFileOptions,
  compared: Pick<ItemSplitOptions<Item>, 'keyOf' | 'groupOf'> = {},
): ItemSplits<Item> {
  if (given.validation === undefined && given.test === undefined) return splitCorpusOf(corpus, options, compared)
  const { items, name } = corpus
  if (given.validation !== undefined && given.test !== undefined)
    return {
      train: new ItemCorpus(items, `${name} (training)`),
      validation: given.validation,
      test: given.test,
      duplicates: 0,
    }
  const drawn = splitCorpusOf(corpus, options, compared)
  const [kept, back] = given.test === undefined ? [drawn.test, drawn.validation] : [drawn.validation, drawn.test]
  const all = new Set([...drawn.train.items, ...back.items])
  const train = new ItemCorpus(
    items.filter(item => all.has(item)),
    drawn.train.name,
  )
  return {
    ...drawn,
    train,
    validation: given.validation ?? kept,
    test: given.test ?? kept,
  }
}
