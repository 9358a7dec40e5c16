/* recurra inspect saliency MODEL --text TEXT: which earlier tokens the prediction of the next one rests on. */
import { Command } from 'commander'
import { z } from 'zod'
import { type PredictionSaliency, SALIENCY_TOKENS, saliencyOfPrediction } from '../src/inspection/saliency.js'
import { readCorpus } from '../src/node/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from './commonFlags.js'
import { addFlags, asUsage, readFlags, UsageError } from './flags.js'
import { languageModels, recurrentModelArgument, withModel } from './openModel.js'
import { decimals, table, visible, whole, write } from './output.js'

const schema = z.strictObject({
  text: z.string().optional().describe('the text itself'),
  target: z.string().optional().describe('the next token that is asked about (default: the likeliest)'),
  maxTokens: z.int().min(1).default(SALIENCY_TOKENS).describe('tokens read at most, the last of the text'),
  ...jsonSchema.shape,
  ...engineSchema.shape,
  ...commonSchema.shape,
})

export function inspectSaliencyCommand(): Command {
  const command = new Command('saliency')
    .description('shows which earlier tokens the prediction of the next one rests on')
    .argument('<MODEL>', recurrentModelArgument)
    .argument('[FILE]', 'a text in UTF-8; - is standard input')
  return addFlags(command, schema).action(async (path: string, file: string | undefined) => {
    const flags = readFlags(command, schema)
    if ((file === undefined) === (flags.text === undefined))
      throw new UsageError(
        `inspect saliency: give a FILE or --text, ${file === undefined ? 'one of them' : 'not both'}`,
      )
    const text = flags.text ?? (await readCorpus(file as string)).text
    const { target, maxTokens } = flags
    await withModel(path, engineOptionsOf(flags), { verb: 'inspect saliency', kinds: languageModels }, async model => {
      const result = await asUsage(() => saliencyOfPrediction(model, text, { target, maxTokens }))
      await write(flags.json ? `${JSON.stringify(result)}\n` : told(result))
    })
  })
}

const LONGEST_BAR = 30

function told({ target, loss, tokens, cut }: PredictionSaliency): string {
  const most = Math.max(...tokens.map(({ share }) => share))
  const rows = tokens.map(({ text, share, norm, support }, i) => [
    i === 0 ? '(start)' : visible(text),
    norm.toExponential(2),
    `${decimals(100 * share, 1)} %`,
    '█'.repeat(Math.round((LONGEST_BAR * share) / (most || 1))).padEnd(LONGEST_BAR),
    `${support < 0 ? '' : '+'}${decimals(support, 4)}`,
  ])
  return `next token ${visible(target.text)}: probability ${decimals(target.probability)}, E = ${decimals(loss)} nats${cut ? `; of the text the last ${whole(tokens.length - 1)} tokens were read` : ''}

${table([['token', '‖∂E/∂x‖', 'share', '', 'speaks for it'], ...rows])}`
}
