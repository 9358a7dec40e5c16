/* recurra inspect saliency MODEL --text TEXT: what a prediction rests on: the next token of a language model, the class of a
 * classifier. */
import { Command } from 'commander'
import { z } from 'zod'
import { Classifier, classifierTask, type LanguageModel, languageModelTask } from '../../src/index.js'
import {
  type DecidingToken,
  decimals,
  type LabelSaliency,
  type PredictionSaliency,
  type SalientToken,
  saliencyOfLabel,
  saliencyOfPrediction,
  table,
  visible,
  whole,
} from '../../src/inspection/index.js'
import { SALIENCY_TOKENS } from '../../src/inspection/saliency.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from '../flags/commonFlags.js'
import { addFlags, asUsage, readFlags, UsageError } from '../flags/flags.js'
import { type ModelKind, recurrentModelArgument, takesModels, withModel } from '../flags/models.js'
import { write } from '../output/output.js'
import { givenText, textArgument, textSchema } from './inspectedText.js'

const schema = z.strictObject({
  ...textSchema.shape,
  target: z
    .string()
    .optional()
    .describe('of a language model, the next token that is asked about (default: the likeliest)'),
  label: z.string().optional().describe('of a classifier, the class that is asked about (default: the likeliest)'),
  maxTokens: z
    .int()
    .min(1)
    .default(SALIENCY_TOKENS)
    .describe('tokens read at most: of a language model the last of the text, of a classifier the first'),
  ...jsonSchema.shape,
  ...engineSchema.shape,
  ...commonSchema.shape,
})

const kinds: readonly ModelKind<LanguageModel | Classifier>[] = [languageModelTask, classifierTask]

export function inspectSaliencyCommand(): Command {
  const command = new Command('saliency')
    .description('shows which tokens a prediction rests on: the next token, or the class of a text')
    .argument('<MODEL>', recurrentModelArgument)
    .argument('[FILE]', textArgument)
  return addFlags(takesModels(command, kinds), schema).action(async (path: string, file: string | undefined) => {
    const flags = readFlags(command, schema)
    const { text } = await givenText('inspect saliency', file, flags)
    await withModel(command, path, engineOptionsOf(flags), kinds, async model => {
      const { target, label, maxTokens } = flags
      const isClassifier = model instanceof Classifier
      const strange = isClassifier ? target !== undefined && '--target' : label !== undefined && '--label'
      if (strange)
        throw new UsageError(
          isClassifier
            ? 'inspect saliency: --target is for language models; of a classifier --label names the class'
            : 'inspect saliency: --label is for classifiers; of a language model --target names the next token',
        )
      const told = await asUsage(() => {
        if (isClassifier) return ofLabel(saliencyOfLabel(model, text, { label, maxTokens }))
        return ofPrediction(saliencyOfPrediction(model, text, { target, maxTokens }))
      })
      await write(flags.json ? `${JSON.stringify(told.record)}\n` : told.lines)
    })
  })
}

const LONGEST_BAR = 30

function ofPrediction(record: PredictionSaliency) {
  const { target, loss, tokens, cut } = record
  const head = `next token ${visible(target.text)}: probability ${decimals(target.probability)}, E = ${decimals(loss)} nats`
  const end = cut ? `; of the text the last ${whole(tokens.length - 1)} tokens were read` : ''
  const names = tokens.map(({ text }, i) => (i === 0 ? '(start)' : visible(text)))
  return { record, lines: `${head}${end}\n\n${rowsOf(names, tokens)}` }
}

function ofLabel(record: LabelSaliency) {
  const { label, probability, loss, tokens, cut } = record
  const head = `class ${visible(label)}: probability ${decimals(probability)}, E = ${decimals(loss)} nats`
  const end = cut ? `; of the text the first ${whole(tokens.length)} tokens were read` : ''
  const names = tokens.map(({ text, unknown }) => `${visible(text)}${unknown ? ' (unknown)' : ''}`)
  return { record, lines: `${head}${end}\n\n${rowsOf(names, tokens)}` }
}

type Row = SalientToken & Pick<DecidingToken, 'counted'>

function rowsOf(names: readonly string[], tokens: readonly Row[]): string {
  const most = Math.max(...tokens.map(({ share }) => share))
  const counts = tokens.some(({ counted }) => counted !== undefined)
  const signed = (value: number) => `${value < 0 ? '' : '+'}${decimals(value, 4)}`
  const rows = tokens.map(({ share, norm, support, counted = 0 }, i) => [
    names[i],
    norm.toExponential(2),
    `${decimals(100 * share, 1)} %`,
    '█'.repeat(Math.round((LONGEST_BAR * share) / (most || 1))).padEnd(LONGEST_BAR),
    signed(support),
    ...(counts ? [signed(counted)] : []),
  ])
  const heads = ['token', '‖∂E/∂x‖', 'share', '', 'speaks for it', ...(counts ? ['by itself'] : [])]
  return table([heads, ...rows])
}
