/* recurra ngram list --order 2 --text "We learn RNN": the n-grams of a text, as one would write them on a blackboard. */
import { Command } from 'commander'
import { z } from 'zod'
import { listNGrams, ngramSchema } from '../../src/index.js'
import { visible } from '../../src/inspection/index.js'
import { readCorpus } from '../../src/node/index.js'
import { commonSchema, jsonSchema } from '../flags/commonFlags.js'
import { addFlags, readFlags, UsageError } from '../flags/flags.js'
import { write } from '../output/output.js'

const schema = z.strictObject({
  order: ngramSchema.shape.order.unwrap().default(2).describe('tokens of each n-gram'),
  unit: ngramSchema.shape.unit,
  text: z.string().optional().describe('the text itself'),
  ...jsonSchema.shape,
  ...commonSchema.shape,
})

export function ngramCommand(): Command {
  return new Command('ngram').description('shows the n-grams of a text').addCommand(listCommand())
}

function listCommand(): Command {
  const command = new Command('list')
    .description('lists the different n-grams of a text and how often each stands in it')
    .argument('[FILE]', 'a text in UTF-8; - is standard input')
  return addFlags(command, schema).action(async (file: string | undefined) => {
    const { order, unit, text, json } = readFlags(command, schema)
    if ((file === undefined) === (text === undefined))
      throw new UsageError(`ngram list: give a FILE or --text, ${text === undefined ? 'one of them' : 'not both'}`)
    const listed = listNGrams(text ?? (await readCorpus(file as string)).text, { order, unit })
    if (json) await write(`${JSON.stringify(listed)}\n`)
    else for (const { tokens, count } of listed) await write(`${tokens.map(visible).join(' ')}\t${count}\n`)
  })
}
