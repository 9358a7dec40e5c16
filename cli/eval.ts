/* recurra eval MODEL FILE: how well a model foretells a text. */
import { Command } from 'commander'
import { z } from 'zod'
import { type Evaluation, evaluate, LanguageModel } from '../src/index.js'
import { modelFileOf, readCorpus } from '../src/node/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from './commonFlags.js'
import { addFlags, readFlags } from './flags.js'
import { decimals, whole, write } from './output.js'

const schema = z.strictObject({ ...jsonSchema.shape, ...engineSchema.shape, ...commonSchema.shape })

/** An evaluation as JSON has it: a token here is a character. */
export const evaluationRecord = ({ loss, perplexity, bitsPerCharacter, tokens, unknown }: Evaluation) => ({
  loss,
  perplexity,
  bitsPerCharacter,
  characters: tokens,
  unknown,
})

/** An evaluation in one line for people. */
export function evaluationLine({ loss, perplexity, bitsPerCharacter, tokens, unknown }: Evaluation): string {
  const strange = unknown > 0 ? `, ${whole(unknown)} of them not in the vocabulary` : ''
  return `loss ${decimals(loss)} nats per character, perplexity ${decimals(perplexity, 2)}, ${decimals(bitsPerCharacter)} bits per character (${whole(tokens)} characters${strange})`
}

export function evalCommand(): Command {
  const command = new Command('eval')
    .description('measures how well a model foretells a text: loss, perplexity, bits per character')
    .argument('<MODEL>', 'a model file or the folder of a run')
    .argument('<FILE>', 'a text in UTF-8; - is standard input')
  return addFlags(command, schema).action(async (path: string, file: string) => {
    const flags = readFlags(command, schema)
    const corpus = await readCorpus(file)
    const model = await LanguageModel.load(await modelFileOf(path), engineOptionsOf(flags))
    try {
      const evaluation = await evaluate(model, corpus)
      if (flags.json) await write(`${JSON.stringify(evaluationRecord(evaluation))}\n`)
      else await write(`${corpus.name}: ${evaluationLine(evaluation)}\n`)
    } finally {
      model.close()
      model.engine.close()
    }
  })
}
