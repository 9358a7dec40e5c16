/* A language model's batches: segments of one long stream, whose state is carried and whose gradient is cut (truncated
 * back-propagation through time, Williams & Peng 1990), or whole sentences, each from the zero state and with
 * back-propagation through all of it. */
import { padded } from '../../data/batches/buckets.js'
import { type Segment, TextStreams } from '../../data/batches/streams.js'
import { TextCorpus } from '../../data/corpora/corpus.js'
import { ItemCorpus, linesOfText } from '../../data/corpora/items.js'
import type { Tokenizer } from '../../data/tokenizers/tokenizer.js'
import { bucketedBatches } from '../shared/bucketedBatches.js'
import type { BatchSource } from '../shared/trainable.js'

/** Tokens [time, batch] and the targets of each step; -1 where nothing is to be foretold. */
export interface TokenBatch extends Segment {
  /** int32 [batch]; default all timeSteps. */
  readonly lengths?: Int32Array | undefined
  /** [time, batch]: what each step's loss weighs; default the same for all. They sum up to 1. */
  readonly rowWeights?: Float64Array | undefined
}

/** What a language model reads: a stream, or sentences. */
export type LanguageCorpus = TextCorpus | ItemCorpus<string>

export interface TokenBatchOptions {
  /** `stream`: one long text; `sentence`: a sentence at a time. */
  readonly algorithm: 'stream' | 'sentence'
  readonly batchSize: number
  /** Of a segment of a stream. */
  readonly timeSteps: number
  /** `token`: the mean over a batch's tokens; `sentence`: the mean of its sentences' means. Default token. */
  readonly lossAverage?: 'token' | 'sentence' | undefined
  /** Of the order of sentences. Default 1. */
  readonly seed?: number | undefined
}

/** @throws ConfigurationError where the corpus does not fill a batch */
export function tokenBatches(
  tokenizer: Tokenizer,
  corpus: LanguageCorpus,
  options: TokenBatchOptions,
): BatchSource<TokenBatch> {
  if (options.algorithm === 'sentence')
    return sentenceBatches(encodedSentences(tokenizer, corpus), corpus.name, options)
  const { text, name } = streamOf(corpus)
  const streams = new TextStreams(tokenizer.encode(text), options, name)
  return {
    batchesPerEpoch: streams.segmentsPerEpoch,
    batch: (_, index) => streams.segment(index),
    carriedBatchSize: options.batchSize,
  }
}

/** Sentences one a line, where they are wanted as a stream. */
export const streamOf = (corpus: LanguageCorpus): TextCorpus =>
  corpus instanceof ItemCorpus ? linesOfText(corpus) : corpus

/** A text's lines, where sentences are wanted; empty ones are none. */
export const sentencesOf = (corpus: LanguageCorpus): readonly string[] =>
  corpus instanceof TextCorpus ? corpus.text.split('\n').filter(line => line.trim() !== '') : corpus.items

/**
 * Each sentence between its marks. A tokenizer without marks has one symbol that stands before a text and ends its lines:
 * that begins and ends a sentence too.
 */
export function encodedSentences(tokenizer: Tokenizer, corpus: LanguageCorpus): Int32Array[] {
  const { start } = tokenizer
  const end = 'sentenceEnd' in tokenizer ? (tokenizer.sentenceEnd as number) : start
  return sentencesOf(corpus).map(sentence => {
    const tokens = tokenizer.encode(sentence)
    const marked = new Int32Array(tokens.length + 2)
    marked[0] = start
    marked.set(tokens, 1)
    marked[tokens.length + 1] = end
    return marked
  })
}

/** Sentences of about equal length together, each padded to its batch's longest. */
export function sentenceBatches(
  sentences: readonly Int32Array[],
  name: string,
  { batchSize, seed, lossAverage }: Pick<TokenBatchOptions, 'batchSize' | 'seed' | 'lossAverage'>,
): BatchSource<TokenBatch> {
  return bucketedBatches(sentences, {
    ...{ name, batchSize, seed },
    lengthOf: ({ length }) => length,
    batchOf: chosen => sentenceBatch(chosen, lossAverage),
  })
}

function sentenceBatch(sentences: readonly Int32Array[], lossAverage: TokenBatchOptions['lossAverage']): TokenBatch {
  const { tokens: inputs, lengths, timeSteps, batchSize } = padded(sentences.map(each => each.subarray(0, -1)))
  const { tokens: targets } = padded(
    sentences.map(each => each.subarray(1)),
    -1,
  )
  const batch = { inputs, targets, lengths, timeSteps, batchSize }
  if (lossAverage !== 'sentence') return batch
  const rowWeights = Float64Array.from(targets, (_, i) => {
    const b = i % batchSize
    return Math.floor(i / batchSize) < lengths[b] ? 1 / (batchSize * lengths[b]) : 0
  })
  return { ...batch, rowWeights }
}
