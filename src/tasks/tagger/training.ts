/* A tagger in training: tagged sentences as batches, validation by the share of right tags, and the same few sentences tagged
 * each time. */

import type { ItemCorpus, TaggedSentence } from '../../data/corpora/items.js'
import { evaluateTagger } from '../../evaluation/tagging.js'
import { type TaggedBatch, taggerBatches } from '../../models/tagger/batches.js'
import type { Tagger } from '../../models/tagger/tagger.js'
import type { TrainingConfiguration } from '../../training/options.js'
import type { Sample, TrainingTask } from '../../training/trainingTask.js'
import type { CorpusData } from '../corpusData.js'

/** Tagged sentences to train on, and to look at. */
export type TaggingData = CorpusData<TaggedSentence>

export const taggerMetrics = {
  loss: 'min',
  accuracy: 'max',
  accuracyOnUnknown: 'max',
  macroF1: 'max',
  spanF1: 'max',
} as const

/** Words of a sentence, as an example shows it. */
const SHOWN = 16

export function taggerTraining(
  model: Tagger,
  { train, validation }: TaggingData,
  configuration: TrainingConfiguration,
): TrainingTask<TaggedBatch> {
  return {
    batches: taggerBatches(model.vocabularies, model.tags, train, configuration),
    metrics: taggerMetrics,
    isText: false,
    validate:
      validation &&
      (async () => {
        const { loss, accuracy, accuracyOnUnknown, macro, spans } = await evaluateTagger(model, validation)
        // What there is nothing of to measure is as good as what there is.
        const unknown = Number.isNaN(accuracyOnUnknown) ? accuracy : accuracyOnUnknown
        return { loss, accuracy, accuracyOnUnknown: unknown, macroF1: macro.f1, spanF1: spans?.micro.f1 ?? macro.f1 }
      }),
    nonFiniteItem: part => unknownTags(model, part === 'train' ? train : validation),
    samples: validation && (count => tagged(model, validation.items.slice(0, count))),
  }
}

/** Where no sentence has only tags that the model has, none can be scored: the first one with another. */
function unknownTags({ tags }: Tagger, corpus: ItemCorpus<TaggedSentence> | undefined): string | undefined {
  const known = new Set(tags)
  const unknown = corpus?.items.map(item => item.tags.find(tag => !known.has(tag))) ?? []
  if (unknown.some(tag => tag === undefined) || unknown.length === 0) return undefined
  return `every sentence of ${corpus?.name} has a tag that the training data lack, the first one ${unknown[0]}`
}

async function tagged(model: Tagger, items: readonly TaggedSentence[]): Promise<Sample[]> {
  const answers = await model.tag(items.map(({ words }) => words))
  const shown = (words: readonly string[]) => words.slice(0, SHOWN).join(' ')
  return items.map(({ words, tags }, i) => ({
    input: shown(words),
    target: shown(tags),
    output: shown(answers[i].tags),
  }))
}
