// A curve in the terminal shows its points where they are, within its width, with numbers on both axes.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { curve } from '../../src/drawing/curve.js'

const falling = Array.from({ length: 200 }, (_, i) => ({ x: 10 * (i + 1), y: 1 + 3 * Math.exp(-i / 40) }))
const looks = falling.filter((_, i) => i % 25 === 24).map(({ x, y }) => ({ x, y: y + 0.2 }))
const both = [
  { name: 'training loss', shape: 'line', points: falling },
  { name: 'validation loss', shape: 'marks', points: looks },
] as const

describe('a curve', () => {
  it('is drawn between its axes', () => {
    expect(`\n${curve(both, { width: 60, height: 8, xName: 'step' })}`).toBe(`
4 ┤⠱⡀
  │ ⠈⠢⡀
3 ┤   ⠑⠢⡀
  │     ⠈⠢●
  │        ⠉⠢⣀⡀
2 ┤           ⠈⠒⠢●⣀
  │                ⠉⠑⠒⠢⠤●⣀⣀⡀   ●
  │                        ⠈⠉⠉⠉⠒⠒⠒⠒⠒⠤⠤●⠤⠤⠤⠤⠤⠤●⣀⣀⣀⣀⣀⣀●⣀⣀⣀⣀⣀⣀●
  └──────────────┬─────────────┬─────────────┬─────────────┬
                500          1,000         1,500       2,000
                                                        step
   ⠤⠤ training loss   ● validation loss
`)
  })

  it('has colours only where they are asked for, and then the same characters', () => {
    const plain = curve(both, { xName: 'step' })
    const colored = curve(both, { xName: 'step', color: true })
    expect(plain).not.toContain('\x1b')
    expect(colored).toContain('\x1b[36m')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the escapes that are taken out
    expect(colored.replace(/\x1b\[\d+m/g, '')).toBe(plain)
  })

  it('keeps to its width and its height, whatever the points', () => {
    const number = fc.oneof(
      fc.double(),
      fc.double({ min: -10, max: 10 }),
      fc.constantFrom(0, -0, 1e308, -1e308, 5e-324),
    )
    const points = fc.array(fc.record({ x: fc.nat(), y: number }), { maxLength: 40 })
    fc.assert(
      fc.property(
        points,
        points,
        fc.integer({ min: 24, max: 120 }),
        fc.integer({ min: 4, max: 30 }),
        (a, b, width, height) => {
          const byX = (list: typeof a) => list.toSorted((p, q) => p.x - q.x)
          const series = [
            { name: 'a', shape: 'line', points: byX(a) },
            { name: 'b', shape: 'marks', points: byX(b) },
          ] as const
          const lines = curve(series, { width, height, xName: 'step' }).split('\n')
          if (![...a, ...b].some(({ y }) => Number.isFinite(y))) expect(lines).toEqual([''])
          else {
            expect(lines.filter(line => /[│┤]/.test(line))).toHaveLength(height)
            for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
            expect(lines.join()).not.toMatch(/NaN|undefined|Infinity/)
          }
        },
      ),
    )
  })

  it('of one point has room around it among the largest numbers too', () => {
    for (const y of [-1.2e308, 1.7e308, Number.MAX_VALUE]) {
      const picture = curve([{ name: 'a', shape: 'marks', points: [{ x: 0, y }] }], {
        width: 24,
        height: 4,
        xName: 'step',
      })
      expect(picture).toContain('●')
      expect(picture).not.toMatch(/NaN|Infinity/)
    }
  })

  it('of one point, of equal points and of none is drawn too', () => {
    const line = (...points: { x: number; y: number }[]) =>
      curve([{ name: 'loss', shape: 'line', points }], { xName: 'step' })
    expect(line({ x: 3, y: 2 })).toMatch(/[\u2801-\u28ff]/)
    expect(line({ x: 1, y: 2 }, { x: 9, y: 2 })).toMatch(/[\u2801-\u28ff]{70}/)
    expect(line()).toBe('')
    expect(line({ x: 1, y: Number.NaN })).toBe('')
  })
})
