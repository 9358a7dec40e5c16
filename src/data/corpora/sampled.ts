/* A sample of a corpus: items at even distances, since the first ones may be of one class, length or source. */
import { ItemCorpus } from './items.js'

export function sampled<Item>(items: readonly Item[], most: number): readonly Item[] {
  if (items.length <= most) return items
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)])
}

export const sampledCorpus = <Item>({ items, name }: ItemCorpus<Item>, most: number): ItemCorpus<Item> =>
  new ItemCorpus(sampled(items, most), name)
