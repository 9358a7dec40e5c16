/* How tagged sentences stand in a file: flags of `recurra train tag` and `recurra eval`. */
import { z } from 'zod'
import { tagColumns } from '../src/text/tagLines.js'

export const taggedSchema = z.strictObject({
  tag: z
    .enum(Object.keys(tagColumns) as [keyof typeof tagColumns])
    .default('upos')
    .describe('which column of CoNLL-U is the tag'),
  format: z
    .enum(['conllu', 'columns'])
    .optional()
    .describe('CoNLL-U, or a word first and its tag last in a line (default: as the name says: .conllu, .conllu.gz)'),
})
