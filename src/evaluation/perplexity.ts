/* How well a model foretells a text: the mean cross-entropy per token and, from it, perplexity exp(E): the number of
 * equally likely tokens it is as unsure among. */
import { platform } from '#platform'
import { codePoints, type TextCorpus } from '../data/corpora/corpus.js'
import type { Tokenizer } from '../data/tokenizers/tokenizer.js'
import { ConfigurationError } from '../errors.js'
import {
  encodedSentences,
  type LanguageCorpus,
  sentenceBatches,
  type TokenBatch,
} from '../models/languageModel/batches.js'
import type { LanguageModel } from '../models/languageModel/languageModel.js'
import { CarriedState } from '../models/shared/carriedState.js'

export interface Evaluation {
  /** Mean cross-entropy, nats per token. */
  readonly loss: number
  /** exp(loss) */
  readonly perplexity: number
  /** exp of the mean over the tokens that the vocabulary has. */
  readonly perplexityWithoutUnknown: number
  /** The text's whole cross-entropy in bits, over its characters (Unicode code points). */
  readonly bitsPerCharacter: number
  /** Tokens that were foretold: all of the text. */
  readonly tokens: number
  /** Of these, how many the vocabulary lacks. */
  readonly unknown: number
}

export interface EvaluationOptions {
  /** Only so many tokens from the text's beginning; default all. */
  readonly tokens?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const TIME_STEPS = 64
/** A lane that begins inside the text first reads this many tokens before it, so that its state is warm. */
const WARM_UP = 256
const LANE = 4096
const MOST_LANES = 64

/**
 * Every token of the text is foretold once, from all before it: the first from the start symbol. A long text is read in
 * up to 64 lanes at once; each then begins from a state that 256 tokens have warmed, not the whole past.
 * @throws ConfigurationError for an empty text
 */
export async function evaluate(
  model: LanguageModel,
  corpus: TextCorpus,
  { tokens: most = Infinity, signal }: EvaluationOptions = {},
): Promise<Evaluation> {
  const { tokens: encoded, characters: read } = corpus.encodeBeginning(model.tokenizer, most)
  const count = Math.min(encoded.length, most)
  if (count === 0)
    throw new ConfigurationError(`${corpus.name}: there is nothing to evaluate; give a text that is not empty`)
  const tokens = new Int32Array(count + 1)
  tokens[0] = model.tokenizer.start
  tokens.set(encoded.subarray(0, count), 1)
  const lanes = Math.min(MOST_LANES, Math.max(1, Math.floor(count / LANE)))
  const laneLength = Math.ceil(count / lanes)
  const warmUp = lanes > 1 ? WARM_UP : 0
  let sum = 0
  let sumOfUnknown = 0
  const { unknown: unknownToken } = model.tokenizer
  const carried = new CarriedState(model.engine, () => model.zeroState(lanes))
  try {
    for (let from = -warmUp; from < laneLength; from += TIME_STEPS) {
      if (signal?.aborted) break
      const timeSteps = Math.min(TIME_STEPS, laneLength - from)
      sum += model.engine.scope(() => {
        const stretch = { ...stretchOf(tokens, lanes, laneLength, from, timeSteps), timeSteps, batchSize: lanes }
        const { losses, state } = model.loss(stretch, { state: carried.state })
        carried.carry(state)
        const read = model.engine.copyOut(losses)
        let part = 0
        for (let i = 0; i < read.length; i++) {
          part += read[i]
          if (stretch.targets[i] === unknownToken) sumOfUnknown += read[i]
        }
        return part
      })
      await platform.pause()
    }
  } finally {
    carried.close()
  }
  const loss = sum / count
  let unknown = 0
  for (let i = 1; i < tokens.length; i++) if (tokens[i] === unknownToken) unknown++
  const characters = (read * count) / encoded.length
  return {
    loss,
    perplexity: Math.exp(loss),
    perplexityWithoutUnknown: Math.exp((sum - sumOfUnknown) / (count - unknown)),
    bitsPerCharacter: sum / Math.LN2 / characters,
    tokens: count,
    unknown,
  }
}

const SENTENCES_AT_ONCE = 64

/**
 * Each sentence by itself, from the zero state: its tokens and its end are foretold, the first from the start symbol.
 * @throws ConfigurationError for a corpus without sentences
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
  for (let index = 0; index < batches.batchesPerEpoch && sums.tokens < most && !signal?.aborted; index++) {
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

/** Steps `from` … `from + timeSteps` of every lane. What counts has a target; warm-up and what lies past the end have -1. */
function stretchOf(
  tokens: Int32Array,
  lanes: number,
  laneLength: number,
  from: number,
  timeSteps: number,
): { inputs: Int32Array; targets: Int32Array } {
  const inputs = new Int32Array(timeSteps * lanes)
  const targets = new Int32Array(timeSteps * lanes).fill(-1)
  for (let t = 0; t < timeSteps; t++)
    for (let lane = 0; lane < lanes; lane++) {
      const at = lane * laneLength + from + t
      inputs[t * lanes + lane] = tokens[Math.max(0, Math.min(at, tokens.length - 1))]
      if (from + t >= 0 && at + 1 < tokens.length) targets[t * lanes + lane] = tokens[at + 1]
    }
  return { inputs, targets }
}
