/* A translator in training: pairs as batches; validation by the loss of the true translations, and by BLEU and exact matches
 * of greedy ones; and the same few sentences translated each time. */

import type { ItemCorpus, TextPair } from '../data/corpora/items.js'
import { bleu } from '../evaluation/bleu.js'
import { spreadPairs, translationLoss } from '../evaluation/translation.js'
import { type PairBatch, pairBatches } from '../models/translator/batches.js'
import type { Translator } from '../models/translator/translator.js'
import type { TrainingConfiguration } from './options.js'
import type { Sample, Task } from './task.js'

/** Pairs to train on, and to look at. */
export interface TranslationData {
  readonly train: ItemCorpus<TextPair>
  readonly validation?: ItemCorpus<TextPair> | undefined
}

/** While training, validation looks at no more pairs than these, and translates no more than those. */
const PAIRS = 2000
const TRANSLATED = 200

export const translatorMetrics = { loss: 'least', perplexity: 'least', bleu: 'most', exact: 'most' } as const

export function translatorTask(
  model: Translator,
  { train, validation }: TranslationData,
  configuration: TrainingConfiguration,
): Task<PairBatch> {
  const { maxLength } = model.configuration
  return {
    batches: pairBatches(model.tokenizers, train, { ...configuration, maxLength }),
    counted: 'tokens',
    metrics: translatorMetrics,
    isText: true,
    validate:
      validation &&
      (async () => {
        const loss = await translationLoss(model, spreadPairs(validation, PAIRS))
        const { items } = spreadPairs(validation, TRANSLATED)
        const written = await greedy(model, items)
        const references = items.map(({ target }) => target)
        const exact = written.filter((text, i) => text === references[i]).length / items.length
        return { loss, perplexity: Math.exp(loss), bleu: bleu(written, references).score, exact }
      }),
    samples: validation && (count => translated(model, spreadPairs(validation, count).items)),
  }
}

async function greedy(model: Translator, items: readonly TextPair[]): Promise<string[]> {
  const found = await model.translateAll(
    items.map(({ source }) => source),
    { beamSize: 1 },
  )
  return found.map(([best]) => best.text)
}

async function translated(model: Translator, items: readonly TextPair[]): Promise<Sample[]> {
  const written = await greedy(model, items)
  return items.map(({ source, target }, i) => ({ given: source, expected: target, written: written[i] }))
}
