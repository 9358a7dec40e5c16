/* A language model before the doctor. */
import type { Cell } from '../../cells/cell.js'
import { sentenceEndsOf } from '../../data/corpora/sentenceEnds.js'
import { activityOf } from '../../doctor/activity.js'
import type { Probe, ProbeOptions } from '../../doctor/probe.js'
import { unigram } from '../../doctor/unigram.js'
import type { Engine } from '../../engine/engine.js'
import { evaluate, evaluateSentences } from '../../evaluation/perplexity.js'
import { encodedSentences, streamOf, type TokenBatch, tokenBatches } from '../../models/languageModel/batches.js'
import { LanguageModel } from '../../models/languageModel/languageModel.js'
import { outputParameterCount } from '../../models/languageModel/options.js'
import type { BatchSource } from '../../models/shared/trainable.js'
import { resolved, trainingSchema } from '../../training/options.js'
import type { LanguageData } from './training.js'

export interface LanguageProbeOptions extends ProbeOptions {
  /** Cells of one's own that it is made of. */
  readonly cells?: readonly Cell[] | undefined
  /** Batches of one's own in the place of those that the training configuration means. */
  readonly batches?: BatchSource<TokenBatch> | undefined
}

/** Sequences in a trial's batch at most, and tokens that losses are the mean of. */
const TRIAL_BATCH = 16
const LOOKED_AT = 50_000
/** Tokens that hidden units are watched at. */
const WATCHED = 600
/** For the gradient check and to be learned by heart. */
const FEW_STEPS = 16
/** Gradients are followed back no further. */
const LONGEST_STRETCH = 200
const SEQUENCES = 8

export function languageProbe(
  model: LanguageModel,
  data: LanguageData,
  { training: asked = {}, trained = true, history, cells = [], batches: own }: LanguageProbeOptions = {},
): Probe<TokenBatch> {
  const training = resolved(trainingSchema.parse(asked))
  const { configuration, tokenizer } = model
  const text = streamOf(data.train)
  const tokens = text.encode(tokenizer)
  const validation = data.validation && streamOf(data.validation)
  const bySentence = training.algorithm === 'sentence'
  // Lanes must be filled: a small text has fewer and shorter ones.
  const timeSteps = Math.max(1, Math.min(training.timeSteps, Math.floor((tokens.length - 1) / 2)))
  const batchSize = Math.max(1, Math.min(training.batchSize, TRIAL_BATCH, Math.floor((tokens.length - 1) / timeSteps)))
  const batches = own ?? tokenBatches(tokenizer, data.train, { ...training, batchSize, timeSteps })
  const stretch = Math.min(LONGEST_STRETCH, bySentence ? medianLength(model, data) : timeSteps)
  const seen = countsOf(tokens, tokenizer.size)
  const { cell, numLayers, hiddenSize, nonlinearity, unit } = configuration
  const evaluated = async (corpus: LanguageData['train']) =>
    (
      await (bySentence
        ? evaluateSentences(model, corpus, { tokens: LOOKED_AT })
        : evaluate(model, streamOf(corpus), { tokens: LOOKED_AT }))
    ).loss
  return {
    name: `${cell}, ${numLayers === 1 ? '1 layer' : `${numLayers} layers`} of ${hiddenSize}`,
    kind: 'language model',
    ...{ model, trained, training, configuration, batches, history },
    stretch,
    copy: (engine: Engine) => LanguageModel.load(model.toBytes(), { engine, cells }),
    fresh(engine) {
      const { unit: _, cell: named, ...options } = configuration
      const found = cells.find(each => each.name === named) ?? (named as 'lstm')
      return LanguageModel.create({ corpus: text, ...options, cell: found, tokenizer, seed: training.seed, engine })
    },
    few: own ? own.batch(0, 0) : fewOf(tokens, Math.min(FEW_STEPS, timeSteps)),
    ends: endsOf(tokens, stretch),
    async activity() {
      const watched = (validation ?? text).encodeBeginning(tokenizer, WATCHED + 1).tokens.subarray(0, WATCHED + 1)
      const time = watched.length - 1
      return activityOf(
        model,
        batchAt(watched, [0], time, () => true),
        { time, batchSize: 1 },
        nonlinearity,
      )
    },
    losses: async () => ({
      training: await evaluated(data.train),
      validation: data.validation && (await evaluated(data.validation)),
    }),
    baselines: async () =>
      validation ? [unigram(seen, validation.encodeBeginning(tokenizer, LOOKED_AT).tokens.subarray(0, LOOKED_AT))] : [],
    output: {
      rows: tokenizer.size,
      parameters: outputParameterCount(configuration, tokenizer.size),
      seen,
      limitable: unit === 'word',
    },
    targets: () => Array.from({ length: Math.min(4, batches.batchesPerEpoch) }, (_, index) => batches.batch(0, index)),
    sentences: bySentence
      ? undefined
      : { lengths: sentenceLengths(model, text.text), most: training.timeSteps, longer: 'carried' },
  }
}

const SENTENCES_LOOKED_AT = 200_000

/** In tokens; a sentence ends where a mark or an empty line says so. */
function sentenceLengths({ tokenizer }: LanguageModel, text: string): number[] {
  const looked = text.slice(0, SENTENCES_LOOKED_AT)
  return sentenceEndsOf(looked)
    .map((end, i, ends) => looked.slice(i === 0 ? 0 : ends[i - 1], end).trim())
    .filter(sentence => sentence !== '')
    .map(sentence => tokenizer.encode(sentence).length)
}

function medianLength({ tokenizer }: LanguageModel, { train }: LanguageData): number {
  const lengths = encodedSentences(tokenizer, train).map(each => each.length - 1)
  return lengths.sort((a, b) => a - b)[Math.floor(lengths.length / 2)] ?? 1
}

function countsOf(tokens: Int32Array, size: number): Float64Array {
  const counts = new Float64Array(size)
  for (const token of tokens) counts[token]++
  return counts
}

/** Two sequences from the text, which begin with different tokens where that can be: what they ask can be learned by heart. */
function fewOf(tokens: Int32Array, timeSteps: number): TokenBatch {
  const starts = [0]
  const last = tokens.length - timeSteps - 1
  const other = tokens.findIndex((token, i) => i >= timeSteps && i <= last && token !== tokens[0])
  if (other > 0) starts.push(other)
  return batchAt(tokens, starts, timeSteps, () => true)
}

function batchAt(
  tokens: Int32Array,
  starts: readonly number[],
  timeSteps: number,
  asked: (t: number) => boolean,
): TokenBatch {
  const batchSize = starts.length
  const each = (of: (t: number, start: number) => number) =>
    Int32Array.from({ length: timeSteps * batchSize }, (_, i) => of(Math.floor(i / batchSize), starts[i % batchSize]))
  return {
    inputs: each((t, start) => tokens[start + t]),
    targets: each((t, start) => (asked(t) ? tokens[start + t + 1] : -1)),
    ...{ timeSteps, batchSize },
  }
}

/** Sequences from all over the text, with a loss at the end of each. */
function endsOf(tokens: Int32Array, steps: number): NonNullable<Probe<TokenBatch>['ends']> {
  const room = tokens.length - steps - 1
  const sequences = Math.max(1, Math.min(SEQUENCES, room))
  const starts = Array.from({ length: sequences }, (_, i) => Math.floor((i * room) / sequences))
  return { batch: batchAt(tokens, starts, steps, t => t === steps - 1), steps, sequences }
}
