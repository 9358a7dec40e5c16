/* recurra eval MODEL FILE: how well a model foretells a text, or a translator translates pairs. */
import { Command } from 'commander'
import { z } from 'zod'
import { dashed } from '../src/configuration.js'
import { type Evaluation, evaluate, NGram, type Tokenizer } from '../src/index.js'
import { modelFileOf, readCorpus } from '../src/node/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from './commonFlags.js'
import { evalTranslator, translatorEvalSchema } from './evalTranslator.js'
import { addFlags, givenFlags, readFlags, UsageError } from './flags.js'
import { taskOfFile } from './modelKind.js'
import { modelArgument, withModel } from './openModel.js'
import { decimals, whole, write } from './output.js'

const schema = z.strictObject({
  ...jsonSchema.shape,
  ...translatorEvalSchema.shape,
  ...engineSchema.shape,
  ...commonSchema.shape,
})

/** An evaluation as JSON has it. */
export const evaluationRecord = ({
  loss,
  perplexity,
  perplexityWithoutUnknown,
  bitsPerCharacter,
  tokens,
  unknown,
}: Evaluation) => ({ loss, perplexity, perplexityWithoutUnknown, bitsPerCharacter, tokens, unknown })

/** An evaluation in one line for people. */
export function evaluationLine(evaluation: Evaluation, unit: Tokenizer['unit'] = 'character'): string {
  const { loss, perplexity, perplexityWithoutUnknown, bitsPerCharacter, tokens, unknown } = evaluation
  const token = unit === 'character' ? 'character' : 'token'
  const known = unknown > 0 ? ` (${decimals(perplexityWithoutUnknown, 2)} without unknown ${token}s)` : ''
  const strange = unknown > 0 ? `, ${whole(unknown)} of them not in the vocabulary` : ''
  return `loss ${decimals(loss)} nats per ${token}, perplexity ${decimals(perplexity, 2)}${known}, ${decimals(bitsPerCharacter)} bits per character (${whole(tokens)} ${token}s${strange})`
}

export function evalCommand(): Command {
  const command = new Command('eval')
    .description(
      'measures how well a model foretells a text: loss, perplexity, bits per character; or a translator’s BLEU and chrF',
    )
    .argument('<MODEL>', modelArgument)
    .argument('[FILE]', 'a text in UTF-8, - is standard input; for a translator pairs, set apart by a tab')
  return addFlags(command, schema).action(async (path: string, file: string | undefined) => {
    const flags = readFlags(command, schema)
    if (file === undefined && flags.source === undefined && flags.target === undefined)
      throw new UsageError('eval: FILE is missing; give a text or pairs, or - for standard input')
    const modelFile = await modelFileOf(path)
    if ((await taskOfFile(modelFile)) === 'translator') return evalTranslator(modelFile, file, flags)
    const strange = Object.keys(givenFlags(command)).find(key => key in translatorEvalSchema.shape)
    if (strange) throw new UsageError(`eval: --${dashed(strange)} is for translators; leave it out`)
    const corpus = await readCorpus(file as string)
    await withModel(path, engineOptionsOf(flags), async model => {
      const evaluation = model instanceof NGram ? model.perplexity(corpus) : await evaluate(model, corpus)
      if (flags.json) await write(`${JSON.stringify(evaluationRecord(evaluation))}\n`)
      else await write(`${corpus.name}: ${evaluationLine(evaluation, model.tokenizer.unit)}\n`)
    })
  })
}
