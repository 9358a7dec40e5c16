/* recurra inspect summary MODEL: what a model is made of. */
import { Command } from 'commander'
import { z } from 'zod'
import { openEngine, type Task } from '../../src/index.js'
import { summaryOf, table, whole } from '../../src/inspection/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from '../flags/commonFlags.js'
import { addFlags, readFlags } from '../flags/flags.js'
import { closeModel, findModel, recurrentModelArgument, takesModels } from '../flags/models.js'
import { write } from '../output/output.js'

const schema = z.strictObject({ ...jsonSchema.shape, ...engineSchema.shape, ...commonSchema.shape })

export function inspectSummaryCommand(tasks: readonly Task[]): Command {
  const command = new Command('summary')
    .description('lists U, W, b of every layer, V and c of the output: shape, formula, count')
    .argument('<MODEL>', recurrentModelArgument)
  return addFlags(takesModels(command, tasks), schema).action(async (path: string) => {
    const flags = readFlags(command, schema)
    const { file, kind } = await findModel(command, path, tasks)
    const { model, gateNames, remarks } = await kind.load(file, { engine: await openEngine(engineOptionsOf(flags)) })
    try {
      const summary = summaryOf(model, { gates: Math.max(1, gateNames.length) })
      if (flags.json) return await write(`${JSON.stringify(summary)}\n`)
      const rows = summary.rows.map(({ part, symbol, names, shape, formula, count }) => [
        `${part}  ${symbol}`,
        `[${shape.join(', ')}]`,
        formula,
        whole(count),
        names.join(' + '),
      ])
      await write(table([['', 'shape', 'formula', 'count', 'in the file'], ...rows]))
      const order = gateNames.length > 1 ? `; gates, in this order: ${gateNames.join(', ')}` : ''
      await write(`${whole(summary.count)} parameters, for texts of any length: time shares them${order}\n`)
      for (const remark of remarks) await write(`${remark}\n`)
    } finally {
      closeModel(model)
    }
  })
}
