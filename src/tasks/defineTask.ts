/* Makes a task of its definition: every method is bound to the definition's types here, once, by the definition's own
 * schemas and type predicates, so that no caller needs a cast. */
import type { z } from 'zod'
import { type Contradiction, picked } from '../configuration.js'
import type { Trainable } from '../models/shared/trainable.js'
import { contextContradictions, trainingContradictions } from '../training/contradictions.js'
import type { TrainingOptions } from '../training/options.js'
import { trainingRun } from '../training/trainer.js'
import type {
  DataSource,
  LoadedData,
  LoadedModel,
  ModelWithData,
  Task,
  TaskData,
  TaskDefinition,
  TaskModel,
  Values,
} from './task.js'

export function defineTask<
  Model extends TaskModel & Trainable<Batch>,
  Data extends TaskData,
  Splits extends Data,
  Batch,
  S extends z.ZodObject,
  E extends z.ZodObject,
  F extends z.ZodObject,
>(definition: TaskDefinition<Model, Data, Splits, Batch, S, E, F>): Task<Model, Data, Splits> {
  const { isModel, isData, schema, evaluation } = definition
  const { name, verb, summary, dataArgument, wantedData, dataDescription, training, dataForm, flags, metrics } =
    definition
  const train = (model: Model, data: Data, options?: TrainingOptions) => {
    const open: Parameters<typeof trainingRun<Batch>>[1]['open'] = configuration =>
      definition.trainingTask(model, data, configuration)
    const validation = data.validation !== undefined
    const chosen = { ...(validation ? definition.trainingDefaults : {}), ...options }
    return trainingRun(model, { ...definition, validation, open }, chosen)
  }
  const loaded = (model: Model): LoadedModel<Model> => ({
    model,
    get line() {
      return definition.line(model)
    },
    get gateNames() {
      return definition.gateNames?.(model) ?? []
    },
    get remarks() {
      return definition.remarks?.(model) ?? []
    },
    evaluate: (path, values, reader) =>
      definition.evaluate(model, path, evaluation.parse(picked(evaluation, values)), reader),
  })
  const withData = (given: Values, source: DataSource<Splits>): LoadedData<Model> => {
    const values = schema.parse(picked(schema, given))
    const { data, name, line, content } = source
    const joined = (model: Model): ModelWithData<Model> =>
      Object.assign(loaded(model), {
        train: (options: TrainingOptions) => train(model, data, options),
        gradients: () => definition.gradients?.(model, data),
        test: (signal: AbortSignal) => definition.test(model, data, values, signal),
        probe: (options: Parameters<typeof definition.probe>[2]) => definition.probe(model, data, options),
      })
    return {
      ...{ name, line, content },
      create: async ({ flags: more, ...options }) =>
        joined(await definition.create({ ...options, values, data, flags: flags.parse(picked(flags, more)) })),
      load: async (from, options) => joined(await definition.load(from, options)),
      baselines: more => definition.baselines?.(data, values, flags.parse(picked(flags, more))) ?? [],
    }
  }
  const contradictions = contradictionsOf(definition)
  const among =
    (...schemas: readonly z.ZodObject[]) =>
    ({ keys }: Contradiction) =>
      keys.every(key => schemas.some(({ shape }) => key in shape))
  return {
    ...{ name, verb, summary, dataArgument, wantedData, dataDescription },
    ...{ schema, training, dataForm, evaluation, flags, metrics, isModel, isData },
    otherDataKeys: definition.otherDataKeys ?? [],
    watchesGradients: definition.gradients !== undefined,
    contradictions: contradictions.filter(among(schema)),
    flagContradictions: contradictions.filter(among(schema, flags)),
    train: (model, data, options) => (isModel(model) && isData(data) ? train(model, data, options) : undefined),
    implied: (data, reader) => definition.implied?.(data, reader) ?? {},
    faults: (given, reader, nameOf) => {
      const values = checked(schema, given)
      return [
        ...(definition.dataFaults ?? missingData(definition))(values, nameOf),
        ...(definition.faults?.(values, reader, nameOf) ?? []),
      ]
    },
    files: (given, reader) => definition.files?.(checked(schema, given), reader) ?? [String(given.data)],
    throughputUnit: given => definition.throughputUnit(schema.parse(picked(schema, given))),
    read: async (given, reader) => withData(given, await definition.read(schema.parse(picked(schema, given)), reader)),
    withData,
    load: async (from, options) => loaded(await definition.load(from, options)),
  }
}

/** Those of the values that the schema has, each checked by itself. */
const checked = <S extends z.ZodObject>(schema: S, values: Values) =>
  schema.partial().parse(picked(schema, values)) as Partial<z.output<S>>

const missingData =
  ({
    wantedData,
    standardInput = true,
  }: {
    readonly wantedData: string
    readonly standardInput?: boolean | undefined
  }) =>
  ({ data }: Values): string[] => {
    if (data === undefined)
      return [`FILE is missing; give ${wantedData}${standardInput ? ', or - for standard input' : ''}`]
    return data === '-' && !standardInput ? ['FILE must be a file; got standard input'] : []
  }

function contradictionsOf(
  definition: Pick<
    TaskDefinition<never, never, never, never, never, never, never>,
    'contradictions' | 'metrics' | 'feedsItself' | 'readsText' | 'crossEntropy'
  >,
): readonly Contradiction[] {
  const { contradictions, metrics, feedsItself, readsText, crossEntropy } = definition
  const capabilities = { validation: true, metrics: Object.keys(metrics), feedsItself, readsText, crossEntropy }
  return [...contradictions, ...trainingContradictions, ...contextContradictions(capabilities)]
}
