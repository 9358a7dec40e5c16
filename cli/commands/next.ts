/* recurra next MODEL --text "We learn": the likeliest next tokens. */
import { Command } from 'commander'
import { z } from 'zod'
import { decimals } from '../../src/inspection/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from '../flags/commonFlags.js'
import { addFlags, readFlags } from '../flags/flags.js'
import { predictors } from '../flags/modelKinds.js'
import { modelArgument, takesModels, withModel } from '../flags/models.js'
import { write } from '../output/output.js'

const schema = z.strictObject({
  text: z.string().describe('what stands before'),
  top: z.int().min(1).default(5).describe('how many to show'),
  ...jsonSchema.shape,
  ...engineSchema.shape,
  ...commonSchema.shape,
})

export function nextCommand(): Command {
  const command = new Command('next')
    .description('shows what may come after a text, and how likely')
    .argument('<MODEL>', modelArgument)
  return addFlags(takesModels(command, predictors), schema).action(async (path: string) => {
    const flags = readFlags(command, schema)
    await withModel(command, path, engineOptionsOf(flags), predictors, async model => {
      const next = model.next(flags.text, { top: flags.top })
      if (flags.json) await write(`${JSON.stringify(next)}\n`)
      else
        for (const { text, probability } of next)
          await write(`${decimals(probability * 100, 1).padStart(5)} %  ${JSON.stringify(text)}\n`)
    })
  })
}
