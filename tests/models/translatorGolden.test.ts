/* The translator against PyTorch: loss and every gradient, of each kind of attention; tests/golden/translator.py made the
 * numbers. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { padded } from '../../src/data/batches/buckets.js'
import { ItemCorpus } from '../../src/data/corpora/items.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import type { TranslatorOptions } from '../../src/models/translator/options.js'
import { Translator } from '../../src/models/translator/translator.js'
import { expectNear } from '../engine/distance.js'

interface Case {
  readonly name: string
  readonly attention: TranslatorOptions['attention']
  readonly cell: 'gru' | 'lstm'
  readonly bidirectional: boolean
  readonly layers: number
  readonly encoder: number
  readonly feeding: boolean
  readonly sources: number[][]
  readonly inputs: number[][]
  readonly targets: number[][]
  readonly loss: number
  readonly parameters: Record<string, { shape: number[]; data: number[]; gradient: number[] }>
}

const golden: { sizes: Record<string, number>; cases: Case[] } = JSON.parse(
  readFileSync(new URL('../golden/translator-float64.json', import.meta.url), 'utf8'),
)

/** A corpus whose words, line end, unknown word and marks are so many symbols. */
function corpusOf({ source, target }: Record<string, number>) {
  const words = (count: number) => Array.from({ length: count - 4 }, (_, i) => `w${i}`).join(' ')
  return new ItemCorpus([{ source: words(source), target: words(target) }], 'golden')
}

describe.each([
  ['the reference', { backend: 'reference' }, 1e-11],
  ['native or wasm', { threads: 2 }, 2e-5],
] as const)('on %s', (_, options, tolerance) => {
  let engine: Engine
  beforeAll(async () => {
    engine = await openEngine(options)
  })
  afterAll(() => engine.close())

  it.each(golden.cases)('attention $name is PyTorch’s', async each => {
    const { sizes } = golden
    using model = await Translator.create({
      ...{ corpus: corpusOf(sizes), engine, minCount: 1, attention: each.attention, cell: each.cell },
      ...{ bidirectional: each.bidirectional, numLayers: each.layers, encoderHiddenSize: each.encoder },
      ...{ hiddenSize: sizes.hidden, embeddingSize: sizes.embedding, inputFeeding: each.feeding },
      attentionSize: each.attention === 'bahdanau' ? sizes.attention : undefined,
    })
    expect(Object.fromEntries(model.parameters.map(({ name, shape }) => [name, shape]))).toEqual(
      Object.fromEntries(Object.entries(each.parameters).map(([name, { shape }]) => [name, shape])),
    )
    for (const { name, value } of model.parameters) engine.write(value, each.parameters[name].data)
    const [sources, inputs, targets] = [padded(each.sources), padded(each.inputs), padded(each.targets, -1)]
    const batch = {
      ...{ sources: sources.tokens, sourceLengths: sources.lengths },
      ...{ inputs: inputs.tokens, targets: targets.tokens, lengths: inputs.lengths, batchSize: 3 },
    }
    const loss = engine.scope(() =>
      engine.recording(tape => {
        for (const { value, gradient } of model.parameters) tape.watch(value, gradient)
        const { loss } = model.loss(batch)
        tape.backward(loss)
        return engine.scalar(loss)
      }),
    )
    expect(Math.abs(loss - each.loss)).toBeLessThan(tolerance * each.loss)
    for (const { name, gradient } of model.parameters)
      expectNear(engine.read(gradient), Float64Array.from(each.parameters[name].gradient), tolerance, name)
  })
})
