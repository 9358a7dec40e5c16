/* The trainer: forward, backward, clip, step, and again. It yields to the event loop between steps and can be left at any
 * time; what it keeps in the heap goes back when it ends, however it ends. */
import { platform } from '#platform'
import { parseConfiguration } from '../configuration.js'
import { site } from '../engine/random.js'
import { evaluate } from '../evaluation/perplexity.js'
import { CarriedState } from '../models/carriedState.js'
import type { LanguageModel } from '../models/languageModel.js'
import type { TextSplits } from '../text/corpus.js'
import { Lanes } from '../text/lanes.js'
import { adam, forget, type Optimizer, sgd } from './optimizers.js'
import { type TrainingConfiguration, type TrainingOptions, trainingSchema } from './options.js'
import { trainingStep } from './step.js'

/** How training stands. Losses are mean cross-entropies in nats per token. */
export interface TrainingEvent {
  /** Optimizer steps done. */
  readonly step: number
  /** Steps in all, where that is known (not under a time limit alone). */
  readonly steps: number | undefined
  /** Passes over the training text done. */
  readonly epoch: number
  /** Of the whole run, 0 to 1. */
  readonly fraction: number
  /** Training loss since the last event. */
  readonly loss: number
  /** exp(loss) */
  readonly perplexity: number
  /** On the validation text, where this event has looked at it. */
  readonly validationLoss: number | undefined
  readonly validationPerplexity: number | undefined
  /** Whether that is the best so far. */
  readonly best: boolean
  /** Global norm of the last gradient, before clipping. */
  readonly gradientNorm: number
  readonly learningRate: number
  readonly tokensPerSecond: number
  readonly elapsedSeconds: number
  readonly remainingSeconds: number
}

export interface TrainingResult {
  readonly steps: number
  readonly epochs: number
  /** Training loss at the last event. */
  readonly loss: number
  /** The best on the validation text. */
  readonly validationLoss: number | undefined
  readonly seconds: number
  /** Whether the signal stopped it. */
  readonly stopped: boolean
}

/** A run of training: iterate over its events, or await its result. */
export interface TrainingRun extends AsyncIterable<TrainingEvent, TrainingResult>, PromiseLike<TrainingResult> {}

/** Parts of the corpus that training needs. */
export type TrainingText = Pick<TextSplits, 'train'> & Partial<TextSplits>

/** While training, validation looks at no more than this many tokens: a look costs as much as a third of a step does. */
const VALIDATION_TOKENS = 100_000
const LOOKS = 20
/** Where time is short, looks take no more than this part of it; of a run of steps they are the same on every machine. */
const LOOKING = 0.08

/**
 * Trains a language model on a text. Nothing happens before it is awaited or iterated.
 * @throws ConfigurationError for options that cannot be, NumericError where the loss is no number any more
 */
export function train(model: LanguageModel, text: TrainingText, options: TrainingOptions = {}): TrainingRun {
  const { signal, ...rest } = options
  const configuration = parseConfiguration(trainingSchema, rest, 'train')
  const iterate = () => steps(model, text, configuration, signal)
  return {
    [Symbol.asyncIterator]: iterate,
    // biome-ignore lint/suspicious/noThenProperty: a run can be awaited, as the library promises
    then: (resolve, reject) => finish(iterate()).then(resolve, reject),
  }
}

async function finish(run: AsyncGenerator<TrainingEvent, TrainingResult>): Promise<TrainingResult> {
  for (;;) {
    const { value, done } = await run.next()
    if (done) return value
  }
}

/** The learning rate that a configuration without one gets. */
export const learningRateOf = ({ learningRate, optimizer }: TrainingConfiguration): number =>
  learningRate ?? (optimizer === 'sgd' ? 0.5 : 0.002)

function optimizerOf({ optimizer, momentum, weightDecay }: TrainingConfiguration): Optimizer {
  return optimizer === 'sgd' ? sgd({ momentum, weightDecay }) : adam({ weightDecay, decoupled: optimizer === 'adamw' })
}

async function* steps(
  model: LanguageModel,
  text: TrainingText,
  configuration: TrainingConfiguration,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrainingEvent, TrainingResult> {
  const { engine, trained: parameters } = model
  const { batchSize, timeSteps, minutes, clipNorm, seed } = configuration
  const lanes = new Lanes(text.train.encode(model.tokenizer), { batchSize, timeSteps }, text.train.name)
  const perEpoch = lanes.stretchesPerEpoch
  const epochs = configuration.epochs ?? (configuration.steps || minutes ? Infinity : 10)
  const mostSteps = Math.min(configuration.steps ?? Infinity, Math.ceil(epochs * perEpoch))
  const mostSeconds = (minutes ?? Infinity) * 60
  const optimizer = optimizerOf(configuration)
  const learningRate = learningRateOf(configuration)
  const begun = performance.now()
  const seconds = () => (performance.now() - begun) / 1000
  const progress = () => Math.min(1, Math.max(step / mostSteps, seconds() / mostSeconds))

  let step = 0
  let tokens = 0
  let bestLoss: number | undefined
  let lastLoss = Number.NaN
  let gradientNorm = 0
  let since = { loss: 0, tokens: 0 }
  let looksDone = 0
  let looking = 0
  const memory = optimizer.init(engine, parameters)
  const carried = new CarriedState(engine, () => model.zeroState(batchSize))
  try {
    for (let last = false; !last && !signal?.aborted; ) {
      if (step % perEpoch === 0) carried.reset()
      const stretch = lanes.stretch(step % perEpoch)
      step++
      const draw = { seed, step, site: site.dropout }
      const result = trainingStep(model, stretch, carried, { optimizer, memory, step, learningRate, clipNorm, draw })
      const count = stretch.targets.length
      gradientNorm = result.gradientNorm
      since = { loss: since.loss + result.loss * count, tokens: since.tokens + count }
      await platform.pause()

      last = step >= mostSteps || seconds() >= mostSeconds || signal?.aborted === true
      const dear = minutes !== undefined && looking > LOOKING * seconds()
      const looks =
        text.validation !== undefined && (last || looksDue(configuration, step, progress(), looksDone, dear))
      if (!looks && !last && step % configuration.reportEvery !== 0) continue
      let validationLoss: number | undefined
      if (looks && text.validation && !signal?.aborted) {
        looksDone++
        const before = seconds()
        validationLoss = (await evaluate(model, text.validation, { tokens: VALIDATION_TOKENS })).loss
        looking += seconds() - before
      }
      tokens += since.tokens
      lastLoss = since.loss / since.tokens
      since = { loss: 0, tokens: 0 }
      const best = validationLoss !== undefined && (bestLoss === undefined || validationLoss < bestLoss)
      if (best) bestLoss = validationLoss
      const fraction = last && !signal?.aborted ? 1 : progress()
      const elapsedSeconds = seconds()
      yield {
        step,
        steps: Number.isFinite(mostSteps) ? mostSteps : undefined,
        epoch: step / perEpoch,
        fraction,
        loss: lastLoss,
        perplexity: Math.exp(lastLoss),
        validationLoss,
        validationPerplexity: validationLoss === undefined ? undefined : Math.exp(validationLoss),
        best,
        gradientNorm,
        learningRate,
        tokensPerSecond: tokens / elapsedSeconds,
        elapsedSeconds,
        remainingSeconds: (elapsedSeconds / fraction) * (1 - fraction),
      }
    }
  } finally {
    carried.close()
    forget(engine, memory)
  }
  return {
    steps: step,
    epochs: step / perEpoch,
    loss: lastLoss,
    validationLoss: bestLoss,
    seconds: seconds(),
    stopped: signal?.aborted === true,
  }
}

/** Whether it is time to look at the validation text: at fixed steps, or about twenty times in the run. */
const looksDue = (
  { validateEvery }: TrainingConfiguration,
  step: number,
  progress: number,
  done: number,
  dear: boolean,
): boolean => (validateEvery !== undefined ? step % validateEvery === 0 : !dear && progress * LOOKS >= done + 1)
