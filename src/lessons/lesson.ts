/* What a lesson is: a question, and a small experiment that answers it in under a minute with data that are built in. It
 * yields what it finds, part by part, as text and tables that any front can show. */
import type { Engine } from '../engine/engine.js'

export type LessonPart = { readonly text: string } | { readonly table: readonly (readonly string[])[] }

export interface LessonOptions {
  readonly engine: Engine
  /** Of data and starts. */
  readonly seed: number
}

export interface Lesson {
  readonly name: string
  /** What it answers, in a line. */
  readonly question: string
  run(options: LessonOptions): AsyncGenerator<LessonPart, void, undefined>
}

export const text = (words: string): LessonPart => ({ text: words })

export const table = (heads: readonly string[], ...rows: readonly (readonly string[])[]): LessonPart => ({
  table: [heads, ...rows],
})

/** A number as lessons write it: so many decimals, or a power of ten where it is too small or large for them. */
export function figure(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'not a number' : 'infinite'
  if (value !== 0 && (Math.abs(value) < 10 ** -digits || Math.abs(value) >= 1e5)) return value.toExponential(2)
  return value.toFixed(digits)
}
