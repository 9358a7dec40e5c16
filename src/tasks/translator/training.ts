/* A translator in training: pairs as batches; validation by the loss of the true translations, and by BLEU and exact matches
 * of greedy ones; and the same few sentences translated each time. */

import type { TextPair } from '../../data/corpora/items.js'
import { sampled, sampledCorpus } from '../../data/corpora/sampled.js'
import { bleu } from '../../evaluation/bleu.js'
import { translationLoss } from '../../evaluation/translation.js'
import { type PairBatch, pairBatches } from '../../models/translator/batches.js'
import type { Translator } from '../../models/translator/translator.js'
import type { TrainingConfiguration } from '../../training/options.js'
import type { Sample, TrainingTask } from '../../training/trainingTask.js'
import type { CorpusData } from '../corpusData.js'

/** Pairs to train on, and to look at. */
export type TranslationData = CorpusData<TextPair>

/** Pairs whose loss validation takes while training, and pairs that it translates, at most. */
const PAIRS = 2000
const TRANSLATED = 200

export const translatorMetrics = { loss: 'min', perplexity: 'min', bleu: 'max', exact: 'max' } as const

export function translatorTraining(
  model: Translator,
  { train, validation }: TranslationData,
  configuration: TrainingConfiguration,
): TrainingTask<PairBatch> {
  const { maxLength } = model.configuration
  return {
    batches: pairBatches(model.tokenizers, train, { ...configuration, maxLength }),
    metrics: translatorMetrics,
    isText: true,
    validate:
      validation &&
      (async () => {
        const loss = await translationLoss(model, sampledCorpus(validation, PAIRS))
        const items = sampled(validation.items, TRANSLATED)
        const translations = await greedy(model, items)
        const references = items.map(({ target }) => target)
        const exact = translations.filter((text, i) => text === references[i]).length / items.length
        return { loss, perplexity: Math.exp(loss), bleu: bleu(translations, references).score, exact }
      }),
    samples: validation && (count => translated(model, sampled(validation.items, count))),
  }
}

async function greedy(model: Translator, items: readonly TextPair[]): Promise<string[]> {
  const hypotheses = await model.translateAll(
    items.map(({ source }) => source),
    { beamSize: 1 },
  )
  return hypotheses.map(([best]) => best.text)
}

async function translated(model: Translator, items: readonly TextPair[]): Promise<Sample[]> {
  const outputs = await greedy(model, items)
  return items.map(({ source, target }, i) => ({ input: source, target, output: outputs[i] }))
}
