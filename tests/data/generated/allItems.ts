/* All items of a generated corpus, whatever part they are drawn into. */
import type { GeneratedSplits } from '../../../src/data/generated/generatedCorpus.js'

export const all = <Item>({ train, validation, test }: GeneratedSplits<Item>): Item[] =>
  [train, validation, test].flatMap(part => part.items as Item[])
