// Generated pieces are the text that the prompt's own continuation would be, whatever the tokenizer.
import { describe, expect, it } from 'vitest'
import { BytePairTokenizer } from '../../src/data/tokenizers/bytePairTokenizer.js'
import { ByteTokenizer } from '../../src/data/tokenizers/byteTokenizer.js'
import { CharacterTokenizer } from '../../src/data/tokenizers/characterTokenizer.js'
import type { Tokenizer } from '../../src/data/tokenizers/tokenizer.js'
import { WordTokenizer } from '../../src/data/tokenizers/wordTokenizer.js'
import { ConfigurationError } from '../../src/errors.js'
import { type ContinueOptions, continuations } from '../../src/generation/continuations.js'
import { type GeneratedToken, type GenerateOptions, generate } from '../../src/generation/generate.js'
import { nextTokens, type Predictor, type Reading, tailAfter } from '../../src/generation/predictor.js'
import { scoreTokens } from '../../src/generation/scoring.js'

/** Foretells a text that it knows by heart, with a probability of one half; all else has the rest. */
function byHeart(tokenizer: Tokenizer, text: string): Predictor {
  const tokens = tokenizer.encode(text)
  const reading = (at: number, tail: readonly number[]): Reading => ({
    push: read => {
      at += read.length
      tail = tailAfter(tail, read)
    },
    next: () => {
      const rest = Math.log(0.5 / (tokenizer.size - 1))
      const values = new Float64Array(tokenizer.size).fill(rest)
      if (at < tokens.length) values[tokens[at]] = Math.log(0.5)
      return values
    },
    fork: () => reading(at, tail),
    save: () => Uint8Array.from([at, ...tail]),
    get tail() {
      return tail
    },
    close: () => {},
  })
  return { tokenizer, read: ({ from } = {}) => reading(from?.[0] ?? 0, [...(from?.subarray(1) ?? [])]) }
}

async function pieces(predictor: Predictor, options: GenerateOptions): Promise<string[]> {
  const all: string[] = []
  for await (const piece of generate(predictor, { greedy: true, ...options }, async () => {})) all.push(piece)
  return all
}

const text = 'Das Stück kostet 5 €, und\nwir kaufen 😀 es.'
const tokenizers: [string, Tokenizer][] = [
  ['characters', CharacterTokenizer.fit(text)],
  ['bytes', new ByteTokenizer()],
  ['words', WordTokenizer.fit(text)],
  ['words at Unicode boundaries', WordTokenizer.fit(text, { boundaries: 'unicode' })],
  ['byte pairs', BytePairTokenizer.fit(text.repeat(3), { size: 300 })],
]

describe.each(tokenizers)('%s', (_, tokenizer) => {
  const predictor = byHeart(tokenizer, text)

  it('continue a prompt with its spaces and whole characters', async () => {
    const { length } = tokenizer.encode(text)
    for (const prompt of ['', 'Das', 'Das Stück kostet', 'Das Stück kostet 5 €, und\n']) {
      const all = await pieces(predictor, { prompt, length: length - tokenizer.encode(prompt).length })
      expect(prompt + all.join('')).toBe(text)
      expect(all.join('')).not.toContain('\ufffd')
    }
  })

  it('end before a stop text', async () => {
    expect((await pieces(predictor, { stop: ['nowhere', '€, und'] })).join('')).toBe('Das Stück kostet 5 ')
  })

  it('are shown by `next` so that they can be read', () => {
    const prompt = 'Das Stück kostet 5 '.trimEnd()
    for (const { text } of nextTokens(predictor, prompt, { top: 300 })) {
      expect(text).not.toBe('')
      if (tokenizer.unknown < 0) expect(text).not.toContain('\ufffd')
    }
  })

  it('are scored one by one, each from all before it', () => {
    const scores = scoreTokens(predictor, text)
    expect(scores.map(({ token }) => token)).toEqual([...tokenizer.encode(text)])
    for (const { logProbability, log10Probability, unknown } of scores) {
      expect(logProbability).toBeCloseTo(Math.log(0.5), 10)
      expect(log10Probability).toBeCloseTo(Math.log10(0.5), 10)
      expect(unknown).toBe(false)
    }
  })
})

it('a space that the prompt ends with is not written twice', async () => {
  const tokenizer = WordTokenizer.fit('we learn')
  const predictor: Predictor = {
    // Takes white space for granted, as the n-gram model's words do.
    tokenizer: Object.create(tokenizer, { encode: { value: (text: string) => tokenizer.encode(text.trimEnd()) } }),
    read: () => byHeart(tokenizer, 'we learn').read(),
  }
  expect(await pieces(predictor, { prompt: 'we ', length: 1 })).toEqual(['learn'])
  expect(await pieces(predictor, { prompt: 'we', length: 1 })).toEqual([' learn'])
})

it('a character that the length cuts in two is left out', async () => {
  expect((await pieces(byHeart(new ByteTokenizer(), 'a€'), { length: 2 })).join('')).toBe('a')
})

it('a model that foretells nothing is told as such', async () => {
  const tokenizer = CharacterTokenizer.fit('a')
  const nothing: Predictor = {
    tokenizer,
    read: () => ({
      ...byHeart(tokenizer, '').read(),
      next: () => Float64Array.from({ length: tokenizer.size }, (_, token) => (token === 0 ? 0 : -Infinity)),
    }),
  }
  await expect(pieces(nothing, {})).rejects.toThrow(ConfigurationError)
})

describe('several continuations', () => {
  const tokenizer = CharacterTokenizer.fit('abcdefgh ')
  const predictor = byHeart(tokenizer, 'abcdefgh')
  const several = (options: ContinueOptions) => continuations(predictor, options, async () => {})

  it('have draws of their own; the first is what generate draws', async () => {
    const options = { prompt: 'ab', length: 6, seed: 4 }
    const found = await several({ ...options, n: 4 })
    let alone = ''
    for await (const piece of generate(predictor, options, async () => {})) alone += piece
    expect(found[0].text).toBe(alone)
    expect(new Set(found.map(({ text }) => text)).size).toBeGreaterThan(1)
    expect(await several({ ...options, n: 4 })).toEqual(found)
    for (const { tokens, logProbability } of found) {
      expect(tokens).toHaveLength(6)
      expect(logProbability).toBeCloseTo(
        tokens.reduce((sum, each) => sum + each.logProbability, 0),
        10,
      )
    }
  })

  it('are what a beam finds, best first', async () => {
    const found = await several({ prompt: 'ab', length: 6, n: 3, beamSize: 5 })
    expect(found[0]).toMatchObject({ text: 'cdefgh', logProbability: expect.closeTo(6 * Math.log(0.5), 9) })
    expect(found.map(({ logProbability }) => logProbability)).toEqual(
      found.map(({ logProbability }) => logProbability).sort((a, b) => b - a),
    )
    for (const { tokens } of found) expect(tokens[0].logProbability).toBeLessThan(0)
    const [stopped] = await several({ prompt: 'ab', length: 6, beamSize: 3, stop: 'fg' })
    expect(stopped.text).toBe('cde')
    await expect(several({ n: 3, beamSize: 2 })).rejects.toThrow('nBest must be a whole number from 1 to beamSize, 2')
    await expect(several({ n: 0 })).rejects.toThrow('generate: n must be a whole number from 1 on; got 0')
  })

  it('begin where a reading stands, which goes on as it was', async () => {
    const reading = predictor.read()
    reading.push(tokenizer.encode('abc'))
    const [best] = await several({ reading, length: 3, beamSize: 2 })
    expect(best.text).toBe('def')
    expect((await pieces(predictor, { reading, length: 2 })).join('')).toBe('de')
    expect((await pieces(predictor, { reading, length: 2 })).join('')).toBe('fg')
    expect(reading.tail).toEqual([...tokenizer.encode('abcdefg')])
  })
})

describe('what is drawn', () => {
  const tokenizer = CharacterTokenizer.fit('abcd')
  const predictor = byHeart(tokenizer, 'abcabcabc')

  it('repeats itself less under a penalty', async () => {
    expect((await pieces(predictor, { length: 3 })).join('')).toBe('abc')
    // 4 log 1/2 is less than the log 1/8 of what has not been there.
    expect((await pieces(predictor, { length: 4, repetitionPenalty: 4 })).join('')).toBe('abcd')
    await expect(pieces(predictor, { repetitionPenalty: 0.5 })).rejects.toThrow('repetitionPenalty must be from 1 on')
  })

  it('is told with its log-probability, and ends at no stop text before minLength', async () => {
    const tokens: GeneratedToken[] = []
    const onToken = (token: GeneratedToken) => void tokens.push(token)
    expect((await pieces(predictor, { stop: 'ca', minLength: 5, onToken })).join('')).toBe('abcab')
    expect(tokens.map(({ text }) => text).join('')).toBe('abcabca')
    for (const { logProbability } of tokens) expect(logProbability).toBeCloseTo(Math.log(0.5), 12)
  })
})
