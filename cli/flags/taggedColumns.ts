/* How tagged sentences stand in a file, or are made: flags of `recurra train tag` and `recurra eval`. */
import { z } from 'zod'
import { TAG_COLUMNS } from '../../src/data/readers/tagLines.js'
import type { ItemSplits, TaggedSentence } from '../../src/index.js'
import { UsageError } from './flags.js'
import { builtInOf } from './givenData.js'

export const taggedSchema = z.strictObject({
  tagColumn: z
    .enum(Object.keys(TAG_COLUMNS) as [keyof typeof TAG_COLUMNS])
    .default('upos')
    .describe('which column of CoNLL-U is the tag'),
  format: z
    .enum(['conllu', 'columns'])
    .optional()
    .describe('CoNLL-U, or a word first and its tag last in a line (default: as the name says: .conllu, .conllu.gz)'),
  delay: z.int().min(1).max(65536).optional().describe('steps that copy’s symbols are to be kept (default: 30)'),
})

/**
 * The built-in corpus, where the path means it.
 * @throws UsageError for a delay of what is no built-in corpus
 */
export function copyOf(
  path: string,
  { seed, delay }: { readonly seed: number; readonly delay?: number | undefined },
): ItemSplits<TaggedSentence> | undefined {
  const builtIn = builtInOf('tag', path)
  if (!builtIn && delay !== undefined) throw new UsageError(`--delay is for copy; got ${path}; leave it out`)
  return builtIn?.generate({ seed, delay })
}
