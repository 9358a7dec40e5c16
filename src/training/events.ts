/* What a run of training tells on the way, and at its end. */
import type { Metrics, Sample } from './trainingTask.js'

/** How training stands. Losses of text are mean cross-entropies in nats per token. */
export interface TrainingEvent {
  /** Optimizer steps done. */
  readonly step: number
  /** Steps in all, where that is known (not under a time limit alone). */
  readonly steps: number | undefined
  /** Passes over the training data done. */
  readonly epoch: number
  /** Of the whole run, 0 to 1. */
  readonly fraction: number
  /** Training loss since the last event, without penalties. */
  readonly loss: number
  /** The same with what L1, L2 and activation penalties add. */
  readonly penalizedLoss: number
  /** The loss of all steps, each weighing 0.98 of the one after it. */
  readonly smoothedLoss: number
  /** exp(loss), of a model of text. */
  readonly perplexity: number | undefined
  /** On the validation data, where this event has looked at them. */
  readonly validationLoss: number | undefined
  readonly validationPerplexity: number | undefined
  /** All that was measured there. */
  readonly validation: Metrics | undefined
  /** Whether that is the best so far. */
  readonly best: boolean
  /** Global norm of the last gradient, before clipping. */
  readonly gradientNorm: number
  /** Share of the steps since the last event whose gradient was clipped. */
  readonly clippedShare: number
  /** Of the last step. */
  readonly learningRate: number
  /** Share of steps that the last step fed the truth. */
  readonly teacherForcing: number
  /** Tokens, or sequences. */
  readonly tokensPerSecond: number
  readonly elapsedSeconds: number
  readonly remainingSeconds: number
  /** Validation examples as the model stands, where it looked at validation. */
  readonly samples: readonly Sample[] | undefined
  /** Whether this is a step to which a checkpoint belongs: `run.checkpoint()` gives it. */
  readonly checkpoint: boolean
  /** The message of a step that was broken and was skipped or rolled back. */
  readonly broken: string | undefined
}

export interface TrainingResult {
  readonly steps: number
  readonly epochs: number
  /** Training loss at the last event. */
  readonly loss: number
  /** The best validation loss; or the best of the metric that was asked for. */
  readonly validationLoss: number | undefined
  readonly seconds: number
  /** Whether it ended before what it was to do: by the signal, or at `stopAt`. */
  readonly stopped: boolean
  /** Whether patience ended it. */
  readonly outOfPatience: boolean
}

/** A run of training: iterate over its events, or await its result. Nothing happens before. */
export interface TrainingRun extends AsyncIterable<TrainingEvent, TrainingResult>, PromiseLike<TrainingResult> {
  /** Waits before the next step until `resume`; time does not count meanwhile. */
  pause(): void
  resume(): void
  /** All that is needed to go on from here, as `train(…, { resume })`; while the run is at an event. */
  checkpoint(): Uint8Array<ArrayBuffer>
  /** The file of the model as it would be used now; while the run is at an event. */
  modelBytes(): Promise<Uint8Array<ArrayBuffer>>
}
