/* What the doctor is to know of a language model. */
import type { Cell } from '../../cells/cell.js'
import { sentenceEndsOf } from '../../data/corpora/sentenceEnds.js'
import {
  FEW_STEPS,
  FOLLOWED_SEQUENCES,
  type Probe,
  type ProbeOptions,
  probeOf,
  type SequenceEnds,
  segmentLengthOf,
  TRIAL_BATCH,
  trainingOf,
} from '../../doctor/probe.js'
import { unigram } from '../../doctor/unigram.js'
import { evaluate } from '../../evaluation/perplexity.js'
import { encodedSentences, streamOf, type TokenBatch, tokenBatches } from '../../models/languageModel/batches.js'
import { LanguageModel } from '../../models/languageModel/languageModel.js'
import { outputParameterCount } from '../../models/languageModel/options.js'
import type { BatchSource } from '../../models/shared/trainable.js'
import type { LanguageData } from './training.js'

export interface LanguageProbeOptions extends ProbeOptions {
  /** The user's own cells that the model is made of. */
  readonly cells?: readonly Cell[] | undefined
  /** The user's own batches in the place of those that the training configuration means. */
  readonly batches?: BatchSource<TokenBatch> | undefined
}

/** Tokens that losses are the mean of, at most. */
const EVALUATED_TOKENS = 50_000
/** Tokens at which hidden units are observed. */
const OBSERVED_TOKENS = 600

export function languageProbe(
  model: LanguageModel,
  data: LanguageData,
  options: LanguageProbeOptions = {},
): Probe<TokenBatch> {
  const { cells = [] } = options
  const training = trainingOf(options)
  const { configuration, tokenizer } = model
  const text = streamOf(data.train)
  const tokens = text.encode(tokenizer)
  const bySentence = training.algorithm === 'sentence'
  // Streams must be filled: a small text has fewer and shorter ones.
  const timeSteps = Math.max(1, Math.min(training.timeSteps, Math.floor((tokens.length - 1) / 2)))
  const streams = Math.floor((tokens.length - 1) / timeSteps)
  const batchSize = Math.max(1, Math.min(training.batchSize, TRIAL_BATCH, streams))
  const batches = options.batches ?? tokenBatches(tokenizer, data.train, { ...training, batchSize, timeSteps })
  const segmentLength = bySentence ? segmentLengthOf(sentenceSteps(model, data)) : segmentLengthOf([timeSteps])
  const seen = countsOf(tokens, tokenizer.size)
  return probeOf<TokenBatch, LanguageData['train']>(options, {
    task: 'language model',
    ...{ model, configuration, data, batches, segmentLength },
    copy: engine => LanguageModel.load(model.toBytes(), { engine, cells }),
    fresh: engine => freshModel(model, { corpus: text, cells, seed: training.seed, engine }),
    few: options.batches ? options.batches.batch(0, 0) : fewOf(tokens, Math.min(FEW_STEPS, timeSteps)),
    ends: endsOf(tokens, segmentLength),
    observed: corpus => observedIn(streamOf(corpus).encodeBeginning(tokenizer, OBSERVED_TOKENS + 1).tokens),
    lossOn: async corpus => (await evaluate(model, corpus, { tokens: EVALUATED_TOKENS })).loss,
    baselinesOn: validation => [
      unigram(
        seen,
        streamOf(validation).encodeBeginning(tokenizer, EVALUATED_TOKENS).tokens.subarray(0, EVALUATED_TOKENS),
      ),
    ],
    output: {
      rows: tokenizer.size,
      parameters: outputParameterCount(configuration, tokenizer.size),
      seen,
      limitable: configuration.unit === 'word',
    },
    targets: () => Array.from({ length: Math.min(4, batches.batchesPerEpoch) }, (_, index) => batches.batch(0, index)),
    sentences: bySentence
      ? undefined
      : { lengths: sentenceLengths(model, text.text), most: training.timeSteps, longer: 'carried' },
  })
}

function freshModel(
  { configuration, tokenizer }: LanguageModel,
  {
    cells,
    ...creation
  }: Pick<Parameters<typeof LanguageModel.create>[0], 'corpus' | 'seed' | 'engine'> & {
    readonly cells: readonly Cell[]
  },
): Promise<LanguageModel> {
  const { unit: _, cell: named, ...shape } = configuration
  const cell = cells.find(({ name }) => name === named) ?? (named as 'lstm')
  return LanguageModel.create({ ...creation, ...shape, cell, tokenizer })
}

const MEASURED_CHARACTERS = 200_000

/** In tokens; a sentence ends where a mark or an empty line says so. */
function sentenceLengths({ tokenizer }: LanguageModel, text: string): number[] {
  const beginning = text.slice(0, MEASURED_CHARACTERS)
  return sentenceEndsOf(beginning)
    .map((end, i, ends) => beginning.slice(i === 0 ? 0 : ends[i - 1], end).trim())
    .filter(sentence => sentence !== '')
    .map(sentence => tokenizer.encode(sentence).length)
}

const sentenceSteps = ({ tokenizer }: LanguageModel, { train }: LanguageData): number[] =>
  encodedSentences(tokenizer, train).map(sentence => sentence.length - 1)

function countsOf(tokens: Int32Array, size: number): Float64Array {
  const counts = new Float64Array(size)
  for (const token of tokens) counts[token]++
  return counts
}

/** Two sequences from the text that begin with different tokens where that can be, so that they can be learned by heart. */
function fewOf(tokens: Int32Array, timeSteps: number): TokenBatch {
  const starts = [0]
  const last = tokens.length - timeSteps - 1
  const other = tokens.findIndex((token, i) => i >= timeSteps && i <= last && token !== tokens[0])
  if (other > 0) starts.push(other)
  return batchAt(tokens, starts, timeSteps, () => true)
}

function observedIn(tokens: Int32Array) {
  const time = Math.min(OBSERVED_TOKENS, tokens.length - 1)
  return { batch: batchAt(tokens, [0], time, () => true), time, batchSize: 1 }
}

/** @param hasLoss whether step t has a target */
function batchAt(
  tokens: Int32Array,
  starts: readonly number[],
  timeSteps: number,
  hasLoss: (t: number) => boolean,
): TokenBatch {
  const batchSize = starts.length
  const filled = (valueAt: (t: number, start: number) => number) =>
    Int32Array.from({ length: timeSteps * batchSize }, (_, i) =>
      valueAt(Math.floor(i / batchSize), starts[i % batchSize]),
    )
  return {
    inputs: filled((t, start) => tokens[start + t]),
    targets: filled((t, start) => (hasLoss(t) ? tokens[start + t + 1] : -1)),
    ...{ timeSteps, batchSize },
  }
}

/** Sequences from all over the text, with a loss at the end of each. */
function endsOf(tokens: Int32Array, steps: number): SequenceEnds<TokenBatch> {
  const room = tokens.length - steps - 1
  const sequences = Math.max(1, Math.min(FOLLOWED_SEQUENCES, room))
  const starts = Array.from({ length: sequences }, (_, i) => Math.floor((i * room) / sequences))
  return { batch: batchAt(tokens, starts, steps, t => t === steps - 1), steps, sequences }
}
