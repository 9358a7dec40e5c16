/* BLEU and chrF are sacreBLEU's, to the last digits of a double; tests/golden/bleu.py made the numbers. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../../src/errors.js'
import { type BleuOptions, bleu, SACREBLEU } from '../../src/evaluation/bleu.js'
import { type ChrfOptions, chrf } from '../../src/evaluation/chrf.js'

interface Case {
  readonly corpus: string
  readonly metric: 'bleu' | 'chrf'
  readonly options: object
  readonly score: number
  readonly signature: string
}

interface Golden {
  readonly sacrebleu: string
  readonly corpora: Record<string, { translations: string[]; references: string[][] }>
  readonly interval: { readonly mean: number; readonly margin: number; readonly signature: string }
  readonly cases: readonly Case[]
}

const golden: Golden = JSON.parse(readFileSync(new URL('../golden/bleu.json', import.meta.url), 'utf8'))

const casesOf = (metric: Case['metric']) => golden.cases.filter(each => each.metric === metric)

describe('BLEU', () => {
  it('is sacreBLEU’s with every tokenizer, case and smoothing', () => {
    for (const { corpus, options, ...wanted } of casesOf('bleu')) {
      const { translations, references } = golden.corpora[corpus]
      const got = bleu(translations, references, options as BleuOptions)
      for (const [name, value] of Object.entries(wanted)) {
        const where = `${corpus} ${JSON.stringify(options)} ${name}`
        const mine = got[name as keyof typeof got]
        if (typeof value === 'number') expect(mine, where).toBeCloseTo(value, 9)
        else if (Array.isArray(value))
          value.forEach((p, n) => {
            expect(got.precisions[n], where).toBeCloseTo(p, 9)
          })
        else if (name === 'signature') expect(mine, where).toBe(value)
      }
    }
    expect(golden.sacrebleu).toBe(SACREBLEU)
  })

  it('has an interval like sacreBLEU’s, whose generator is another', () => {
    const { translations, references } = golden.corpora.whole
    const { interval, signature } = bleu(translations, references, { bootstrap: {} })
    expect(signature).toBe(golden.interval.signature)
    const { mean = 0, margin = 0 } = interval ?? {}
    expect(Math.abs(mean - golden.interval.mean)).toBeLessThan(0.1 * golden.interval.margin)
    expect(Math.abs(margin - golden.interval.margin)).toBeLessThan(0.1 * golden.interval.margin)
    expect(bleu(translations, references, { bootstrap: {} }).interval).toEqual(interval)
    expect(bleu(translations, references, { bootstrap: { seed: 2 } }).interval).not.toEqual(interval)
  })

  it('wants a reference for each translation', () => {
    expect(() => bleu(['a'], [])).toThrow(ConfigurationError)
    expect(() => bleu([], [])).toThrow('as many translations as references, one or more; got 0 and 0')
    expect(() => bleu(['a'], [[]])).toThrow('translation 0 has no reference')
    expect(() => bleu(['a'], ['a'], { bootstrap: { samples: 0 } })).toThrow('samples must be a whole number from 1 on')
  })
})

describe('chrF', () => {
  it('is sacreBLEU’s, chrF++ too', () => {
    for (const { corpus, options, ...wanted } of casesOf('chrf')) {
      const { translations, references } = golden.corpora[corpus]
      const got = chrf(translations, references, options as ChrfOptions)
      const where = `${corpus} ${JSON.stringify(options)}`
      expect(got.score, where).toBeCloseTo(wanted.score, 9)
      expect(got, where).toMatchObject({ signature: wanted.signature, name: (wanted as { name?: string }).name })
    }
  })
})
