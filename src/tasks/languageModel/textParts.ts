/* Which part of a text is trained on, which validates and which tests: drawn by the seed, its end, or files of their own; or a
 * built-in corpus of sentences. */
import { z } from 'zod'
import type { TextCorpus, TextSplits } from '../../data/corpora/corpus.js'
import { ItemCorpus, linesOfText } from '../../data/corpora/items.js'
import { overlapWithTraining } from '../../data/corpora/overlap.js'
import { splitCorpus } from '../../data/corpora/splitCorpus.js'
import { agreement } from '../../data/generated/agreement.js'
import { whole } from '../../drawing/figures.js'
import type { DataReader } from '../dataReader.js'
import { builtInOf, overlapNotes, shownPath } from '../parts.js'
import type { DataSource } from '../task.js'

export const BUILT_IN = [agreement] as const

const share = (part: string) =>
  z.number().positive().lt(1).default(0.05).describe(`share of the text that is held out for ${part}`)

export const textPartsSchema = z.strictObject({
  validation: share('validation'),
  test: share('the test'),
  heldOut: z
    .enum(['pieces', 'end'])
    .default('pieces')
    .describe('what is held out: pieces all over the text, drawn by the seed, or its end: validation, then the test'),
  validationFile: z.string().optional().describe('a text to validate on (default: held out of FILE)'),
  testFile: z.string().optional().describe('a text to test on (default: held out of FILE)'),
})

type TextPartsOptions = z.output<typeof textPartsSchema> & {
  readonly data?: string | undefined
  readonly seed: number
}

/** A text in three parts. */
export async function readTextParts(
  { data: path = '-', seed, validation, test, heldOut, validationFile, testFile }: TextPartsOptions,
  reader: DataReader,
): Promise<DataSource<TextSplits>> {
  const builtIn = builtInOf(BUILT_IN, path, reader)
  if (builtIn) {
    const parts = builtIn.generate({ seed })
    const [train, validation, test] = [parts.train, parts.validation, parts.test].map(({ items, name }) =>
      linesOfText(
        new ItemCorpus(
          items.map(({ text }) => text),
          name,
        ),
      ),
    )
    return textSource({ train, validation, test }, path, [train, validation, test])
  }
  const corpus = await reader.text(path)
  const files = {
    ...(validationFile !== undefined && { validation: await reader.text(validationFile) }),
    ...(testFile !== undefined && { test: await reader.text(testFile) }),
  }
  const splits = splitCorpus(corpus, { seed, validation, test, heldOut, heldOutParts: files })
  const source = textSource(splits, path, [corpus, ...Object.values(files)])
  const notes = overlapNotes(overlapWithTraining({ train: splits.train, ...files }), 'lines')
  return { ...source, line: [source.line, ...notes].join('; ') }
}

/** A text that has been read and split. */
export function textSource(data: TextSplits, name: string, texts: readonly TextCorpus[]): DataSource<TextSplits> {
  const [a, b, c] = [data.train, data.validation, data.test].map(part => whole(part.length))
  return {
    ...{ data, name },
    line: `text: ${shownPath(name)}: ${a} characters to train on, ${b} for validation, ${c} for the test`,
    *content() {
      for (const text of texts) yield* text.chunks()
    },
  }
}
