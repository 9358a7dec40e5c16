/* What `recurra doctor` examines, from its arguments: a trained model with the configuration of its run, or a new model that a
 * configuration means; and the data, split as training splits them. */
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { z } from 'zod'
import { parseConfiguration } from '../src/configuration.js'
import { languagePatient } from '../src/doctor/languagePatient.js'
import type { Patient } from '../src/doctor/patient.js'
import { regressorPatient } from '../src/doctor/regressorPatient.js'
import { FileFormatError } from '../src/errors.js'
import { readSafetensors } from '../src/formats/safetensors.js'
import {
  type Engine,
  LanguageModel,
  languageModelSchema,
  Regressor,
  regressorSchema,
  trainingSchema,
} from '../src/index.js'
import { readFileBytes } from '../src/node/files.js'
import { modelFileOf, readRun } from '../src/node/index.js'
import { picked, readConfiguration } from './configurationFile.js'
import { asUsage, UsageError } from './flags.js'
import { lmTask } from './trainLm.js'
import { regressTask } from './trainRegress.js'

export const kinds = ['lm', 'regress'] as const

export interface DoctorInput {
  /** A model file or the folder of a run; none where a configuration is examined. */
  readonly model: string | undefined
  readonly config: string | undefined
  /** Default what the configuration says. */
  readonly data: string | undefined
  /** Of a configuration. */
  readonly kind: (typeof kinds)[number]
}

/** A patient of any kind, its engine's to close. */
export interface Admission {
  readonly patient: Patient<unknown>
  /** What is examined, and on what. */
  readonly line: string
}

/** @throws UsageError where something is missing, FileFormatError for a file that is no such model */
export async function admit(input: DoctorInput, engine: Engine): Promise<Admission> {
  const kind = input.model === undefined ? input.kind : await kindOf(input.model)
  const run = input.model === undefined ? undefined : await runOf(input.model)
  const { fileSchema, contradictions } = kind === 'lm' ? lmTask : regressTask
  const file = input.config === undefined ? undefined : await readConfiguration(input.config, fileSchema)
  const where = file?.path ?? input.model ?? 'doctor'
  const given = (file?.values ?? run?.configuration ?? {}) as object
  const values = await asUsage(() => parseConfiguration(fileSchema, given, where, { contradictions }))
  const data = input.data ?? (values.data as string | undefined)
  if (data === undefined || data === '-')
    throw new UsageError('doctor: FILE is missing; give the data that it is, or is to be, trained on')
  const history = run?.events.flatMap(({ validationLoss }) => (validationLoss === undefined ? [] : [validationLoss]))
  const shared = { ...input, data, values, engine, history }
  const patient = kind === 'lm' ? await languageModel(shared) : await regressor(shared)
  const of = input.model ?? file?.path ?? 'a new model'
  const unknown = input.model !== undefined && !run && !file
  return {
    patient: patient as Patient<unknown>,
    line: `${basename(of)}: ${patient.kind}, ${patient.name}, on ${data}${unknown ? '; how it was trained is not known (give --config): defaults are taken' : ''}`,
  }
}

interface Shared extends DoctorInput {
  readonly data: string
  readonly values: z.output<z.ZodObject>
  readonly engine: Engine
  readonly history: readonly number[] | undefined
}

async function languageModel({ model: path, data, values, engine, history }: Shared) {
  const { data: corpora } = await lmTask.read({ ...values, data } as Parameters<typeof lmTask.read>[0])
  const training = picked(trainingSchema, values)
  const asked = languageModelSchema.safeParse(picked(languageModelSchema, values))
  const model =
    path === undefined
      ? await asUsage(() =>
          LanguageModel.create({
            corpus: corpora.train,
            // A file of word vectors begins otherwise, but is learned like others.
            ...(asked.success ? asked.data : { ...picked(languageModelSchema, values), embedding: 'learned' }),
            ...{ seed: training.seed, engine },
          }),
        )
      : await LanguageModel.load(await modelFileOf(path), { engine })
  return languagePatient(model, corpora, { training, trained: path !== undefined, history })
}

async function regressor({ model: path, data, values, engine, history }: Shared) {
  const { data: corpora } = await regressTask.read({ ...values, data } as Parameters<typeof regressTask.read>[0])
  const training = trainingSchema.parse(picked(trainingSchema, values))
  const model =
    path === undefined
      ? await asUsage(() =>
          Regressor.create({
            corpus: corpora.train,
            ...regressorSchema.parse(picked(regressorSchema, values)),
            ...{ seed: training.seed, engine },
          }),
        )
      : await Regressor.load(await modelFileOf(path), { engine })
  return regressorPatient(model, corpora, { training, trained: path !== undefined, history })
}

async function kindOf(path: string): Promise<DoctorInput['kind']> {
  const file = await modelFileOf(path)
  const task = readSafetensors(await readFileBytes(file), file).metadata['recurra.task']
  if (task === lmTask.task) return 'lm'
  if (task === regressTask.task) return 'regress'
  throw new FileFormatError(
    `${file}: the doctor knows language models and regressors; it holds a ${task ?? 'file of tensors'}`,
  )
}

async function runOf(path: string) {
  const state = await stat(path).catch(() => undefined)
  if (!state?.isDirectory()) return undefined
  const run = await readRun(path)
  if (run.fault) throw new FileFormatError(run.fault)
  return run
}
