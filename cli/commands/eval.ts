/* recurra eval MODEL FILE: how well a model does on data of its task. Of a run, data are read as its configuration says. */
import { Command } from 'commander'
import { z } from 'zod'
import { dashed, picked, type Task } from '../../src/index.js'
import { fileReader } from '../../src/node/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from '../flags/commonFlags.js'
import { addFlags, flagOf, givenFlags, readFlags, UsageError } from '../flags/flags.js'
import { ngramKind } from '../flags/modelKinds.js'
import { closeModel, engineFor, findModel, type ModelKind, modelArgument, takesModels } from '../flags/models.js'
import { runAt } from '../flags/runs.js'
import { write } from '../output/output.js'

const general = z.strictObject({ ...jsonSchema.shape, ...engineSchema.shape, ...commonSchema.shape })

export function evalCommand(tasks: readonly Task[]): Command {
  const kinds: readonly ModelKind[] = [...tasks, ngramKind]
  const shapes: z.ZodRawShape[] = kinds.map(({ evaluation }) => evaluation.shape)
  const schema = z.strictObject({ ...Object.assign({}, ...shapes.toReversed()), ...general.shape })
  const command = new Command('eval')
    .description('measures a model on data: perplexity, accuracy and F1, BLEU and chrF, errors of numbers')
    .argument('<MODEL>', modelArgument)
    .argument('[FILE]', 'a text, or what the task of the model is trained on; - is standard input')
  addFlags(takesModels(command, kinds), schema)
  return command.action(async (path: string, file: string | undefined) => {
    const flags = readFlags(command, schema)
    const given = givenFlags(command)
    if (file === undefined && !tasks.some(task => task.otherDataKeys.some(key => key in given)))
      throw new UsageError('eval: FILE is missing; give what MODEL is to be measured on, or - for standard input')
    const { file: modelFile, kind } = await findModel(command, path, kinds)
    checkOwn(kind, kinds, given)
    const values = { ...picked(kind.evaluation, flags), ...(await ofRun(path, tasks, kind, given)) }
    const faults = kind.faults({ ...values, data: file }, fileReader, flagOf)
    if (faults.length > 0) throw new UsageError(`eval: ${faults.join('; ')}`)
    const common = general.parse(picked(general, flags))
    const { model, evaluate } = await kind.load(modelFile, await engineFor(kind, engineOptionsOf(common)))
    try {
      const { lines, record } = await evaluate(file, values, fileReader)
      await write(common.json ? `${JSON.stringify(record)}\n` : lines)
    } finally {
      closeModel(model)
    }
  })
}

/** @throws UsageError for a flag of another task */
function checkOwn(kind: ModelKind, kinds: readonly ModelKind[], given: Readonly<Record<string, unknown>>): void {
  const foreign = Object.keys(given).find(key => !(key in kind.evaluation.shape) && !(key in general.shape))
  if (foreign === undefined) return
  const owners = kinds.filter(({ evaluation }) => foreign in evaluation.shape).map(({ name }) => `${name}s`)
  throw new UsageError(`eval: --${dashed(foreign)} is for ${owners.join(' and ')}; leave it out`)
}

/**
 * What the configuration of a run says of a measurement, under what the flags say.
 * @throws UsageError for a flag that reads the data otherwise than the run did
 */
async function ofRun(
  path: string,
  tasks: readonly Task[],
  { name, evaluation, dataForm }: ModelKind,
  given: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const task = tasks.find(each => each.name === name)
  const run = task && (await runAt(path, task))
  if (!run) return {}
  const own = picked(evaluation, run.values)
  for (const key of Object.keys(dataForm.shape)) {
    if (!(key in given) || JSON.stringify(given[key]) === JSON.stringify(run.values[key])) continue
    throw new UsageError(
      `eval: ${flagOf(key)}: the run’s own is ${JSON.stringify(run.values[key]) ?? 'none'}; got ${JSON.stringify(given[key])}; leave it out`,
    )
  }
  return { ...own, ...picked(evaluation, given) }
}
