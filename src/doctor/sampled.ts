/* A part of a corpus that is as the whole: items from all over it, since what stands in blocks (classes, lengths, sources) would
 * be seen of one block alone. */
import { ItemCorpus } from '../data/corpora/items.js'

export function sampled<Item>(items: readonly Item[], most: number): readonly Item[] {
  if (items.length <= most) return items
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)])
}

export const sampledCorpus = <Item>({ items, name }: ItemCorpus<Item>, most: number): ItemCorpus<Item> =>
  new ItemCorpus(sampled(items, most), name)
