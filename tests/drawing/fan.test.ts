/* Fans: every number that is drawn lies in the picture, bands stand one in another, and gaps are gaps. */
import { describe, expect, it } from 'vitest'
import { fanPicture, fanText } from '../../src/drawing/fan.js'

const past = {
  times: Array.from({ length: 20 }, (_, t) => `2024-01-${String(t + 1).padStart(2, '0')}`),
  values: Array.from({ length: 20 }, (_, t) => (t === 7 ? Number.NaN : 10 + 5 * Math.sin(t / 2))),
}
const times = Array.from({ length: 7 }, (_, t) => `2024-01-${21 + t}`)
const level = (level: number, shift: number) => ({ level, values: times.map((_, t) => 10 + shift * (1 + t / 3)) })
const fan = { title: 'shop-1 units', past, times, quantiles: [level(0.1, -2), level(0.5, 0), level(0.9, 2)] }

describe('a fan as a picture', () => {
  const svg = fanPicture(fan)
  it('says what it shows', () => {
    expect(svg).toContain('<title>shop-1 units</title>')
    expect(svg).toContain(
      '20 steps that were, 7 steps that are forecast from 2024-01-21 to 2024-01-27; bands from the level 0.1 to 0.9.',
    )
  })
  it('draws one band of two levels, and a line that is broken where a value is missing', () => {
    expect(svg.match(/<polygon/g)).toHaveLength(1)
    expect(svg.match(/<polyline/g)).toHaveLength(3)
  })
  it('holds every point', () => {
    for (const [, points] of svg.matchAll(/points="([^"]+)"/g))
      for (const point of points.split(' ')) {
        const [x, y] = point.split(',').map(Number)
        expect(x >= 0 && x <= 760 && y >= 0 && y <= 280).toBe(true)
      }
  })
  it('draws a series that stands still', () => {
    const still = {
      ...fan,
      past: { ...past, values: past.times.map(() => 3) },
      quantiles: [{ level: 0.5, values: times.map(() => 3) }],
    }
    expect(fanPicture(still)).not.toContain('NaN')
  })
})

it('is a text of the width that is asked for', () => {
  const lines = fanText(fan, { width: 60, height: 8 }).trimEnd().split('\n')
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(60)
  expect(lines.at(-1)).toContain('median')
})
