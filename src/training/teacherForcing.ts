/* The share of inputs that are true tokens, over the steps of training: scheduled sampling (Bengio, Vinyals, Jaitly & Shazeer
 * 2015). With i the steps done, k teacherForcingSteps, ε₀ teacherForcing and ε teacherForcingLeast:
 *
 *     constant          ε₀
 *     linear            ε₀ − (ε₀ − ε) i / k
 *     exponential       ε₀ exp(−i / k)
 *     inverse sigmoid   ε₀ k / (k + exp(i / k))
 *
 * none below ε. src/models/shared/scheduledSampling.ts makes the other inputs. */
import type { TrainingConfiguration } from './options.js'

type ForcingConfiguration = Pick<
  TrainingConfiguration,
  'teacherForcing' | 'teacherForcingSchedule' | 'teacherForcingSteps' | 'teacherForcingLeast'
>

/** The share after `done` steps. */
export function teacherForcingAt(configuration: ForcingConfiguration, done: number): number {
  const {
    teacherForcing: first,
    teacherForcingSchedule,
    teacherForcingSteps: k = 1,
    teacherForcingLeast: least,
  } = configuration
  switch (teacherForcingSchedule) {
    case 'constant':
      return first
    case 'linear':
      return Math.max(least, first - ((first - least) * done) / k)
    case 'exponential':
      return Math.max(least, first * Math.exp(-done / k))
    case 'inverse-sigmoid':
      return Math.max(least, (first * k) / (k + Math.exp(done / k)))
  }
}
