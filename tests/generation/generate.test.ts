// Generated pieces are the text that the prompt's own continuation would be, whatever the tokenizer.
import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../../src/errors.js'
import { type GenerateOptions, generate } from '../../src/generation/generate.js'
import { nextTokens, type Predictor } from '../../src/generation/predictor.js'
import { scoreTokens } from '../../src/generation/scoring.js'
import { BytePairTokenizer } from '../../src/text/bytePairTokenizer.js'
import { ByteTokenizer } from '../../src/text/byteTokenizer.js'
import { CharacterTokenizer } from '../../src/text/characterTokenizer.js'
import type { Tokenizer } from '../../src/text/tokenizer.js'
import { WordTokenizer } from '../../src/text/wordTokenizer.js'

/** Foretells a text that it knows by heart, with a probability of one half; all else has the rest. */
function byHeart(tokenizer: Tokenizer, text: string): Predictor {
  const tokens = tokenizer.encode(text)
  return {
    tokenizer,
    read: () => {
      let at = 0
      return {
        push: read => {
          at += read.length
        },
        next: () => {
          const rest = Math.log(0.5 / (tokenizer.size - 1))
          const values = new Float64Array(tokenizer.size).fill(rest)
          if (at < tokens.length) values[tokens[at]] = Math.log(0.5)
          return values
        },
        close: () => {},
      }
    },
  }
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
      push: () => {},
      next: () => Float64Array.from({ length: tokenizer.size }, (_, token) => (token === 0 ? 0 : -Infinity)),
      close: () => {},
    }),
  }
  await expect(pieces(nothing, {})).rejects.toThrow(ConfigurationError)
})
