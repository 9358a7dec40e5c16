// A text as the model sees it, its figures, and how they are shown where there are colours and where there are none.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TextCorpus } from '../../src/data/corpora/corpus.js'
import { colouredPage } from '../../src/drawing/colouredPage.js'
import { colouredText, levelOf } from '../../src/drawing/colouredText.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { scoreTokens } from '../../src/generation/scoring.js'
import { type TextView, type TokenView, viewText } from '../../src/inspection/textView.js'
import { unitOf } from '../../src/inspection/units.js'
import { LanguageModel } from '../../src/models/languageModel/languageModel.js'
import { smallText } from '../training/smallText.js'

const corpus = new TextCorpus(smallText(), 'small')

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
})
afterAll(() => engine.close())

const token = (text: string, loss: number, activation?: number): TokenView => ({
  ...{ text, token: 0, loss, guesses: [{ text: '<b>', token: 1, probability: 0.5 }] },
  ...(activation === undefined ? {} : { activation }),
})
const view = (tokens: TokenView[], unit?: string): TextView => ({
  ...{ name: 'a.txt', tokens, vocabularySize: Math.round(Math.E ** 4), loss: 1, unit, largest: 1, cut: false },
})

describe('the view of a text', () => {
  it.each(['character', 'word', 'byte-pair'] as const)('has the losses, guesses and states of each %s', async unit => {
    using model = await LanguageModel.create({ corpus, unit, cell: 'lstm', hiddenSize: 8, numLayers: 2, engine })
    const text = smallText(3, 5)
    const seen = await viewText(model, new TextCorpus(text, 'three'), { unit: unitOf('1:c3', model), guesses: 3 })
    expect(seen.tokens.map(each => each.text).join('')).toBe(model.tokenizer.decode(model.tokenizer.encode(text)))
    const scores = scoreTokens(model, text)
    expect(seen.tokens).toHaveLength(scores.length)
    seen.tokens.forEach(({ loss, guesses, token: id }, i) => {
      expect(loss).toBeCloseTo(-scores[i].logProbability, 5)
      expect(guesses).toHaveLength(3)
      expect(id).toBe(scores[i].token)
    })
    const at = 4
    const before = model.tokenizer.decode(model.tokenizer.encode(text).subarray(0, at))
    if (unit === 'character')
      expect(seen.tokens[at].guesses.map(each => each.token)).toEqual(
        model.next(before, { top: 3 }).map(each => each.token),
      )
    expect(new Set(seen.tokens.map(each => each.activation)).size).toBeGreaterThan(3)
    expect(seen).toMatchObject({ unit: '1:c3', cut: false, vocabularySize: model.tokenizer.size })
  })

  it('is cut at maxTokens, and says so; an empty text is none', async () => {
    using model = await LanguageModel.create({ corpus, cell: 'gru', hiddenSize: 4, numLayers: 1, engine })
    expect(await viewText(model, corpus, { maxTokens: 10 })).toMatchObject({ cut: true, tokens: { length: 10 } })
    await expect(viewText(model, new TextCorpus('', 'empty'))).rejects.toThrow(
      'empty: there is no text to look at; give it some',
    )
  })
})

describe('colours', () => {
  const tokens = [token('a', 0, 0), token('b', 2, -0.5), token('\n', 9, 1), token('c', 0.4, 0.1)]

  it('are levels from 0 to 9 of the loss, from −9 to 9 of a unit', () => {
    const levels = (shown: 'loss' | 'unit') => tokens.map(each => levelOf(each, view(tokens, '0:1'), shown))
    expect(levels('loss')).toEqual([0, 4, 9, 1])
    expect(levels('unit')).toEqual([0, -4, 9, 1])
  })

  it('are figures below the text where there are none', () => {
    expect(colouredText(view(tokens), { shown: 'loss', colour: false })).toBe('ab⏎\n049\nc\n1\n')
    expect(colouredText(view(tokens, '0:1'), { shown: 'unit', colour: false })).toBe('ab⏎\n049\n -\nc\n1\n\n')
  })

  it('never let a text steer the terminal', () => {
    const steering = [token('\u001b[2J', 3), token('\u0007', 0)]
    for (const colour of [true, false]) {
      const shown = colouredText(view(steering), { shown: 'loss', colour })
      expect(shown).toContain('·[2J')
      const escapes = shown.split('\u001b')
      expect(escapes.slice(1).every(part => /^\[[\d;]*m/.test(part))).toBe(true)
      expect(shown).not.toContain('\u0007')
    }
  })

  it('a page holds no text as markup, in names, tokens or guesses', () => {
    const html = colouredPage({ ...view([token('<i>', 1, 0.5), token('"&', 2, -1)], '0:1'), name: '</title><script>' })
    expect(html).not.toMatch(/<i>|<b>|<\/title><script>/)
    expect(html).toContain('&lt;i&gt;')
    expect(html.match(/<script>/g)).toHaveLength(1)
  })
})
