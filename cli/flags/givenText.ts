/* Which part of a text is trained on, watched and tested: drawn by seed, its end, or files of their own; or a built-in corpus of
 * sentences. */
import { z } from 'zod'
import { linesOfText } from '../../src/data/corpora/items.js'
import { ItemCorpus, overlapWithTraining, type TextCorpus, type TextSplits } from '../../src/index.js'
import { readCorpus, splitCorpus } from '../../src/node/index.js'
import { sha256, type TrainingSource } from '../commands/trainingTask.js'
import { whole } from '../output/output.js'
import { builtInOf, overlapNotes } from './givenData.js'

const share = (part: string) =>
  z.number().positive().lt(1).default(0.05).describe(`share of the text that is held out for ${part}`)

export const textPartsSchema = z.strictObject({
  validation: share('validation'),
  test: share('the test'),
  heldOut: z
    .enum(['pieces', 'end'])
    .default('pieces')
    .describe('what is held out: pieces all over the text, drawn by the seed, or its end: validation, then the test'),
  validationFile: z.string().optional().describe('a text to watch training on (default: held out of FILE)'),
  testFile: z.string().optional().describe('a text to test on (default: held out of FILE)'),
})

/** A text in three parts, as training takes it. */
export async function readTextParts({
  data: path = '-',
  seed,
  validationFile,
  testFile,
  ...shares
}: z.output<typeof textPartsSchema> & { readonly data?: string | undefined; readonly seed: number }): Promise<
  TrainingSource<TextSplits>
> {
  const builtIn = builtInOf('lm', path)
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
  const corpus = await readCorpus(path)
  const validation = validationFile === undefined ? undefined : await readCorpus(validationFile)
  const test = testFile === undefined ? undefined : await readCorpus(testFile)
  const given = { ...(validation && { validation }), ...(test && { test }) }
  const splits = splitCorpus(corpus, { seed, ...shares, given })
  const source = textSource(splits, path, [corpus, ...Object.values(given)])
  const notes = overlapNotes(overlapWithTraining({ train: splits.train, ...given }), 'lines')
  return { ...source, line: [source.line, ...notes].join('; ') }
}

/** A text that has been read and split, as training takes it. */
export function textSource(data: TextSplits, name: string, texts: readonly TextCorpus[]): TrainingSource<TextSplits> {
  const [a, b, c] = [data.train, data.validation, data.test].map(part => whole(part.length))
  const from = name === '-' ? 'standard input' : name
  const line = `text: ${from}: ${a} characters to train on, ${b} for validation, ${c} for the test`
  return { data, name, sha256: sha256(texts.map(text => text.chunks())), line }
}
