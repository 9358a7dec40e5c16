/* recurra inspect summary MODEL: what a model is made of. */
import { Command } from 'commander'
import { z } from 'zod'
import { summaryOf } from '../../src/inspection/index.js'
import { cellOf } from '../../src/models/shared/recurrentOptions.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from '../flags/commonFlags.js'
import { addFlags, readFlags } from '../flags/flags.js'
import { recurrentModelArgument, recurrentModels, withModel } from '../flags/openModel.js'
import { table, whole, write } from '../output/output.js'

const schema = z.strictObject({ ...jsonSchema.shape, ...engineSchema.shape, ...commonSchema.shape })

export function inspectSummaryCommand(): Command {
  const command = new Command('summary')
    .description('lists U, W, b of every layer, V and c of the output: shape, formula, count')
    .argument('<MODEL>', recurrentModelArgument)
  return addFlags(command, schema).action(async (path: string) => {
    const flags = readFlags(command, schema)
    await withModel(path, engineOptionsOf(flags), { verb: 'inspect summary', kinds: recurrentModels }, async model => {
      const { configuration } = model
      const { gates } = cellOf(configuration, [])
      const summary = summaryOf(model, { gates: gates.length })
      if (flags.json) return write(`${JSON.stringify(summary)}\n`)
      const rows = summary.rows.map(({ part, symbol, names, shape, formula, count }) => [
        `${part}  ${symbol}`,
        `[${shape.join(', ')}]`,
        formula,
        whole(count),
        names.join(' + '),
      ])
      await write(table([['', 'shape', 'formula', 'count', 'in the file'], ...rows]))
      const order = gates.length > 1 ? `; gates, in this order: ${gates.join(', ')}` : ''
      await write(`${whole(summary.count)} parameters, for texts of any length: time shares them${order}\n`)
      if ('tieWeights' in configuration && configuration.tieWeights)
        await write('V is E: the output layer shares its weights with the embedding\n')
    })
  })
}
