/* What is trained on, where it is items: a file or a built-in corpus; which part is watched and tested, drawn by seed or given as
 * files of their own; and the line that tells of it. */
import { existsSync } from 'node:fs'
import { z } from 'zod'
import type { ItemSplits, Overlap } from '../../src/index.js'
import { generatedCorpora } from '../../src/index.js'
import { sha256, type TrainingSource } from '../commands/trainingTask.js'
import { whole } from '../output/output.js'

/** @param share that is drawn where nothing else is said */
export function partsSchemaOf(share: number) {
  const drawn = (part: string) =>
    z.number().positive().lt(1).default(share).describe(`share of FILE that is drawn for ${part}`)
  return z.strictObject({
    validation: drawn('validation'),
    test: drawn('the test'),
    validationFile: z.string().optional().describe('a file to watch training on (default: drawn from FILE)'),
    testFile: z.string().optional().describe('a file to test on (default: drawn from FILE)'),
    removeDuplicates: z
      .boolean()
      .default(false)
      .describe('what repeats an earlier one of FILE is left out before drawing'),
  })
}

const { agreement, reviews, parity, copy, adding, dates, 'english-french': englishFrench } = generatedCorpora

/** What may stand where a file's path would. */
const builtIn = {
  lm: [agreement],
  classify: [reviews, parity],
  tag: [copy],
  translate: [englishFrench, dates],
  regress: [adding],
} as const

type BuiltInTask = keyof typeof builtIn

/** Whether a built-in corpus is meant: its name, and no file is called so. */
export const isBuiltIn = (name: string, path: string): boolean => path === name && !existsSync(path)

/** The built-in corpus for a task that a path means, if it means one. */
export const builtInOf = <T extends BuiltInTask>(
  task: T,
  path: string | undefined,
): (typeof builtIn)[T][number] | undefined =>
  path === undefined ? undefined : builtIn[task].find(({ name }) => isBuiltIn(name, path))

/** The built-in corpora for a task, for help and messages. */
export const builtInFor = (task: BuiltInTask): string => builtIn[task].map(({ name }) => name).join(' or ')

/** What a token is: as it is given, else as the built-in corpus wants it, else as the option's default says. */
export const unitFor = <U>(
  builtIn: { readonly unit: 'word' | 'character' } | undefined,
  unit: U,
  given: ReadonlySet<string>,
): U | 'word' | 'character' => (builtIn && !given.has('unit') ? builtIn.unit : unit)

/** What is said of held-out files whose items are trained on too. */
export const overlapNotes = (overlap: Overlap | undefined, called: string): string[] =>
  (['validation', 'test'] as const).flatMap(part => {
    const count = overlap?.[part] ?? 0
    return count > 0 ? [`${whole(count)} of the ${part} ${called} are trained on too`] : []
  })

export interface ItemSourceOptions {
  readonly name: string
  /** What the items are: `texts`. */
  readonly called: string
  /** Whether repeated ones were left out. */
  readonly removed: boolean
  /** Which of them are trained on, where that is not all: `up to 200 tokens`. */
  readonly limit?: string
}

/** Items that have been read and split, as training takes them. */
export function itemSource<Item>(
  data: ItemSplits<Item> & { readonly leftOut?: number; readonly overlap?: Overlap },
  { name, called, removed, limit }: ItemSourceOptions,
): TrainingSource<ItemSplits<Item>> {
  const parts = [data.train, data.validation, data.test]
  const [a, b, c] = parts.map(({ items }) => whole(items.length))
  const { duplicates, leftOut = 0, overlap } = data
  const notes = [
    `${called}: ${name === '-' ? 'standard input' : name}: ${a} to train on${limit ? ` (${limit})` : ''}, ${b} for validation, ${c} for the test`,
    ...(duplicates > 0 ? [`${whole(duplicates)} repeated an earlier one${removed ? ' and were left out' : ''}`] : []),
    ...(leftOut > 0 ? [`${whole(leftOut)} were left out whose source is in a held-out file`] : []),
    ...overlapNotes(overlap, called),
  ]
  const lines = function* () {
    for (const { items } of parts) for (const item of items) yield `${JSON.stringify(item)}\n`
  }
  return { data, name, sha256: sha256([lines()]), line: notes.join('; ') }
}
