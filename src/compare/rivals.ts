/* The models that are held against one another: n-grams of four orders and a small recurrent network, all over the same
 * tokens of the same training text. */

import type { TextCorpus, TextSplits } from '../data/corpora/corpus.js'
import type { Tokenizer } from '../data/tokenizers/tokenizer.js'
import type { Engine } from '../engine/engine.js'
import { type EngineOptions, openEngine } from '../engine/open.js'
import { ConfigurationError } from '../errors.js'
import { LanguageModel } from '../models/languageModel/languageModel.js'
import type { LanguageModelOptions } from '../models/languageModel/options.js'
import { NGram } from '../ngram/ngram.js'
import { train } from '../tasks/train.js'
import type { TrainingEvent, TrainingResult } from '../training/events.js'
import type { TrainingOptions } from '../training/options.js'

/** What is told on the way. */
export type CompareProgress =
  | { readonly stage: 'fitted'; readonly model: string; readonly seconds: number }
  | { readonly stage: 'training'; readonly model: string; readonly event: TrainingEvent }

export interface CompareOptions extends EngineOptions {
  /** Time for all models. n-grams take what they need; the recurrent one has the rest, at least half. Default 1. */
  readonly minutes?: number | undefined
  /** What a token is. Default character. */
  readonly unit?: 'character' | 'word' | undefined
  /** Of the recurrent model's start. Default 1. */
  readonly seed?: number | undefined
  /** An engine of one's own; default one that is opened for this and closed after it. */
  readonly engine?: Engine | undefined
  /** Ends the training early; what has been learned is compared all the same. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: CompareProgress) => void) | undefined
}

/** What the recurrent model is and how it is trained. */
export interface RecurrentPlan {
  readonly model: LanguageModelOptions
  readonly training: { readonly batchSize: number; readonly timeSteps: number; readonly learningRate: number }
}

interface Trained {
  readonly name: string
  readonly seconds: number
}

export interface NGramRival extends Trained {
  readonly kind: 'n-gram'
  readonly model: NGram
}

export interface RecurrentRival extends Trained {
  readonly kind: 'recurrent'
  readonly model: LanguageModel
  /** Passes over the training text. */
  readonly epochs: number
}

export type Rival = NGramRival | RecurrentRival

const orders = { unigram: 1, bigram: 2, trigram: 3, '5-gram': 5 }

/** For characters the quickstart's; words, which are many and rare, have longer vectors and smaller steps. */
const plans: Record<'character' | 'word', RecurrentPlan> = {
  character: {
    model: { cell: 'lstm', numLayers: 1, hiddenSize: 256, embeddingSize: 64 },
    training: { batchSize: 32, timeSteps: 64, learningRate: 0.012 },
  },
  word: {
    model: { cell: 'lstm', numLayers: 1, hiddenSize: 256, embeddingSize: 128 },
    training: { batchSize: 32, timeSteps: 32, learningRate: 0.004 },
  },
}

/**
 * Interpolated modified Kneser-Ney over a model's own tokens, as one stream without sentence marks; where the text gives
 * no discounts (an alphabet has no symbols that occur once), KenLM's fallback.
 */
export function fitNGram(corpus: TextCorpus, order: number, tokenizer: Tokenizer): NGramRival {
  const begun = performance.now()
  const model = NGram.fit(corpus, { order, tokenizer, discountFallback: true })
  const name = Object.entries(orders).find(([, each]) => each === order)?.[0] ?? `${order}-gram`
  return { kind: 'n-gram', name, model, seconds: (performance.now() - begun) / 1000 }
}

/**
 * Trains all models, lends them to `use`, and gives their memory back. The recurrent model is the one that was best on
 * the validation text; n-grams have no use for that text.
 */
export async function withRivals<T>(
  { train: corpus, validation }: Pick<TextSplits, 'train' | 'validation'>,
  { minutes = 1, unit = 'character', seed = 1, engine: lent, signal, onProgress, ...engineOptions }: CompareOptions,
  use: (rivals: readonly Rival[]) => Promise<T>,
  plan: RecurrentPlan = plans[unit],
): Promise<T> {
  if (!(minutes > 0)) throw new ConfigurationError(`compare: minutes must be above 0; got ${minutes}`)
  const engine = lent ?? (await openEngine(engineOptions))
  let model: LanguageModel | undefined
  try {
    model = await LanguageModel.create({ corpus, unit, ...plan.model, seed, engine })
    const { tokenizer } = model
    const name = model.configuration.cell.toUpperCase()
    const rivals: Rival[] = []
    let spent = 0
    for (const order of Object.values(orders)) {
      const rival = fitNGram(corpus, order, tokenizer)
      onProgress?.({ stage: 'fitted', model: rival.name, seconds: rival.seconds })
      rivals.push(rival)
      spent += rival.seconds / 60
    }
    const training = fitting(plan.training, corpus.encode(tokenizer).length)
    const limit = Math.max(minutes - spent, minutes / 2)
    const onEvent = (event: TrainingEvent) => onProgress?.({ stage: 'training', model: name, event })
    const trained = await trainBest(model, { train: corpus, validation }, { ...training, seed, signal }, limit, onEvent)
    rivals.push({ kind: 'recurrent', name, model, epochs: trained.epochs, seconds: trained.seconds })
    return await use(rivals)
  } finally {
    model?.close()
    if (!lent) engine.close()
  }
}

/** Trains for so many minutes, the learning rate falling all the while; the model ends as it did best on the validation text. */
async function trainBest(
  model: LanguageModel,
  text: Pick<TextSplits, 'train' | 'validation'>,
  options: TrainingOptions,
  minutes: number,
  onEvent: (event: TrainingEvent) => void,
): Promise<TrainingResult> {
  const falling = { schedule: 'cosine', scheduleMinutes: minutes } as const
  const run = train(model, text, { ...options, ...falling, minutes, keepBest: true, samples: 0 })
  const events = run[Symbol.asyncIterator]()
  for (;;) {
    const { value, done } = await events.next()
    if (done) return value
    onEvent(value)
  }
}

/** A short text gets shorter stretches and fewer lanes, so that each has some stretches to follow one another. */
function fitting({ batchSize, timeSteps, ...rest }: RecurrentPlan['training'], tokens: number) {
  const steps = Math.max(1, Math.min(timeSteps, tokens - 1))
  return { ...rest, timeSteps: steps, batchSize: Math.max(1, Math.min(batchSize, Math.floor(tokens / (8 * steps)))) }
}
