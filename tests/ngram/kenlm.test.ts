/* What KenLM says of tinyshakespeare, the model must say too; and figures for characters that another program measured. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { NGram } from '../../src/ngram/ngram.js'
import { kenlmGolden } from '../golden/kenlmGolden.js'

const shared = fileURLToPath(new URL('../../../shared', import.meta.url))
const inputPath = join(shared, 'data/tinyshakespeare/input.txt')
const golden = join(shared, 'golden/kenlm')
const there = existsSync(inputPath) && existsSync(golden)
const reason = there ? '' : ` (skipped: ${inputPath} or ${golden} is not there)`

describe.skipIf(!there)(`KenLM on tinyshakespeare${reason}`, () => {
  let lines: string[]
  let train: string
  let test: string
  const models = new Map<number, NGram>()
  const model = (order: number): NGram => {
    if (!models.has(order)) models.set(order, NGram.fit(train, { order }))
    return models.get(order) as NGram
  }
  beforeAll(() => {
    lines = readFileSync(inputPath, 'utf8').replace(/\n$/, '').split('\n')
    train = lines.slice(0, 36000).filter(Boolean).join('\n')
    test = lines.slice(-4000).filter(Boolean).join('\n')
  })

  it.each([
    [2, 600.4122454744096, 295.63341271293376],
    [3, 586.8951581669656, 288.3000494477669],
    [4, 585.6512215338375, 287.7314444957994],
    [5, 585.6062329621168, 287.7275153634148],
  ])('perplexities of order %i', (order, all, known) => {
    const evaluation = model(order).perplexity(test)
    expect(Math.abs(evaluation.perplexity - all)).toBeLessThan(1e-3)
    expect(Math.abs(evaluation.perplexityWithoutUnknown - known)).toBeLessThan(1e-3)
    expect(evaluation.tokens).toBe(21052)
    expect(evaluation.unknown).toBe(2125)
  })

  it('counts and discounts of order 5', () => {
    const { counts, estimate } = model(5)
    expect(counts).toEqual([24032, 110182, 156550, 149159, 128861])
    const printed = [
      [0.690168, 1.04673, 1.37784],
      [0.83831, 1.16505, 1.29187],
      [0.936571, 1.27329, 1.44624],
      [0.9799, 1.47985, 1.76687],
      [0.992621, 1.81271, 1.80886],
    ]
    const discounts = estimate.discounts ?? []
    expect(discounts.map(order => order.map(d => Number(d.toPrecision(6))))).toEqual(printed)
  })

  it('the log-probability of each sentence, and how many of its words are unknown', () => {
    const rows = readFileSync(join(golden, 'order3.first100-test-lines.sentence-scores.txt'), 'utf8').trim().split('\n')
    const sentences = test.split('\n').slice(0, 100)
    expect(rows).toHaveLength(100)
    rows.forEach((row, i) => {
      const [, total, oov] = /^Total: (\S+) OOV: (\d+)$/.exec(row.trim()) as RegExpExecArray
      const scores = model(3).score(sentences[i])
      expect(
        Math.abs(scores.reduce((sum, { log10Probability }) => sum + log10Probability, 0) - Number(total)),
      ).toBeLessThan(1e-4)
      expect(scores.filter(({ unknown }) => unknown)).toHaveLength(Number(oov))
    })
  })

  it('each word’s number, longest match and log-probability', () => {
    const file = readFileSync(join(golden, 'order3.first20-test-lines.word-scores.txt'), 'utf8')
    const rows = [...file.matchAll(/(\S+)=(\d+) (\d+) (-?[\d.e-]+)/g)]
    const scores = model(3).score(test.split('\n').slice(0, 20).join('\n'))
    expect(rows.length).toBeGreaterThan(100)
    expect(scores).toHaveLength(rows.length)
    rows.forEach(([, word, id, matched, log10], i) => {
      const score = scores[i]
      expect([score.unknown ? word : score.text, score.token, score.matched]).toEqual([
        word,
        Number(id),
        Number(matched),
      ])
      expect(Math.abs(score.log10Probability - Number(log10))).toBeLessThan(1e-4)
    })
  })

  it('the ARPA file of 500 lines, entry by entry', () => {
    const theirs = entries(readFileSync(join(golden, 'first500.order3.arpa'), 'utf8'))
    const small = NGram.fit(train.split('\n').slice(0, 500).join('\n'), { order: 3, discountFallback: true })
    const ours = entries(textOf(small))
    expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort())
    for (const [ngram, [probability, backoff]] of theirs) {
      const [p, b] = ours.get(ngram) as number[]
      expect(Math.abs(p - probability), ngram).toBeLessThan(2e-6)
      expect(Math.abs(b - backoff), ngram).toBeLessThan(2e-6)
    }
  })

  it.each(kenlmGolden.large)('order $order pruned $prune: counts, discounts, perplexities', golden => {
    const { order, prune, counts, discounts } = golden
    const pruned = NGram.fit(train, { order, prune })
    expect(pruned.counts).toEqual(counts)
    expect(pruned.estimate.discounts?.map(each => each.map(d => Number(d.toPrecision(6))))).toEqual(discounts)
    const evaluation = pruned.perplexity(test)
    expect(Math.abs(evaluation.perplexity - golden.perplexity)).toBeLessThan(1e-3)
    expect(Math.abs(evaluation.perplexityWithoutUnknown - golden.perplexityWithoutUnknown)).toBeLessThan(1e-3)
  })

  it('KenLM’s ARPA file read back scores like the model that wrote it', async () => {
    const theirs = await NGram.fromArpa(readFileSync(join(golden, 'first500.order3.arpa')))
    const ours = NGram.fit(train.split('\n').slice(0, 500).join('\n'), { order: 3, discountFallback: true })
    expect(theirs.perplexity(test).perplexity).toBeCloseTo(ours.perplexity(test).perplexity, 2)
  })

  it.each([
    [5, 1.561],
    [6, 1.523],
    [7, 1.5165],
    [8, 1.519],
  ])('characters, order %i: %f nats each', (order, nats) => {
    const text = readFileSync(inputPath, 'utf8')
    const characters = NGram.fit(text.slice(0, 1003854), { order, unit: 'character', discountFallback: true })
    const { loss, tokens, bitsPerCharacter } = characters.perplexity(text.slice(1003854))
    expect(tokens).toBe(111540)
    expect(Math.abs(loss - nats)).toBeLessThan(0.002)
    expect(bitsPerCharacter).toBeCloseTo(loss / Math.LN2, 10)
  })
})

describe.each(kenlmGolden.small)(`${kenlmGolden.version}: order $order, --prune $prune`, golden => {
  const { text, asked } = kenlmGolden
  const { order, prune } = golden
  const model = NGram.fit(text, { order, prune, discountFallback: true })

  it('writes lmplz’s ARPA file, entry by entry', () => {
    const theirs = entries(golden.arpa)
    const ours = entries(textOf(model))
    expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort())
    for (const [ngram, [probability, backoff]] of theirs) {
      const [p, b] = ours.get(ngram) as number[]
      expect(Math.abs(p - probability), ngram).toBeLessThan(2e-6)
      expect(Math.abs(b - backoff), ngram).toBeLessThan(2e-6)
    }
  })

  it.each(['query', 'ours'] as const)('scores as KenLM’s query does (%s)', by => {
    const { words, perplexity, perplexityWithoutUnknown } = golden[by]
    const scores = model.score(asked)
    expect(scores.map(({ token, matched }) => [token, matched])).toEqual(words.map(([id, matched]) => [id, matched]))
    scores.forEach(({ log10Probability }, i) => {
      expect(Math.abs(log10Probability - words[i][2])).toBeLessThan(1e-5)
    })
    const evaluation = model.perplexity(asked)
    expect(Math.abs(evaluation.perplexity - perplexity)).toBeLessThan(1e-3)
    expect(Math.abs(evaluation.perplexityWithoutUnknown - perplexityWithoutUnknown)).toBeLessThan(1e-3)
  })
})

it('a published regression: one line, discount fallback', () => {
  const model = NGram.fit('I like ham\n', { order: 3, discountFallback: true })
  const arpa = entries(textOf(model))
  expect(arpa.get('I')?.[0]).toBeCloseTo(-0.6478175, 6)
  expect(arpa.get('<s> I')?.[0]).toBeCloseTo(-0.2128939, 6)
  expect(arpa.get('<s> I like')?.[0]).toBeCloseTo(-0.09353029, 6)
})

function textOf(model: NGram): string {
  const decoder = new TextDecoder()
  return [...model.arpa()].map(chunk => decoder.decode(chunk, { stream: true })).join('')
}

/** n-gram → log10 probability and back-off weight. */
function entries(arpa: string): Map<string, number[]> {
  const rows = arpa.split('\n').filter(row => row.includes('\t'))
  return new Map(rows.map(row => row.split('\t')).map(([p, words, b]) => [words, [Number(p), Number(b ?? 0)]]))
}
