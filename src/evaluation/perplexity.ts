/* How well a language model predicts a text: the mean cross-entropy per token and, from it, perplexity exp(E): the number of
 * equally likely tokens among which a predictor is as unsure. */
import { platform } from '#platform'
import { codePoints, type TextCorpus } from '../data/corpora/corpus.js'
import type { Tokenizer } from '../data/tokenizers/tokenizer.js'
import { ConfigurationError } from '../errors.js'
import type { Evaluation } from '../generation/evaluation.js'
import {
  encodedSentences,
  type LanguageCorpus,
  sentenceBatches,
  streamOf,
  type TokenBatch,
} from '../models/languageModel/batches.js'
import type { LanguageModel } from '../models/languageModel/languageModel.js'
import { CarriedState } from '../models/shared/carriedState.js'

export interface EvaluationOptions {
  /** Only so many tokens from the text's beginning; default all. */
  readonly tokens?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const TIME_STEPS = 64
/** A stream that begins inside the text first reads this many tokens before it, so that its state is warm. */
const WARM_UP = 256
/** Tokens of the text for each stream, at least. */
const TOKENS_PER_STREAM = 4096
const MAX_STREAMS = 64

/**
 * A model trained a sentence at a time is measured on each line by itself: `evaluateSentences`. With any other, every token
 * of the text is predicted once, from all before it: the first from the start symbol. A text of 8,192 tokens
 * and more is read in up to 64 streams at once. The first begins with the text; each other one begins inside of it, from a
 * state that 256 tokens have warmed and not the whole past.
 * @throws ConfigurationError when the text is empty
 * @throws the signal's reason when the signal aborts
 */
export async function evaluate(
  model: LanguageModel,
  corpus: LanguageCorpus,
  options: EvaluationOptions = {},
): Promise<Evaluation> {
  return model.algorithm === 'sentence'
    ? evaluateSentences(model, corpus, options)
    : evaluateStream(model, streamOf(corpus), options)
}

async function evaluateStream(
  model: LanguageModel,
  corpus: TextCorpus,
  { tokens: most = Infinity, signal }: EvaluationOptions,
): Promise<Evaluation> {
  const { tokenizer } = model
  const { tokens: encoded, characters } = corpus.encodeBeginning(tokenizer, most)
  const count = Math.min(encoded.length, most)
  if (count === 0)
    throw new ConfigurationError(`${corpus.name}: there is nothing to evaluate; give a text that is not empty`)
  const tokens = new Int32Array(count + 1)
  tokens[0] = tokenizer.start
  tokens.set(encoded.subarray(0, count), 1)
  const sums = { loss: 0, lossOfUnknown: 0, unknown: 0 }
  for await (const { losses, targets } of streamedLosses(model, tokens, signal))
    for (let i = 0; i < losses.length; i++) {
      sums.loss += losses[i]
      if (targets[i] !== tokenizer.unknown) continue
      sums.lossOfUnknown += losses[i]
      sums.unknown++
    }
  const loss = sums.loss / count
  return {
    loss,
    perplexity: Math.exp(loss),
    perplexityWithoutUnknown: Math.exp((sums.loss - sums.lossOfUnknown) / (count - sums.unknown)),
    bitsPerCharacter: sums.loss / Math.LN2 / ((characters * count) / encoded.length),
    tokens: count,
    unknown: sums.unknown,
  }
}

/** The losses of all tokens but the first, segment by segment; 0 where the target is -1. */
async function* streamedLosses(model: LanguageModel, tokens: Int32Array, signal: AbortSignal | undefined) {
  const { engine } = model
  const streams = streamsOf(tokens.length - 1)
  const batchSize = streams.count
  const carried = new CarriedState(engine, () => model.zeroState(batchSize))
  try {
    for (let from = 0; from < streams.length; from += TIME_STEPS) {
      signal?.throwIfAborted()
      const timeSteps = Math.min(TIME_STEPS, streams.length - from)
      const segment = { ...segmentOf(tokens, streams, from, timeSteps), timeSteps, batchSize }
      yield engine.scope(() => {
        const { losses, state } = model.loss(segment, { state: carried.state })
        carried.carry(state)
        return { losses: engine.copyOut(losses), targets: segment.targets }
      })
      await platform.pause()
    }
  } finally {
    carried.close()
  }
}

interface Streams {
  readonly count: number
  /** Steps of each stream, its warm-up among them. */
  readonly length: number
  /** Tokens from one stream's beginning to the next one's. */
  readonly stride: number
}

/** A text of so many tokens cut so that all streams have as many steps: the first one predicts in its warm-up too. */
function streamsOf(count: number): Streams {
  const streams = Math.min(MAX_STREAMS, Math.max(1, Math.floor(count / TOKENS_PER_STREAM)))
  if (streams === 1) return { count: 1, length: count, stride: count }
  const stride = Math.ceil((count - WARM_UP) / streams)
  return { count: streams, length: WARM_UP + stride, stride }
}

/** Steps `from` … `from + timeSteps` of every stream. Warm-up, and what lies past the end, has the target -1. */
function segmentOf(
  tokens: Int32Array,
  { count, stride }: Streams,
  from: number,
  timeSteps: number,
): { inputs: Int32Array; targets: Int32Array } {
  const inputs = new Int32Array(timeSteps * count)
  const targets = new Int32Array(timeSteps * count).fill(-1)
  for (let t = 0; t < timeSteps; t++)
    for (let stream = 0; stream < count; stream++) {
      const at = stream * stride + from + t
      inputs[t * count + stream] = tokens[Math.min(at, tokens.length - 1)]
      const predicts = stream === 0 || from + t >= WARM_UP
      if (predicts && at + 1 < tokens.length) targets[t * count + stream] = tokens[at + 1]
    }
  return { inputs, targets }
}

const SENTENCES_AT_ONCE = 64

/**
 * Each sentence by itself, from the zero state: its tokens and its end are predicted, the first from the start symbol.
 * @throws ConfigurationError when the corpus has no sentences
 * @throws the signal's reason when the signal aborts
 */
export async function evaluateSentences(
  model: LanguageModel,
  corpus: LanguageCorpus,
  { tokens: most = Infinity, signal }: EvaluationOptions = {},
): Promise<Evaluation> {
  const { engine, tokenizer } = model
  const sentences = encodedSentences(tokenizer, corpus)
  const batches = sentenceBatches(sentences, corpus.name, { batchSize: SENTENCES_AT_ONCE })
  const sums = { loss: 0, known: 0, tokens: 0, unknown: 0 }
  let characters = 0
  for (let index = 0; index < batches.batchesPerEpoch && sums.tokens < most; index++) {
    signal?.throwIfAborted()
    const batch = batches.batch(0, index)
    engine.scope(() => {
      const { losses } = model.loss(batch)
      engine.read(losses).forEach((loss, i) => {
        const target = batch.targets[i]
        if (target < 0) return
        sums.tokens++
        sums.loss += loss
        if (target === tokenizer.unknown) sums.unknown++
        else sums.known += loss
      })
    })
    for (let b = 0; b < batch.batchSize; b++) characters += charactersOf(tokenizer, batch, b)
    await platform.pause()
  }
  const loss = sums.loss / sums.tokens
  return {
    loss,
    perplexity: Math.exp(loss),
    perplexityWithoutUnknown: Math.exp(sums.known / (sums.tokens - sums.unknown)),
    bitsPerCharacter: sums.loss / Math.LN2 / characters,
    tokens: sums.tokens,
    unknown: sums.unknown,
  }
}

/** Of a sentence in a batch, its end counted as one: as in a text whose lines the sentences are. */
function charactersOf(tokenizer: Tokenizer, { inputs, lengths, batchSize }: TokenBatch, b: number): number {
  const length = lengths?.[b] ?? 0
  const tokens = Int32Array.from({ length: length - 1 }, (_, t) => inputs[(t + 1) * batchSize + b])
  return codePoints(tokenizer.decode(tokens)) + 1
}
