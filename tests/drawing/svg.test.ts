/* Pictures: colours that stand out on their paper, text that stays text, scales. */
import { expect, it } from 'vitest'
import { architectures } from '../../src/drawing/architectures.js'
import { diverging, heat, inkOn } from '../../src/drawing/colours.js'
import { decayPicture } from '../../src/drawing/decayPicture.js'
import { linearScale, logScale } from '../../src/drawing/scales.js'
import { label, picture } from '../../src/drawing/svg.js'
import { decimalsOf, roundStep } from '../../src/drawing/ticks.js'
import { contrast } from './contrast.js'

it('ink and lines stand out in light and dark', () => {
  const [, light, dark] = /<style>(.*)@media \(prefers-color-scheme:dark\)\{(.*)\}svg/.exec(
    picture({ width: 1, height: 1, title: '' }),
  ) as RegExpExecArray
  for (const style of [light, dark]) {
    const colourOf = (name: string) =>
      new RegExp(`\\.${name}\\{(?:fill|stroke):(#[0-9a-f]{6})`).exec(style)?.[1] as string
    const paper = colourOf('paper')
    expect(contrast(colourOf('ink'), paper)).toBeGreaterThan(7)
    expect(contrast(colourOf('faint'), paper)).toBeGreaterThan(4.5)
    for (let i = 0; i < 6; i++) expect(contrast(colourOf(`line${i}`), paper)).toBeGreaterThan(3)
  }
})

it('heat rises in lightness, so that it is read without colours; ink is readable on it', () => {
  const steps = Array.from({ length: 21 }, (_, i) => heat(i / 20))
  for (let i = 1; i < steps.length; i++)
    expect(contrast(steps[i], '#000000')).toBeGreaterThan(contrast(steps[i - 1], '#000000'))
  for (const colour of [...steps, ...[-1, -0.5, 0, 0.5, 1].map(diverging)])
    expect(contrast(inkOn(colour), colour)).toBeGreaterThan(4)
  expect(heat(Number.NaN)).toBe('#808080')
})

it('what stands in a picture is text, never markup', () => {
  const drawn = picture({ width: 10, height: 10, title: '<b>' }, label('a & <c> "d"', { x: 0, y: 0 }))
  expect(drawn).toContain('<title>&lt;b&gt;</title>')
  expect(drawn).toContain('>a &amp; &lt;c&gt; &quot;d&quot;</text>')
})

it('every architecture has a title and says what it shows; the scheme of the reader gives the colours', () => {
  for (const draw of Object.values(architectures)) {
    const drawn = draw()
    expect(drawn).toMatch(/<title>.+<\/title><desc>.{40,}<\/desc>/)
    expect(drawn).toContain('prefers-color-scheme:dark')
  }
})

it('powers of ten, and gradients that are all zero, have a scale', () => {
  expect(logScale([1e-3, 1], [0, 100]).ticks.map(({ text }) => text)).toEqual(['10⁻³', '10⁻²', '10⁻¹', '1'])
  const decay = { norms: new Float64Array(5), perStep: Number.NaN, halfLife: Number.NaN }
  expect(decayPicture([{ name: 'nothing', decay }], { title: 'nothing' })).not.toContain('NaN,')
})

it('steps of axes are 1, 2 or 5 times a power of ten, and no more than six lie on a linear scale', () => {
  expect([0.011, 0.03, 1, 1.01, 4.9, 5.1, 73].map(roundStep)).toEqual([0.02, 0.05, 1, 2, 5, 10, 100])
  expect([0.02, 0.5, 1, 200].map(decimalsOf)).toEqual([2, 1, 0, 0])
  expect(linearScale([0, 100], [0, 1]).ticks.map(({ text }) => text)).toEqual(['0', '20', '40', '60', '80', '100'])
})
