/* Pictures: colours that stand out on their paper, text that stays text, scales. */
import { expect, test } from 'vitest'
import { architectures } from '../../src/drawing/architectures.js'
import { contrast, diverging, heat, inkOn, label, logScale, palette, picture } from '../../src/drawing/svg.js'
import { decayPicture } from '../../src/inspection/gradientPictures.js'

test('ink and lines stand out in light and dark', () => {
  for (const { ink, faint, paper, lines } of Object.values(palette)) {
    expect(contrast(ink, paper)).toBeGreaterThan(7)
    expect(contrast(faint, paper)).toBeGreaterThan(4.5)
    for (const line of lines) expect(contrast(line, paper)).toBeGreaterThan(3)
  }
})

test('heat rises in lightness, so that it is read without colours; ink is readable on it', () => {
  const steps = Array.from({ length: 21 }, (_, i) => heat(i / 20))
  for (let i = 1; i < steps.length; i++)
    expect(contrast(steps[i], '#000000')).toBeGreaterThan(contrast(steps[i - 1], '#000000'))
  for (const colour of [...steps, ...[-1, -0.5, 0, 0.5, 1].map(diverging)])
    expect(contrast(inkOn(colour), colour)).toBeGreaterThan(4)
  expect(heat(Number.NaN)).toBe('#808080')
})

test('what stands in a picture is text, never markup', () => {
  const drawn = picture({ width: 10, height: 10, title: '<b>' }, label('a & <c> "d"', { x: 0, y: 0 }))
  expect(drawn).toContain('<title>&lt;b&gt;</title>')
  expect(drawn).toContain('>a &amp; &lt;c&gt; &quot;d&quot;</text>')
})

test('every architecture has a title and says what it shows; the scheme of the reader gives the colours', () => {
  for (const draw of Object.values(architectures)) {
    const drawn = draw()
    expect(drawn).toMatch(/<title>.+<\/title><desc>.{40,}<\/desc>/)
    expect(drawn).toContain('prefers-color-scheme:dark')
  }
})

test('powers of ten, and gradients that are all zero, have a scale', () => {
  expect(logScale([1e-3, 1], [0, 100]).ticks.map(({ text }) => text)).toEqual(['10⁻³', '10⁻²', '10⁻¹', '1'])
  const decay = { norms: new Float64Array(5), perStep: Number.NaN, halfLife: Number.NaN }
  expect(decayPicture([{ name: 'nothing', decay }], { title: 'nothing' })).not.toContain('NaN,')
})
