/* recurra inspect neurons MODEL FILE: which units follow something that one can name. */
import { Command } from 'commander'
import { z } from 'zod'
import {
  Classifier,
  classifierTask,
  generatedCorpora,
  type ItemCorpus,
  type LabelledText,
  type LanguageModel,
  labelledSchema,
  languageModelTask,
  picked,
  TextCorpus,
} from '../../src/index.js'
import {
  decimals,
  type FeatureFinding,
  findLabelNeurons,
  findNeurons,
  type NeuronReport,
  table,
  type UnitScore,
  whole,
} from '../../src/inspection/index.js'
import { NEURON_TOKENS } from '../../src/inspection/neurons.js'
import { fileReader, readCorpus, readLabelledCorpus } from '../../src/node/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from '../flags/commonFlags.js'
import { addFlags, asUsage, readFlags, UsageError } from '../flags/flags.js'
import { type ModelKind, recurrentModelArgument, takesModels, withModel } from '../flags/models.js'
import { write } from '../output/output.js'

const schema = z.strictObject({
  pattern: z
    .array(z.string())
    .optional()
    .describe('a regular expression whose matches are a feature too; may be given several times'),
  labels: z
    .boolean()
    .default(false)
    .describe(
      'FILE holds labelled texts, as recurra train classify reads them: which units tell the class, as sentiment',
    ),
  ...labelledSchema.shape,
  top: z.int().min(1).max(1000).default(3).describe('units told of each feature'),
  maxTokens: z
    .int()
    .min(1)
    .default(NEURON_TOKENS)
    .describe('tokens read at most, from the beginning; each takes four bytes a unit'),
  ...jsonSchema.shape,
  ...engineSchema.shape,
  ...commonSchema.shape,
})

type Flags = z.output<typeof schema>

const REVIEWS = generatedCorpora.reviews.name
const kinds: readonly ModelKind<LanguageModel | Classifier>[] = [languageModelTask, classifierTask]

export function inspectNeuronsCommand(): Command {
  const command = new Command('neurons')
    .description('finds units that follow something one can name: quotes, brackets, capitals, a pattern, a class')
    .argument('<MODEL>', recurrentModelArgument)
    .argument(
      '<FILE>',
      `a text in UTF-8, - for standard input; with --labels, or for a classifier, labelled texts; or ${REVIEWS}, built in`,
    )
  return addFlags(takesModels(command, kinds), schema).action(async (path: string, file: string) => {
    const flags = readFlags(command, schema)
    const patterns = (flags.pattern ?? []).map(regularExpression)
    await withModel(command, path, engineOptionsOf(flags), kinds, async model => {
      const { top, maxTokens } = flags
      const labelled = await labelledTexts(model, file, flags)
      if (labelled && patterns.length > 0)
        throw new UsageError('inspect neurons: --pattern is for texts without classes; leave it or the classes out')
      const corpus = labelled ?? (await readCorpus(file))
      const report = await asUsage(() =>
        corpus instanceof TextCorpus
          ? findNeurons(model as LanguageModel, corpus, { top, maxTokens, patterns })
          : findLabelNeurons(model, corpus, { top, maxTokens }),
      )
      await write(flags.json ? `${JSON.stringify(report)}\n` : told(report, labelled ? 'texts' : 'tokens'))
    })
  })
}

function regularExpression(source: string): RegExp {
  try {
    return new RegExp(source, 'gu')
  } catch (error) {
    throw new UsageError(`inspect neurons: --pattern must be a regular expression; ${(error as Error).message}`)
  }
}

/** Labelled texts, where FILE holds them: a classifier is asked about nothing else. */
async function labelledTexts(
  model: LanguageModel | Classifier,
  file: string,
  { labels, ...flags }: Flags,
): Promise<ItemCorpus<LabelledText> | undefined> {
  if (file === REVIEWS && !fileReader.exists(file)) return generatedCorpora.reviews.generate({ seed: 1 }).test
  if (!labels && !(model instanceof Classifier)) return undefined
  return readLabelledCorpus(file, picked(labelledSchema, flags))
}

function told({ samples, tokens, units, bytes, findings, absent }: NeuronReport, what: string): string {
  const rows = findings.flatMap(finding => finding.best.map((score, i) => rowOf(finding, score, i === 0)))
  const head = ['feature', 'share', 'unit', 'yes where', 'F1', 'precision', 'recall', 'always', 'luck']
  const missing = absent.length > 0 ? `not in enough of the text to say: ${absent.join(', ')}\n` : ''
  return `${table([head, ...rows])}
${whole(samples)} ${what}${what === 'tokens' ? '' : ` (${whole(tokens)} tokens)`}, ${whole(units)} units, ${decimals(bytes / 2 ** 20, 1)} MiB; thresholds chosen on one half, F1, precision and recall of the other
chance: always is the F1 of saying yes everywhere; luck is the best that any unit reaches on the same feature moved elsewhere
${missing}`
}

function rowOf({ feature, share, always, luck }: FeatureFinding, score: UnitScore, first: boolean): string[] {
  const { unit, threshold, above, f1, precision, recall } = score
  return [
    first ? feature : '',
    first ? `${decimals(100 * share, 1)} %` : '',
    unit,
    `${above ? '≥' : '<'} ${decimals(threshold)}`,
    ...[f1, precision, recall].map(value => decimals(value)),
    ...(first ? [decimals(always), decimals(luck)] : ['', '']),
  ]
}
