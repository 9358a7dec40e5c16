/* recurra train TASK FILE: trains a model of a task in a run's folder; recurra train ngram FILE counts. */
import { Command } from 'commander'
import { z } from 'zod'
import { openEngine, picked, type Task, trainingSchema } from '../../src/index.js'
import { fileReader } from '../../src/node/index.js'
import { engineOptionsOf } from '../flags/commonFlags.js'
import { reportMissingData, requireFiles } from '../flags/dataSource.js'
import { addFlags, asUsage, flagOf, UsageError } from '../flags/flags.js'
import { runSchema } from '../flags/runFlags.js'
import { TrainingProgress } from '../output/progress.js'
import { checkOut, configSchema, newFolder, PARENT, readTrainFlags } from './trainInput.js'
import { backendLine, checkRunFlags, reportOutcome, trainInFolder } from './trainingSession.js'
import { trainNGramCommand } from './trainNGram.js'

export function trainCommand(tasks: readonly Task[]): Command {
  const command = new Command('train').description('trains a model')
  for (const task of tasks) command.addCommand(trainTaskCommand(task))
  return command.addCommand(trainNGramCommand())
}

function trainTaskCommand(task: Task): Command {
  const { verb, summary, dataArgument } = task
  const { data, ...configuration } = task.schema.shape
  const schema = z.strictObject({
    ...configSchema.shape,
    out: z.string().optional().describe(`the run’s folder (default: ${PARENT}/${verb}-N, the first that is free)`),
    ...task.flags.shape,
    ...configuration,
    ...runSchema.shape,
  })
  const command = new Command(verb)
    .description(summary)
    .argument('[FILE]', `${dataArgument} (default: data in the configuration)`)
  return addFlags(command, schema, { negatable: booleansOf(task.schema) }).action(async (path: string | undefined) => {
    const input = { schema, fileSchema: task.schema, contradictions: task.flagContradictions }
    const { flags, data, given } = await readTrainFlags(command, path, input)
    const out = typeof flags.out === 'string' ? flags.out : undefined
    await checkOut(out)
    const implied = Object.entries(task.implied(data, fileReader)).filter(([key]) => !given.has(key))
    const values = { ...picked(task.schema, flags), ...Object.fromEntries(implied), data }
    const faults = task.faults(values, fileReader, flagOf)
    if (faults.length > 0) throw new UsageError(`train ${verb}: ${faults.join('; ')}`)
    const run = runSchema.parse(picked(runSchema, flags))
    checkRunFlags(`train ${verb}`, task, run)
    const files = task.files(values, fileReader)
    await reportMissingData(flags.config, files)
    requireFiles(files)
    const source = await task.read(values, fileReader)
    const engine = await openEngine(engineOptionsOf(run))
    const progress = new TrainingProgress(task.throughputUnit(values))
    progress.note(backendLine(engine))
    const note = (line: string) => progress.note(line)
    const model = await asUsage(() => source.create({ flags, engine, reader: fileReader, note }))
    source.baselines(flags).forEach(note)
    const outcome = await trainInFolder({
      ...{ task, values, source, model, progress, flags: run },
      training: trainingSchema.parse(picked(task.training, flags)),
      makeFolder: newFolder(verb, out),
    })
    await reportOutcome(outcome, run)
  })
}

/** Keys of switches, which a configuration may set and a flag must be able to unset. */
const booleansOf = ({ shape }: z.ZodObject): string[] =>
  Object.entries(shape).flatMap(([key, field]) => (isBoolean(field) ? [key] : []))

const isBoolean = (field: z.core.$ZodType): boolean =>
  field instanceof z.ZodBoolean ||
  ((field instanceof z.ZodDefault || field instanceof z.ZodOptional) && isBoolean(field.def.innerType))
