/* What a run of training reports on the way and at its end. */
import type { Metrics, Sample } from './trainingTask.js'

/** The progress of training. Losses of text are mean cross-entropies in nats per token. */
export interface TrainingEvent {
  /** Optimizer steps done. */
  readonly step: number
  /** Steps of the whole run; undefined under a time limit alone. */
  readonly steps: number | undefined
  /** Passes over the training data done; 1.5 in the middle of the second. */
  readonly epoch: number
  /** Share of the run that is done, 0 to 1. */
  readonly fraction: number
  /** Mean training loss since the last event, without penalties. */
  readonly loss: number
  /** The same with what L1, L2 and activation penalties add. */
  readonly penalizedLoss: number
  /** Weighted mean of all steps' losses; each step weighs 0.98 of the next one. */
  readonly smoothedLoss: number
  /** exp(loss), for models of text. */
  readonly perplexity: number | undefined
  /** Loss on the validation data, where this event has validated. */
  readonly validationLoss: number | undefined
  readonly validationPerplexity: number | undefined
  /** All validation metrics, where this event has validated. */
  readonly validation: Metrics | undefined
  /** Whether the chosen metric is the best so far; never where it is NaN or infinite. */
  readonly best: boolean
  /** Global norm of the last gradient, before clipping. */
  readonly gradientNorm: number
  /** Share of the steps since the last event whose gradient was clipped. */
  readonly clippedShare: number
  /** Learning rate of the last step. */
  readonly learningRate: number
  /** Share of the last step's inputs that were true tokens. */
  readonly teacherForcing: number
  /** Tokens, or sequences, per second. */
  readonly tokensPerSecond: number
  readonly elapsedSeconds: number
  readonly remainingSeconds: number
  /** Outputs on validation examples, where this event has validated. */
  readonly samples: readonly Sample[] | undefined
  /** Whether a checkpoint is due: `run.checkpoint()` makes it. */
  readonly checkpoint: boolean
  /** Where a NaN or an infinity came from: of a step that was skipped or rolled back, or of a validation metric. */
  readonly nonFinite: string | undefined
}

export interface TrainingResult {
  readonly steps: number
  readonly epochs: number
  /** Training loss at the last event. */
  readonly loss: number
  /** The lowest finite validation loss; undefined where there was none. */
  readonly validationLoss: number | undefined
  readonly seconds: number
  /** Whether it ended early: by the signal, or at `stopAt`. */
  readonly stopped: boolean
  /** Whether patience ended it. */
  readonly outOfPatience: boolean
}

/** A run of training: iterate over its events, or await its result. Nothing happens before. */
export interface TrainingRun extends AsyncIterable<TrainingEvent, TrainingResult>, PromiseLike<TrainingResult> {
  /** Waits before the next step until `resume`; that time does not count. */
  pause(): void
  resume(): void
  /**
   * All that is needed to go on from here, for `train(…, { resume })`.
   * @throws ConfigurationError when the run is not at an event
   */
  checkpoint(): Uint8Array<ArrayBuffer>
  /**
   * The file of the model with the weights that the run would end with.
   * @throws ConfigurationError when the run is not at an event
   */
  modelBytes(): Promise<Uint8Array<ArrayBuffer>>
}
