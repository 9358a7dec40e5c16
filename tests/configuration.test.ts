/* Every fault of a configuration is reported at once: unknown keys, wrong values and contradictions between keys. */

import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { contradiction, dashed, parseConfiguration } from '../src/configuration.js'
import { ConfigurationError } from '../src/errors.js'

const schema = z.strictObject({
  optimizer: z.enum(['adam', 'adamw', 'sgd']).default('adam'),
  momentum: z.number().min(0).lt(1).default(0),
  patience: z.int().min(1).optional(),
  validation: z.boolean().default(true),
  decay: z.union([z.literal('none'), z.number().positive()]).default('none'),
  betas: z.array(z.number()).min(2).max(2).optional(),
  name: z.string().min(1).max(8).optional(),
})

const contradictions = [
  contradiction(schema, ['momentum', 'optimizer'], ({ momentum, optimizer }, nameOf) =>
    momentum > 0 && optimizer !== 'sgd' ? `is for ${nameOf('optimizer')} sgd alone` : undefined,
  ),
  contradiction(schema, ['patience', 'validation'], ({ patience, validation }) =>
    patience !== undefined && !validation ? 'needs validation' : undefined,
  ),
]

const parsed = (values: unknown, nameOf?: (key: string) => string) =>
  parseConfiguration(schema, values, 'train', { contradictions, nameOf })

function message(values: unknown, nameOf?: (key: string) => string): string {
  try {
    parsed(values, nameOf)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}

describe('a configuration', () => {
  it('that is right gets its defaults', () => {
    expect(parsed({ momentum: 0.9, optimizer: 'sgd' })).toEqual({
      optimizer: 'sgd',
      momentum: 0.9,
      validation: true,
      decay: 'none',
    })
  })

  it('tells unknown keys, wrong values and contradictions in one line', () => {
    const values = { momentun: 1, name: '', patience: 3, validation: false, optimizer: 'adm', betas: [1] }
    expect(message(values)).toBe(
      'train: optimizer must be adam, adamw or sgd; got adm; did you mean adam?; betas: must have at least 2 elements; got [1]; name: must have at least 1 character; got ""; momentun is not known; did you mean momentum?; patience: needs validation; got 3',
    )
  })

  it.each([
    [{ momentum: 0.5 }, 'train: momentum: is for optimizer sgd alone; got 0.5'],
    [{ momentum: 1 }, 'train: momentum: must be below 1; got 1'],
    [{ momentum: Number.NaN }, 'train: momentum: must be a number; got NaN'],
    [{ momentum: Infinity }, 'train: momentum: must be a number; got Infinity'],
    [{ momentum: 1n }, 'train: momentum: must be a number; got 1'],
    [{ momentum: null }, 'train: momentum: must be a number; got null'],
    [{ patience: 0 }, 'train: patience: must be at least 1; got 0'],
    [{ patience: 1.5 }, 'train: patience: must be a whole number; got 1.5'],
    [{ decay: 'some' }, 'train: decay: must be none or a number; got some'],
    [{ betas: [1, 2, 3] }, 'train: betas: must have at most 2 elements; got [1,2,3]'],
    [{ betas: [1, 'x'] }, 'train: betas.1: must be a number; got x'],
    [{ name: 'x'.repeat(100) }, `train: name: must have at most 8 characters; got ${'x'.repeat(59)}…`],
    [[1], 'train: the configuration: must be an object of keys and values; got [1]'],
    ['seed', 'train: the configuration: must be an object of keys and values; got seed'],
  ])('%o', (values, wanted) => {
    expect(message(values)).toBe(wanted)
  })

  it('does not ask a rule about a value that is wrong by itself, nor one of whose keys is', () => {
    expect(message({ momentum: 0.5, optimizer: 'adm' })).not.toContain('sgd alone')
    expect(message({ momentum: 2 })).not.toContain('sgd alone')
  })

  it('with a hundred thousand unknown keys is refused at once: the first are named, the rest counted', () => {
    const values = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`momentum${i}`, 1]))
    const begun = performance.now()
    expect(message(values)).toMatch(
      /momentum4 is not known; did you mean momentum\?; and 99995 more keys are not known/,
    )
    // The nearest key to each of them takes 38 s.
    expect(performance.now() - begun).toBeLessThan(5000)
  })

  it('with very many wrong values reports the first of them and counts the rest', () => {
    const list = z.strictObject({ numbers: z.array(z.number()) })
    expect(() => parseConfiguration(list, { numbers: Array(10_000).fill('x') }, 'file')).toThrow(
      /^file: numbers\.0: must be a number; got x; .*; and 9980 more$/,
    )
  })

  it('has its keys and its values cut where a message quotes them', () => {
    expect(message({ ['k'.repeat(80_000)]: 1, optimizer: 'o'.repeat(80_000) }).length).toBeLessThan(600)
  })

  it('names keys as the user wrote them', () => {
    expect(message({ momentum: 0.5, learningRat: 1 }, key => `--${dashed(key)}`)).toMatch(
      /^train: --learning-rat is not known; known are --optimizer, .*; --momentum: is for --optimizer sgd alone; got 0\.5$/,
    )
  })

  it('with __proto__, constructor or an object that holds itself is refused like any other', () => {
    expect(message(JSON.parse('{"__proto__":{"momentum":0.5},"constructor":1}'))).toMatch(
      /^train: __proto__ is not known; constructor is not known; known are [^;]*$/,
    )
    expect(message(parse('momentum: &a [*a]'))).toMatch(/^train: momentum: must be a number; got an object that JSON/)
    expect(({} as Record<string, unknown>).momentum).toBeUndefined()
  })
})

describe('a rule', () => {
  it('goes with its keys into a larger schema', () => {
    const larger = z.strictObject({ ...schema.shape, out: z.string() })
    const parse = () => parseConfiguration(larger, { momentum: 0.5 }, 'train lm', { contradictions })
    expect(parse).toThrow('train lm: out is missing; momentum: is for optimizer sgd alone; got 0.5')
  })

  it('may know what is outside of the configuration', () => {
    const saved = { optimizer: 'sgd' }
    const rule = contradiction(schema, ['optimizer'], ({ optimizer }) =>
      optimizer === saved.optimizer ? undefined : `must be ${saved.optimizer}, as in the run`,
    )
    const parse = () => parseConfiguration(schema, {}, 'resume', { contradictions: [rule] })
    expect(parse).toThrow('resume: optimizer: must be sgd, as in the run; got adam')
  })

  it('about a key that its schema does not have is refused at once', () => {
    // biome-ignore lint/suspicious/noExplicitAny: what TypeScript refuses, JavaScript lets pass
    const wrong = ['momentun'] as any
    expect(() => contradiction(schema, wrong, () => undefined)).toThrow('the schema has no key momentun')
  })
})
