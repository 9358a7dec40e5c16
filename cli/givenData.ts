/* Which part of data is trained on, watched and tested, where they are items: drawn by seed, or given as files of their own;
 * and the two lines that tell of it. */
import { existsSync } from 'node:fs'
import { z } from 'zod'
import type { ItemSplits } from '../src/index.js'
import { generatedCorpora } from '../src/index.js'
import { whole } from './output.js'
import { sha256, type TrainingSource } from './trainingTask.js'

const share = (part: string) =>
  z.number().positive().lt(1).default(0.1).describe(`share of FILE that is drawn for ${part}`)

export const partsSchema = z.strictObject({
  validation: share('validation'),
  test: share('the test'),
  validationFile: z.string().optional().describe('a file to watch training on (default: drawn from FILE)'),
  testFile: z.string().optional().describe('a file to test on (default: drawn from FILE)'),
  removeDuplicates: z
    .boolean()
    .default(false)
    .describe('what repeats an earlier one of FILE is left out before drawing'),
})

/** Whether a built-in corpus is meant: its name, and no file is called so. */
export const isBuiltIn = (name: string, path: string): boolean => path === name && !existsSync(path)

/** Built-in corpora for a task, for help and messages. */
export const builtInFor = (task: string): string =>
  Object.values(generatedCorpora)
    .filter(corpus => corpus.task === task)
    .map(({ name }) => name)
    .join(', ')

/** Items that have been read and split, as training takes them. */
export function itemSource<Item>(
  data: ItemSplits<Item>,
  { name, called, removed }: { name: string; called: string; removed: boolean },
): TrainingSource<ItemSplits<Item>> {
  const parts = [data.train, data.validation, data.test]
  const [a, b, c] = parts.map(({ items }) => whole(items.length))
  const repeated =
    data.duplicates === 0
      ? ''
      : `; ${whole(data.duplicates)} repeated an earlier one${removed ? ' and were left out' : ''}`
  const line = `${called}: ${name === '-' ? 'standard input' : name}: ${a} to train on, ${b} for validation, ${c} for the test${repeated}`
  const lines = function* () {
    for (const { items } of parts) for (const item of items) yield `${JSON.stringify(item)}\n`
  }
  return { data, name, sha256: sha256([lines()]), line }
}
