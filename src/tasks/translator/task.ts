/* Translation: a text that another becomes. */
import type { TextPair } from '../../data/corpora/items.js'
import { Translator } from '../../models/translator/translator.js'
import { isCorpusData } from '../corpusData.js'
import { defineTask } from '../task.js'
import { type TranslationData, translatorMetrics, translatorTraining } from './training.js'

export const translatorTask = defineTask({
  name: 'translator',
  dataDescription: 'a corpus of pairs, { source, target }',
  isModel: (model): model is Translator => model instanceof Translator,
  isData: (data): data is TranslationData => isCorpusData<TextPair>(data, 'source', 'target'),
  metrics: translatorMetrics,
  ...{ feedsItself: true, readsText: true, crossEntropy: true },
  training: translatorTraining,
})
