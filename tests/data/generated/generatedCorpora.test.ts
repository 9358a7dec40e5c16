/* The built-in corpora are functions of their seed, and every item is what its corpus promises. */
import { describe, expect, it } from 'vitest'
import { adding } from '../../../src/data/generated/adding.js'
import { copy } from '../../../src/data/generated/copy.js'
import { dyck } from '../../../src/data/generated/dyck.js'
import { generatedCorpora, generatedCorpus } from '../../../src/data/generated/generatedCorpora.js'
import type { GeneratedCorpus } from '../../../src/data/generated/generatedCorpus.js'
import { parity } from '../../../src/data/generated/parity.js'
import { ConfigurationError } from '../../../src/errors.js'
import { all } from './allItems.js'

/** Those whose items are drawn apart; sales has a test of its own. */
const { sales: _, ...ofItems } = generatedCorpora

describe.each(Object.keys(ofItems))('the corpus %s', name => {
  const corpus: GeneratedCorpus<unknown> = ofItems[name as keyof typeof ofItems]

  it('is a function of its seed', () => {
    const options = { seed: 5, count: 300 }
    expect(corpus.generate(options)).toEqual({
      ...corpus.generate(options),
      toFile: expect.any(Function),
      asText: expect.any(Function),
    })
    expect(corpus.generate(options).toFile()).toBe(corpus.generate(options).toFile())
    expect(corpus.generate(options).toFile()).not.toBe(corpus.generate({ ...options, seed: 6 }).toFile())
    expect(corpus.generate({ count: 300 }).toFile()).toBe(corpus.generate({ seed: 1, count: 300 }).toFile())
  })

  it('has as many items as asked for, all different, a tenth in each held-out part', () => {
    const splits = corpus.generate({ seed: 2, count: 500 })
    expect([splits.train, splits.validation, splits.test].map(part => part.items.length)).toEqual([400, 50, 50])
    expect(splits.duplicates).toBe(0)
    expect(new Set(all(splits).map(item => JSON.stringify(item))).size).toBe(500)
    expect(splits.test.name).toBe(`${name} (test)`)
  })

  it('writes every item into its file, and its parts as text', () => {
    const splits = corpus.generate({ count: 200 })
    const file = splits.toFile()
    const { train, validation, test } = splits.asText()
    expect(file.endsWith('\n')).toBe(true)
    expect(file).not.toContain('\r')
    const header = file.length - train.text.length - validation.text.length - test.text.length
    expect(header).toBe(file.startsWith('text\tlabel\n') ? 11 : 0)
    expect(train.name).toBe(`${name} (training)`)
  })

  it('says what it is', () => {
    expect(corpus.name).toBe(name)
    expect(corpus.description.length).toBeGreaterThan(80)
    expect(corpus.defaultCount).toBeGreaterThanOrEqual(10_000)
    expect(all(corpus.generate())).toHaveLength(corpus.defaultCount)
  })

  it('refuses counts that are none', () => {
    for (const count of [0, 1.5, Number.NaN]) expect(() => corpus.generate({ count })).toThrow(/count must be a whole/)
    expect(() => corpus.generate({ count: 2 })).toThrow(/2 items cannot fill three parts/)
  })
})

describe('a corpus’s own options', () => {
  it('are refused where they cannot be', () => {
    for (const bad of [0, 1.5, Number.NaN]) {
      expect(() => adding.generate({ length: bad })).toThrow(ConfigurationError)
      expect(() => copy.generate({ delay: bad })).toThrow(ConfigurationError)
      expect(() => copy.generate({ length: bad })).toThrow(ConfigurationError)
      expect(() => parity.generate({ length: bad })).toThrow(ConfigurationError)
      expect(() => dyck.generate({ kinds: bad })).toThrow(ConfigurationError)
      expect(() => dyck.generate({ depth: bad })).toThrow(ConfigurationError)
      expect(() => dyck.generate({ length: bad })).toThrow(ConfigurationError)
    }
  })

  it('come with a name that is known', () => {
    expect(() => generatedCorpus('reviws')).toThrow(/no built-in corpus "reviws"; .*did you mean reviews\?$/)
    expect(() => generatedCorpus('toString')).toThrow(ConfigurationError)
  })
})
