/* The doctor: asks every question in turn, the machine first, and reports as it goes. The model under test stays as it is:
 * what is trained, is trained on copies. */
import { platform } from '#platform'
import type { LayerActivity } from './activity.js'
import { type Check, checks, type DoctorReport, type Examination } from './examination.js'
import { checkExploding, gradientNorms } from './exploding.js'
import { withoutPresent } from './fix.js'
import { checkFrequencies, checkOverfitting, type Losses } from './generalisation.js'
import { checkGradient } from './gradientCheck.js'
import type { Decay } from './gradientDecay.js'
import { checkDeadUnits, checkSaturation } from './hiddenUnits.js'
import { checkLearningRate, type RateTrial, rateTrials, trialAsConfigured } from './learningRate.js'
import { checkOneBatch } from './oneBatch.js'
import { checkOutputLayer } from './outputLayer.js'
import type { Baseline, Probe } from './probe.js'
import { checkSentences } from './sentences.js'
import { checkTargets } from './targets.js'
import { checkVanishing, decayThroughTime } from './vanishing.js'

export interface DoctorOptions {
  /** Steps that the model has to remember, where they are known: a gradient must last as long. Default unknown. */
  readonly dependency?: number | undefined
  /** Steps of each trial of a learning rate. Default 40. */
  readonly steps?: number | undefined
  /** Questions to ask. Default all. */
  readonly checks?: readonly Check[] | undefined
  readonly signal?: AbortSignal | undefined
}

export const TRIAL_STEPS = 40

/** Measurements that several questions rest on, each made when it is first needed. */
class Measurements<Batch> {
  private madeTrials: Promise<RateTrial[]> | undefined
  private madeDecay: { readonly decay: Decay | undefined } | undefined
  private madeActivity: readonly LayerActivity[] | undefined
  private madeLosses: Promise<readonly [Losses, readonly Baseline[]]> | undefined

  constructor(
    private readonly probe: Probe<Batch>,
    private readonly steps: number,
  ) {}

  trials(): Promise<RateTrial[]> {
    this.madeTrials ??= rateTrials(this.probe, this.probe.model.engine, this.steps)
    return this.madeTrials
  }

  decay(): Decay | undefined {
    this.madeDecay ??= { decay: decayThroughTime(this.probe) }
    return this.madeDecay.decay
  }

  activity(): readonly LayerActivity[] {
    this.madeActivity ??= this.probe.activity()
    return this.madeActivity
  }

  losses(): Promise<readonly [Losses, readonly Baseline[]]> {
    const { probe } = this
    const untrained = { training: Number.NaN, validation: undefined }
    this.madeLosses ??= probe.trained
      ? Promise.all([probe.losses(), probe.baselines()])
      : Promise.resolve([untrained, []])
    return this.madeLosses
  }
}

async function examination<Batch>(
  check: Check,
  probe: Probe<Batch>,
  measurements: Measurements<Batch>,
  dependency: number | undefined,
): Promise<Examination> {
  switch (check) {
    case 'gradient':
      return checkGradient(probe)
    case 'one batch':
      return checkOneBatch(probe, probe.model.engine)
    case 'targets':
      return checkTargets(probe)
    case 'sentences':
      return checkSentences(probe)
    case 'output layer':
      return checkOutputLayer(probe)
    case 'learning rate':
      return checkLearningRate(await measurements.trials())
    case 'vanishing':
      return checkVanishing(probe, measurements.decay(), dependency)
    case 'exploding': {
      const trials = await measurements.trials()
      const training = trialAsConfigured(trials).norms
      const norms = { present: gradientNorms(probe), training, untrained: trials[0].norms }
      return checkExploding(probe, measurements.decay(), norms)
    }
    case 'saturation':
      return checkSaturation(probe, measurements.activity())
    case 'dead units':
      return checkDeadUnits(probe, measurements.activity())
    case 'frequencies':
      return checkFrequencies(probe, ...(await measurements.losses()))
    case 'overfitting':
      return checkOverfitting(probe, ...(await measurements.losses()))
  }
}

/** Examines a model; iterate to see each examination as it is done. */
export async function* examinations<Batch>(
  probe: Probe<Batch>,
  { dependency, steps = TRIAL_STEPS, checks: chosen = checks, signal }: DoctorOptions = {},
): AsyncGenerator<Examination, void, undefined> {
  const configuration = { ...probe.training, ...probe.configuration }
  const measurements = new Measurements(probe, steps)
  for (const check of checks.filter(each => chosen.includes(each))) {
    if (signal?.aborted) return
    const { fixes, ...rest } = await examination(check, probe, measurements, dependency)
    yield { ...rest, fixes: withoutPresent(fixes, configuration) }
    await platform.pause()
  }
}

/** All examinations of a model. */
export async function examine<Batch>(probe: Probe<Batch>, options: DoctorOptions = {}): Promise<DoctorReport> {
  const done: Examination[] = []
  for await (const examination of examinations(probe, options)) done.push(examination)
  return reportOf(probe, done)
}

export const reportOf = ({ name }: { readonly name: string }, done: readonly Examination[]): DoctorReport => ({
  model: name,
  examinations: done,
  healthy: done.every(({ verdict }) => verdict !== 'problem'),
})
