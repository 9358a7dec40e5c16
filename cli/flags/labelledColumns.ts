/* How labelled texts stand in a file: flags of `recurra train classify` and `recurra eval`. */
import { z } from 'zod'

export const labelledSchema = z.strictObject({
  textColumn: z.string().default('text').describe('the column that holds the text'),
  labelColumn: z.string().default('label').describe('the column that holds the class'),
  columns: z
    .array(z.string())
    .optional()
    .describe('what the columns are called, where the first line does not say it; give it once for each'),
  delimiter: z.string().length(1).optional().describe('what stands between columns (default: seen in the first line)'),
})
