/* Scales of pictures: from values to pixels, with round values to write beside an axis. */
import { decimalsOf, roundStep } from './ticks.js'

/** Between ticks of a linear scale. */
const MOST_INTERVALS = 6

export interface Scale {
  /** Pixels of a value. */
  at(value: number): number
  /** Round values, with how they are written. */
  readonly ticks: readonly { readonly value: number; readonly text: string }[]
}

/** @param pixels where `low` and `high` stand */
export function linearScale([low, high]: readonly [number, number], pixels: readonly [number, number]): Scale {
  const span = high - low || 1
  const step = roundStep(span / MOST_INTERVALS)
  const digits = decimalsOf(step)
  const ticks = []
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++)
    ticks.push({ value: k * step, text: (k * step || 0).toFixed(digits) })
  return { at: value => pixels[0] + ((value - low) / span) * (pixels[1] - pixels[0]), ticks }
}

/** Powers of ten; `low` and `high` are positive. */
export function logScale([low, high]: readonly [number, number], pixels: readonly [number, number]): Scale {
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))]
  const every = Math.max(1, Math.ceil((to - from) / 8))
  const { at } = linearScale([from, Math.max(to, from + 1)], pixels)
  const ticks = []
  for (let power = from; power <= to; power += every) ticks.push({ value: 10 ** power, text: powerOfTen(power) })
  return { at: value => at(Math.log10(value)), ticks }
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

const powerOfTen = (power: number) =>
  power === 0
    ? '1'
    : `10${String(power)
        .replace('-', '⁻')
        .replace(/\d/g, digit => SUPERSCRIPTS[Number(digit)])}`
