/* recurra eval MODEL FILE: how well a model foretells a text. */
import { Command } from 'commander'
import { z } from 'zod'
import { type Evaluation, evaluate, NGram, type Tokenizer } from '../src/index.js'
import { readCorpus } from '../src/node/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from './commonFlags.js'
import { addFlags, readFlags } from './flags.js'
import { modelArgument, withModel } from './openModel.js'
import { decimals, whole, write } from './output.js'

const schema = z.strictObject({ ...jsonSchema.shape, ...engineSchema.shape, ...commonSchema.shape })

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
    .description('measures how well a model foretells a text: loss, perplexity, bits per character')
    .argument('<MODEL>', modelArgument)
    .argument('<FILE>', 'a text in UTF-8; - is standard input')
  return addFlags(command, schema).action(async (path: string, file: string) => {
    const flags = readFlags(command, schema)
    const corpus = await readCorpus(file)
    await withModel(path, engineOptionsOf(flags), async model => {
      const evaluation = model instanceof NGram ? model.perplexity(corpus) : await evaluate(model, corpus)
      if (flags.json) await write(`${JSON.stringify(evaluationRecord(evaluation))}\n`)
      else await write(`${corpus.name}: ${evaluationLine(evaluation, model.tokenizer.unit)}\n`)
    })
  })
}
