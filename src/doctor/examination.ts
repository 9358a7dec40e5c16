/* What the doctor reports: one examination a question, in plain words, with the figures that it rests on and, where something
 * is wrong, settings that mend it. */
import { type ConfigurationValue, type Fix, fix } from './fix.js'

export { type ConfigurationValue, type Fix, fix }

/** The questions, in the order in which they are asked: the machine first, then the data, then the model. */
export const checks = [
  'gradient',
  'one batch',
  'targets',
  'sentences',
  'output layer',
  'learning rate',
  'vanishing',
  'exploding',
  'saturation',
  'dead units',
  'frequencies',
  'overfitting',
] as const
export type Check = (typeof checks)[number]

/** Figures by name. */
export type Evidence = Readonly<Record<string, number | string | readonly number[]>>

export interface Examination {
  readonly check: Check
  /** `note`: nothing is wrong, but worth knowing; `skipped`: the question does not apply to this model. */
  readonly verdict: 'ok' | 'note' | 'problem' | 'skipped'
  /** In a sentence or two, with the figures that matter. */
  readonly says: string
  readonly evidence: Evidence
  /** Best first; empty where nothing is wrong. */
  readonly fixes: readonly Fix[]
}

export interface DoctorReport {
  readonly model: string
  readonly examinations: readonly Examination[]
  /** No verdict is `problem`. */
  readonly healthy: boolean
}

export const ok = (check: Check, says: string, evidence: Evidence = {}): Examination => ({
  ...{ check, verdict: 'ok', says, evidence, fixes: [] },
})

export const skipped = (check: Check, says: string): Examination => ({
  ...{ check, verdict: 'skipped', says, evidence: {}, fixes: [] },
})

export const problem = (check: Check, says: string, evidence: Evidence, fixes: readonly Fix[]): Examination => ({
  ...{ check, verdict: 'problem', says, evidence, fixes },
})

export const note = (check: Check, says: string, evidence: Evidence, fixes: readonly Fix[]): Examination => ({
  ...{ check, verdict: 'note', says, evidence, fixes },
})

/** A number as a sentence has it. */
export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return String(value)
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)) return value.toExponential(1)
  return String(Number(value.toPrecision(3)))
}

/** The number that `figure` writes. */
export const rounded = (value: number): number => Number(figure(value))

export const percent = (share: number): string => `${figure(100 * share)} %`

/** `1 line`, `2 lines` */
export const amount = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
