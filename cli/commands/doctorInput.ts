/* What `recurra doctor` examines, from its arguments: a trained model with the configuration of its run, or a new model that a
 * configuration means; and the data, split as training splits them. One entry a kind of model. */
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { z } from 'zod'
import { parseConfiguration } from '../../src/configuration.js'
import type { Probe } from '../../src/doctor/probe.js'
import { FileFormatError } from '../../src/errors.js'
import {
  Classifier,
  classifierProbe,
  classifierSchema,
  type Engine,
  LanguageModel,
  languageModelSchema,
  languageProbe,
  Regressor,
  regressorProbe,
  regressorSchema,
  Tagger,
  Translator,
  taggerProbe,
  taggerSchema,
  trainingSchema,
  translatorProbe,
  translatorSchema,
} from '../../src/index.js'
import { readRun } from '../../src/node/index.js'
import { picked, readConfiguration } from '../flags/configurationFile.js'
import { asUsage, UsageError } from '../flags/flags.js'
import { builtInOf, unitFor } from '../flags/givenData.js'
import { modelOf, recurrentModels } from '../flags/openModel.js'
import { classifyTask } from './trainClassify.js'
import type { TrainingTask } from './trainingTask.js'
import { lmTask } from './trainLm.js'
import { regressTask } from './trainRegress.js'
import { tagTask } from './trainTag.js'
import { translateTask } from './trainTranslate.js'

/** What is the same of every kind. */
interface Shared {
  readonly values: z.output<z.ZodObject>
  readonly engine: Engine
  /** A model's file; none where a new one is examined. */
  readonly file: string | undefined
  /** As a probe takes it. */
  readonly options: {
    readonly training: z.output<typeof trainingSchema>
    readonly trained: boolean
    readonly history: readonly number[] | undefined
  }
}

/** How a kind of model is admitted. */
interface Ward {
  readonly task: Pick<TrainingTask<never, unknown, never>, 'task' | 'fileSchema' | 'contradictions'>
  /** A probe. */
  admit(shared: Shared): Promise<unknown>
}

/** Begun as training begins it; but a file of word vectors, which are learned like others, is left out. */
function begun<S extends z.ZodObject>(schema: S, { values, options, engine }: Shared) {
  const asked = picked(schema, values)
  const learned = 'embedding' in asked && !schema.shape.embedding.safeParse(asked.embedding).success
  return { ...asked, ...(learned ? { embedding: 'learned' } : {}), seed: options.training.seed, engine }
}

const wards = {
  lm: {
    task: lmTask,
    async admit(shared) {
      const { values, engine, file, options } = shared
      const { data } = await lmTask.read(values as Parameters<typeof lmTask.read>[0])
      const model = file
        ? await LanguageModel.load(file, { engine })
        : await asUsage(() => LanguageModel.create({ corpus: data.train, ...begun(languageModelSchema, shared) }))
      return languageProbe(model, data, options)
    },
  },
  classify: {
    task: classifyTask,
    async admit(shared) {
      const { values, engine, file, options } = shared
      const { data } = await classifyTask.read(values as Parameters<typeof classifyTask.read>[0])
      const model = file
        ? await Classifier.load(file, { engine })
        : await asUsage(() => Classifier.create({ corpus: data.train, ...begun(classifierSchema, shared) }))
      return classifierProbe(model, data, options)
    },
  },
  tag: {
    task: tagTask,
    async admit(shared) {
      const { values, engine, file, options } = shared
      const { data } = await tagTask.read(values as Parameters<typeof tagTask.read>[0])
      const model = file
        ? await Tagger.load(file, { engine })
        : await asUsage(() => Tagger.create({ corpus: data.train, ...begun(taggerSchema, shared) }))
      return taggerProbe(model, data, options)
    },
  },
  translate: {
    task: translateTask,
    async admit(shared) {
      const { engine, file, options } = shared
      const { data } = await translateTask.read(shared.values as Parameters<typeof translateTask.read>[0])
      const model = file
        ? await Translator.load(file, { engine })
        : await asUsage(() => Translator.create({ corpus: data.train, ...begun(translatorSchema, shared) }))
      return translatorProbe(model, data, options)
    },
  },
  regress: {
    task: regressTask,
    async admit(shared) {
      const { values, engine, file, options } = shared
      const { data } = await regressTask.read(values as Parameters<typeof regressTask.read>[0])
      const model = file
        ? await Regressor.load(file, { engine })
        : await asUsage(() => Regressor.create({ corpus: data.train, ...begun(regressorSchema, shared) }))
      return regressorProbe(model, data, options)
    },
  },
} satisfies Record<string, Ward>

type Kind = keyof typeof wards

/** As `recurra train` calls them. */
export const kinds = Object.keys(wards) as [Kind, ...Kind[]]

export interface DoctorInput {
  /** A model file or the folder of a run; none where a configuration is examined. */
  readonly model: string | undefined
  readonly config: string | undefined
  /** Default what the configuration says. */
  readonly data: string | undefined
  /** Of a configuration. */
  readonly kind: Kind
}

/** A probe of any kind, its engine's to close. */
export interface Admission {
  readonly probe: Probe<unknown>
  /** What is examined, and on what. */
  readonly line: string
}

/** @throws UsageError where something is missing, FileFormatError for a file that is no such model */
export async function admit(
  { model, config, data: given, kind: named }: DoctorInput,
  engine: Engine,
): Promise<Admission> {
  const found = model === undefined ? undefined : await modelOf(model, { verb: 'doctor', kinds: recurrentModels })
  const kind = found ? kindOf(found.kind) : named
  const ward: Ward = wards[kind]
  const run = model === undefined ? undefined : await runOf(model)
  const { fileSchema, contradictions } = ward.task
  const file = config === undefined ? undefined : await readConfiguration(config, fileSchema)
  const where = file?.path ?? model ?? 'doctor'
  const configured = (file?.values ?? run?.configuration ?? {}) as object
  const values = await asUsage(() => parseConfiguration(fileSchema, configured, where, { contradictions }))
  const data = given ?? (values.data as string | undefined)
  // Two parallel files of pairs stand in the configuration.
  const parallel = given === undefined && kind === 'translate' && values.sourceFile !== undefined
  if (data === '-' || (data === undefined && !parallel))
    throw new UsageError('doctor: FILE is missing; give the data that it is, or is to be, trained on')
  const instead = given !== undefined && kind === 'translate' ? { sourceFile: undefined, targetFile: undefined } : {}
  const builtIn = builtInOf(kind, data)
  const unit = 'unit' in values ? { unit: unitFor(builtIn, values.unit, new Set(Object.keys(configured))) } : {}
  const history = run?.events.flatMap(({ validationLoss }) => (validationLoss === undefined ? [] : [validationLoss]))
  const training = trainingSchema.parse(picked(trainingSchema, values))
  const probe = (await ward.admit({
    ...{ values: { ...values, ...instead, data, ...unit }, engine, file: found?.file },
    options: { training, trained: found !== undefined, history },
  })) as Probe<unknown>
  const unknown = model !== undefined && !run && !file
  const on = data ?? `${values.sourceFile} and ${values.targetFile}`
  return {
    probe,
    line: `${basename(model ?? file?.path ?? 'a new model')}: ${probe.task}, ${probe.name}, on ${on}${unknown ? '; how it was trained is not known (give --config): defaults are taken' : ''}`,
  }
}

const kindOf = (task: string) => kinds.find(kind => wards[kind].task.task === task) as Kind

async function runOf(path: string) {
  const state = await stat(path).catch(() => undefined)
  if (!state?.isDirectory()) return undefined
  const run = await readRun(path)
  if (run.fault) throw new FileFormatError(run.fault)
  return run
}
