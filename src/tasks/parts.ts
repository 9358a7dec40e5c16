/* Which part of a task's data is trained on, which validates and which tests: the configuration's keys, the built-in corpora
 * that may stand in a file's place, and the line that reports the parts. */
import { z } from 'zod'
import type { ItemCorpus } from '../data/corpora/items.js'
import type { Overlap } from '../data/corpora/overlap.js'
import { whole } from '../drawing/figures.js'
import type { DataReader, ReadSplits } from './dataReader.js'
import type { DataSource, Values } from './task.js'

/** @param share that is drawn by default */
export function partsSchemaOf(share: number) {
  const drawn = (part: string) =>
    z.number().positive().lt(1).default(share).describe(`share of FILE that is drawn for ${part}`)
  return z.strictObject({
    validation: drawn('validation'),
    test: drawn('the test'),
    validationFile: z.string().optional().describe('a file to validate on (default: drawn from FILE)'),
    testFile: z.string().optional().describe('a file to test on (default: drawn from FILE)'),
    removeDuplicates: z
      .boolean()
      .default(false)
      .describe('leaves out what repeats an earlier item of FILE, before parts are drawn'),
  })
}

/** Options that the parts' keys mean. */
export const partsOf = ({
  seed,
  validation,
  test,
  validationFile,
  testFile,
  removeDuplicates,
}: z.output<ReturnType<typeof partsSchemaOf>> & { readonly seed: number }) => ({
  ...{ seed, validation, test, validationFile, testFile, removeDuplicates },
})

/** A corpus that a seed makes, in the place of a file. */
interface BuiltIn {
  readonly name: string
}

/** One of texts. */
interface BuiltInText extends BuiltIn {
  readonly unit: 'word' | 'character'
}

/** The built-in corpus that a path means: its name, where no file is called so. */
export const builtInOf = <Corpus extends BuiltIn>(
  corpora: readonly Corpus[],
  path: string | undefined,
  reader: DataReader,
): Corpus | undefined =>
  path === undefined ? undefined : corpora.find(({ name }) => name === path && !reader.exists(path))

/** Built-in corpora, for help and messages. */
export const namesOf = (corpora: readonly BuiltIn[]): string => corpora.map(({ name }) => name).join(' or ')

/** What a token is where the user does not say: as the built-in corpus has it. */
export const impliedUnit = (corpora: readonly BuiltInText[], path: string | undefined, reader: DataReader): Values => {
  const corpus = builtInOf(corpora, path, reader)
  return corpus ? { unit: corpus.unit } : {}
}

/** The files among a path, which may mean a built-in corpus or standard input, and other names. */
export const filesOf = (
  corpora: readonly BuiltIn[],
  path: string | undefined,
  reader: DataReader,
  others: readonly (string | undefined)[] = [],
): string[] =>
  [builtInOf(corpora, path, reader) ? undefined : path, ...others].filter(
    file => file !== undefined && file !== '-',
  ) as string[]

/** A path for people. */
export const shownPath = (path: string): string => (path === '-' ? 'standard input' : path)

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

/** Items that have been read and split. */
export function itemSource<Item>(
  data: ReadSplits<Item>,
  { name, called, removed, limit }: ItemSourceOptions,
): DataSource<ReadSplits<Item>> {
  const parts: readonly ItemCorpus<Item>[] = [data.train, data.validation, data.test]
  const [a, b, c] = parts.map(({ items }) => whole(items.length))
  const { duplicates, leftOut = 0, overlap } = data
  const notes = [
    `${called}: ${shownPath(name)}: ${a} to train on${limit ? ` (${limit})` : ''}, ${b} for validation, ${c} for the test`,
    ...(duplicates > 0 ? [`${whole(duplicates)} repeated an earlier one${removed ? ' and were left out' : ''}`] : []),
    ...(leftOut > 0 ? [`${whole(leftOut)} were left out whose source is in a held-out file`] : []),
    ...overlapNotes(overlap, called),
  ]
  return {
    ...{ data, name, line: notes.join('; ') },
    *content() {
      for (const { items } of parts) for (const item of items) yield `${JSON.stringify(item)}\n`
    },
  }
}
