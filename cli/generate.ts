/* recurra generate MODEL: continues a text, on standard output as it is drawn. */
import { Command } from 'commander'
import { z } from 'zod'
import { commonSchema, engineOptionsOf, engineSchema } from './commonFlags.js'
import { addFlags, asUsage, readFlags, UsageError } from './flags.js'
import { modelArgument, predictors, withModel } from './openModel.js'
import { write } from './output.js'

const schema = z.strictObject({
  prompt: z.string().optional().describe('the text to continue'),
  text: z.string().optional().describe('the same as --prompt'),
  length: z.int().min(0).default(300).describe('tokens to draw'),
  temperature: z.number().positive().default(1).describe('under 1 bolder, over 1 more even'),
  topK: z.int().min(1).optional().describe('only the K likeliest (default: all)'),
  topP: z.number().positive().max(1).default(1).describe('only the likeliest that together reach this probability'),
  greedy: z.boolean().default(false).describe('always the likeliest'),
  seed: z.int().min(0).default(1).describe('same seed, same text'),
  stop: z.array(z.string()).optional().describe('end before this text; may be given several times'),
  ...engineSchema.shape,
  ...commonSchema.shape,
})

export function generateCommand(): Command {
  const command = new Command('generate').description('continues a text').argument('<MODEL>', modelArgument)
  return addFlags(command, schema).action(async (path: string) => {
    const flags = readFlags(command, schema)
    if (flags.prompt !== undefined && flags.text !== undefined)
      throw new UsageError('generate: --prompt and --text mean the same; give one of them')
    const { length, temperature, topK, topP, greedy, seed, stop } = flags
    const prompt = flags.prompt ?? flags.text ?? ''
    await withModel(path, engineOptionsOf(flags), { verb: 'generate', kinds: predictors }, async model => {
      await write(prompt)
      const pieces = model.generate({ prompt, length, temperature, topK, topP, greedy, seed, stop })
      await asUsage(async () => {
        for await (const piece of pieces) await write(piece)
      })
      await write('\n')
    })
  })
}
