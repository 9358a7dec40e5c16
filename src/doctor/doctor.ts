/* The doctor: asks every question in turn, the machine first, and tells what it finds as it goes. Nothing of the patient is
 * changed: what is trained, is trained on copies. */
import { platform } from '#platform'
import { checkOutputLayer, checkSentences, checkTargets } from './dataChecks.js'
import type { DoctorReport, Examination } from './examination.js'
import { checkFrequencies, checkOverfitting } from './generalisation.js'
import { checkDeadUnits, checkSaturation } from './hiddenUnits.js'
import { checkLearningRate, ownTrial, rateTrials } from './learningRate.js'
import { checkGradient, checkOneBatch } from './machine.js'
import type { Patient } from './patient.js'
import { checkExploding, checkVanishing, decayOf, gradientNorms } from './throughTime.js'

export interface DoctorOptions {
  /** Steps that the model has to remember, where they are known: a gradient must last as long. Default unknown. */
  readonly dependency?: number | undefined
  /** Steps of each trial of a learning rate. Default 40. */
  readonly steps?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export const TRIAL_STEPS = 40

/** Examines a model; iterate to see each examination as it is done. */
export async function* examinations<Batch>(
  patient: Patient<Batch>,
  { dependency, steps = TRIAL_STEPS, signal }: DoctorOptions = {},
): AsyncGenerator<Examination, void, undefined> {
  const { engine } = patient.model
  const { seed } = patient.training
  const parts: (() => Promise<readonly Examination[]>)[] = [
    async () => [await checkGradient(patient, seed)],
    async () => [await checkOneBatch(patient, engine)],
    async () => [checkTargets(patient), checkSentences(patient), checkOutputLayer(patient)],
    async () => {
      const trials = await rateTrials(patient, engine, steps)
      const decay = decayOf(patient)
      const norms = gradientNorms(patient)
      return [
        checkLearningRate(trials),
        checkVanishing(patient, decay, dependency),
        checkExploding(patient, decay, norms, ownTrial(trials).norms),
      ]
    },
    async () => {
      const activity = await patient.activity?.()
      return [checkSaturation(patient, activity), checkDeadUnits(patient, activity)]
    },
    async () => {
      const { trained } = patient
      const losses = trained ? await patient.losses() : { training: Number.NaN, validation: undefined }
      const baselines = trained ? ((await patient.baselines?.()) ?? []) : []
      return [checkFrequencies(patient, losses, baselines), checkOverfitting(patient, losses, baselines)]
    },
  ]
  for (const part of parts) {
    if (signal?.aborted) return
    yield* await part()
    await platform.pause()
  }
}

/** All examinations of a model. */
export async function examine<Batch>(patient: Patient<Batch>, options: DoctorOptions = {}): Promise<DoctorReport> {
  const done: Examination[] = []
  for await (const examination of examinations(patient, options)) done.push(examination)
  return reportOf(patient, done)
}

export const reportOf = ({ name }: Pick<Patient<never>, 'name'>, done: readonly Examination[]): DoctorReport => ({
  model: name,
  examinations: done,
  healthy: done.every(({ verdict }) => verdict !== 'sick'),
})
