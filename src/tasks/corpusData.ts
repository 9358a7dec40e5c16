/* Data of most tasks: a corpus of items to train on, and one to validate on. */
import type { ItemCorpus } from '../data/corpora/items.js'

/** Items to train on, and to validate on. */
export interface CorpusData<Item> {
  readonly train: ItemCorpus<Item>
  readonly validation?: ItemCorpus<Item> | undefined
}

/** Whether data are corpora of items with these keys; the first item tells. */
export function isCorpusData<Item extends object>(
  data: unknown,
  ...keys: readonly (keyof Item)[]
): data is CorpusData<Item> {
  if (!isObject(data) || !('train' in data)) return false
  const { train } = data
  if (!isObject(train) || !('items' in train) || !Array.isArray(train.items)) return false
  const [item]: unknown[] = train.items
  return item === undefined || (isObject(item) && keys.every(key => key in item))
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
