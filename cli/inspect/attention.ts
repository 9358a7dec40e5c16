/* recurra inspect attention MODEL --text TEXT: what a translator looked at for each word that it wrote, or what each word weighs
 * for a classifier that pools by attention. */
import { Command } from 'commander'
import { z } from 'zod'
import {
  type Alignment,
  Classifier,
  classifierTask,
  picked,
  searchSchema,
  type Translator,
  translatorTask,
} from '../../src/index.js'
import { ATTENTION_TOKENS } from '../../src/inspection/attention.js'
import {
  alignmentOfLabel,
  attentionOfLabel,
  attentionOfTranslation,
  attentionPicture,
  decimals,
  type LabelAttention,
  type TranslationAttention,
  table,
  visible,
  whole,
} from '../../src/inspection/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from '../flags/commonFlags.js'
import { addFlags, asUsage, readFlags } from '../flags/flags.js'
import { type ModelKind, recurrentModelArgument, takesModels, withModel } from '../flags/models.js'
import { checkFree, writeNew } from '../output/outFile.js'
import { write } from '../output/output.js'
import { report } from '../output/report.js'
import { givenText, textArgument, textSchema } from './inspectedText.js'

const schema = z.strictObject({
  ...textSchema.shape,
  svg: z.string().optional().describe('a new file: the weights as a picture'),
  maxTokens: z
    .int()
    .min(1)
    .default(ATTENTION_TOKENS)
    .describe('tokens of a text at most: a classifier reads the first, a translator refuses a longer one'),
  ...searchSchema.shape,
  ...jsonSchema.shape,
  ...engineSchema.shape,
  ...commonSchema.shape,
})

const kinds: readonly ModelKind<Translator | Classifier>[] = [translatorTask, classifierTask]

export function inspectAttentionCommand(): Command {
  const command = new Command('attention')
    .description('shows the weights of a translator’s attention, words by words, or of a classifier’s pooling')
    .argument('<MODEL>', recurrentModelArgument)
    .argument('[FILE]', textArgument)
  return addFlags(takesModels(command, kinds), schema).action(async (path: string, file: string | undefined) => {
    const flags = readFlags(command, schema)
    const { svg, maxTokens, json } = flags
    const { text } = await givenText('inspect attention', file, flags)
    if (svg !== undefined) await checkFree(svg)
    await withModel(command, path, engineOptionsOf(flags), kinds, async model => {
      const { record, lines, alignment, title } = await asUsage(async () =>
        model instanceof Classifier
          ? ofLabel(attentionOfLabel(model, text, { maxTokens }))
          : ofTranslation(
              await attentionOfTranslation(model, text.trim(), { ...picked(searchSchema, flags), maxTokens }),
            ),
      )
      if (svg !== undefined) {
        await writeNew(svg, attentionPicture(alignment, title))
        report(`${svg}: ${alignment.target.length} × ${alignment.source.length} weights\n`)
      }
      await write(json ? `${JSON.stringify(record)}\n` : lines)
    })
  })
}

interface Shown {
  readonly record: object
  readonly lines: string
  readonly alignment: Alignment
  readonly title: string
}

function ofTranslation(record: TranslationAttention): Shown {
  const { translation, logProbability, finished, alignment } = record
  const { source, target, weights } = alignment
  const rows = target.map((word, t) => [visible(word), ...weights[t].map(weight => decimals(weight, 2))])
  const cut = finished ? '' : '; it was cut before its end'
  return {
    ...{ record, alignment, title: 'what each word written looked at' },
    lines: `${translation}\nlog p = ${decimals(logProbability)} nats${cut}; each row, a token written, sums up to 1\n\n${table([['', ...source.map(visible)], ...rows])}`,
  }
}

const LONGEST_BAR = 30

function ofLabel(record: LabelAttention): Shown {
  const { label, probability, tokens, cut } = record
  const most = Math.max(...tokens.map(({ weight }) => weight))
  const rows = tokens.map(({ text, weight }) => [
    visible(text),
    decimals(weight, 4),
    '█'.repeat(Math.round((LONGEST_BAR * weight) / most)).padEnd(LONGEST_BAR),
  ])
  const end = cut ? `; of the text the first ${whole(tokens.length)} tokens were read` : ''
  return {
    ...{ record, alignment: alignmentOfLabel(record), title: `what each token weighs for ${label}` },
    lines: `class ${visible(label)}: probability ${decimals(probability)}${end}\n\n${table([['token', 'weight', ''], ...rows])}`,
  }
}
