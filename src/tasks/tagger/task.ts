/* Tagging: a tag of each word of a sentence. */
import type { TaggedSentence } from '../../data/corpora/items.js'
import { Tagger } from '../../models/tagger/tagger.js'
import { isCorpusData } from '../corpusData.js'
import { defineTask } from '../task.js'
import { type TaggingData, taggerMetrics, taggerTraining } from './training.js'

export const taggerTask = defineTask({
  name: 'tagger',
  dataDescription: 'a corpus of tagged sentences, { words, tags }',
  isModel: (model): model is Tagger => model instanceof Tagger,
  isData: (data): data is TaggingData => isCorpusData<TaggedSentence>(data, 'words', 'tags'),
  metrics: taggerMetrics,
  ...{ feedsItself: false, readsText: false, crossEntropy: true },
  training: taggerTraining,
})
