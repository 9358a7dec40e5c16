/* recurra inspect ablate MODEL --unit L:N: the model writes with and without a change of some units, from the same draws. */
import { Command } from 'commander'
import { z } from 'zod'
import { languageModelTask } from '../../src/index.js'
import {
  ablated,
  compareInterventions,
  decimals,
  type Intervention,
  pinned,
  scaled,
  unitOf,
  whole,
} from '../../src/inspection/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from '../flags/commonFlags.js'
import { addFlags, asUsage, readFlags, UsageError } from '../flags/flags.js'
import { recurrentModelArgument, takesModels, withModel } from '../flags/models.js'
import { write } from '../output/output.js'

const schema = z.strictObject({
  unit: z.array(z.string()).optional().describe('a unit, as 0:12, or 0:c12 for one of c; may be given several times'),
  pin: z.number().optional().describe('its value at every step (default: 0, which ablates it)'),
  scale: z.number().optional().describe('what its value is multiplied by, instead'),
  prompt: z.string().default('').describe('the text to continue'),
  length: z.int().min(1).default(200).describe('tokens to draw'),
  temperature: z.number().positive().default(1).describe('under 1 bolder, over 1 more even'),
  greedy: z.boolean().default(false).describe('always the likeliest'),
  seed: z.int().min(0).default(1).describe('of the draws, the same for both'),
  ...jsonSchema.shape,
  ...engineSchema.shape,
  ...commonSchema.shape,
})

const kinds = [languageModelTask]

export function inspectAblateCommand(): Command {
  const command = new Command('ablate')
    .description('writes a text with and without a change of some units: ablated, pinned or scaled')
    .argument('<MODEL>', recurrentModelArgument)
  return addFlags(takesModels(command, kinds), schema).action(async (path: string) => {
    const flags = readFlags(command, schema)
    const { unit: names = [], pin, scale, json } = flags
    if (names.length === 0) throw new UsageError('inspect ablate: --unit is missing; give one, as --unit 0:12')
    if (pin !== undefined && scale !== undefined)
      throw new UsageError('inspect ablate: --pin and --scale exclude one another; give one of them')
    const { prompt, length, temperature, greedy, seed } = flags
    await withModel(command, path, engineOptionsOf(flags), kinds, async model => {
      const interventions = await asUsage(() =>
        names.map((name): Intervention => {
          const unit = unitOf(name, model)
          if (scale !== undefined) return scaled(unit, scale)
          return pin === undefined ? ablated(unit) : pinned(unit, pin)
        }),
      )
      const result = await compareInterventions(model, interventions, { prompt, length, temperature, greedy, seed })
      if (json) {
        await write(`${JSON.stringify(result)}\n`)
        return
      }
      const what = scale !== undefined ? `times ${scale}` : pin === undefined ? 'ablated' : `pinned to ${pin}`
      const { plain, changed, alike, plainLoss, changedLoss, tokens } = result
      await write(`as it is:
${prompt}${plain}

${names.join(', ')} ${what}:
${prompt}${changed}

the first ${whole(alike)} characters are the same
the first text's loss: ${decimals(plainLoss)} nats per token as it is, ${decimals(changedLoss)} with the change (${whole(tokens)} tokens)
`)
    })
  })
}
