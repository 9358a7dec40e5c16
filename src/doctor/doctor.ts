/* The doctor: asks every question in turn, the machine first, and tells what it finds as it goes. Nothing of the probe is
 * changed: what is trained, is trained on copies. */
import { platform } from '#platform'
import { checkOutputLayer, checkSentences, checkTargets } from './dataChecks.js'
import type { DoctorReport, Examination } from './examination.js'
import { checkFrequencies, checkOverfitting } from './generalisation.js'
import { checkDeadUnits, checkSaturation } from './hiddenUnits.js'
import { checkLearningRate, ownTrial, rateTrials } from './learningRate.js'
import { checkGradient, checkOneBatch } from './machine.js'
import type { Probe } from './probe.js'
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
  probe: Probe<Batch>,
  { dependency, steps = TRIAL_STEPS, signal }: DoctorOptions = {},
): AsyncGenerator<Examination, void, undefined> {
  const { engine } = probe.model
  const { seed } = probe.training
  const parts: (() => Promise<readonly Examination[]>)[] = [
    async () => [await checkGradient(probe, seed)],
    async () => [await checkOneBatch(probe, engine)],
    async () => [checkTargets(probe), checkSentences(probe), checkOutputLayer(probe)],
    async () => {
      const trials = await rateTrials(probe, engine, steps)
      const decay = decayOf(probe)
      const norms = gradientNorms(probe)
      return [
        checkLearningRate(trials),
        checkVanishing(probe, decay, dependency),
        checkExploding(probe, decay, norms, ownTrial(trials).norms),
      ]
    },
    async () => {
      const activity = await probe.activity?.()
      return [checkSaturation(probe, activity), checkDeadUnits(probe, activity)]
    },
    async () => {
      const { trained } = probe
      const losses = trained ? await probe.losses() : { training: Number.NaN, validation: undefined }
      const baselines = trained ? ((await probe.baselines?.()) ?? []) : []
      return [checkFrequencies(probe, losses, baselines), checkOverfitting(probe, losses, baselines)]
    },
  ]
  for (const part of parts) {
    if (signal?.aborted) return
    yield* await part()
    await platform.pause()
  }
}

/** All examinations of a model. */
export async function examine<Batch>(probe: Probe<Batch>, options: DoctorOptions = {}): Promise<DoctorReport> {
  const done: Examination[] = []
  for await (const examination of examinations(probe, options)) done.push(examination)
  return reportOf(probe, done)
}

export const reportOf = ({ name }: Pick<Probe<never>, 'name'>, done: readonly Examination[]): DoctorReport => ({
  model: name,
  examinations: done,
  healthy: done.every(({ verdict }) => verdict !== 'problem'),
})
