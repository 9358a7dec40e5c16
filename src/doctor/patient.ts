/* What the doctor knows of a kind of model: one file a kind (languagePatient.ts, regressorPatient.ts). Whatever a kind has
 * not is left out, and the questions about it are skipped with a reason. */
import type { Engine } from '../engine/engine.js'
import type { BatchSource, Trainable } from '../models/trainable.js'
import type { TrainingConfiguration } from '../training/options.js'

/** A model that can be trained and given back. */
export type ExaminedModel<Batch> = Trainable<Batch> & { readonly engine: Engine; close(): void }

/** What each step of a batch reads and is to give, where both are tokens: to see whether targets stand where they should. */
export interface TokenTargets {
  /** [time, batch] */
  readonly inputs: ArrayLike<number>
  /** [time, batch], −1 where nothing is asked. */
  readonly targets: ArrayLike<number>
  readonly batchSize: number
  /** Steps from an input to its target's own input: 1 for a language model; undefined where targets are no inputs. */
  readonly shift?: number | undefined
}

/** The values of one layer's units over many steps. */
export interface LayerActivity {
  /** In words: `layer 0`, `layer 1’s forget gate`. */
  readonly name: string
  readonly units: number
  /** [steps, units] */
  readonly values: Float64Array
  /** σ whose value it is. */
  readonly activation: 'tanh' | 'sigmoid' | 'relu'
  /** Whether it stands in a gated cell, where a value at an end of σ is a decision. */
  readonly gated: boolean
}

export interface Patient<Batch> {
  /** Of the model, for people: `lstm, 2 layers of 256`. */
  readonly name: string
  /** What a model of this kind is called. */
  readonly kind: string
  readonly model: ExaminedModel<Batch>
  /** Whether its weights have been trained; else it stands as it began. */
  readonly trained: boolean
  /** Resolved. */
  readonly training: TrainingConfiguration
  /** The model's own keys, as a configuration file has them. */
  readonly configuration: Readonly<Record<string, unknown>>
  /** The same weights on an engine. The caller closes it. */
  copy(engine: Engine): Promise<ExaminedModel<Batch>>
  /** The same configuration with weights as they begin. The caller closes it. */
  fresh(engine: Engine): Promise<ExaminedModel<Batch>>
  /** Training data in batches small enough for trials. */
  readonly batches: BatchSource<Batch>
  /** A few short sequences: for the gradient check, and to be learned by heart. */
  readonly few: Batch
  /** Steps over which gradients go back in training. */
  readonly stretch: number
  /** Sequences of `stretch` steps, with one loss at the end of each. */
  readonly ends?:
    | {
        readonly batch: Batch
        readonly steps: number
        readonly sequences: number
      }
    | undefined
  /** Values of hidden units on data that are not trained on, at some hundred steps. */
  activity?(): Promise<readonly LayerActivity[]>
  /** Mean loss of the model as it stands, on as much of the training and the validation data as is quick. */
  losses(): Promise<{ readonly training: number; readonly validation: number | undefined }>
  /** The loss on the same validation data of a model that knows nothing of what came before. */
  readonly baseline?: { readonly loss: number; readonly name: string } | undefined
  /** Validation losses of the run that made it, in order, where they are known. */
  readonly history?: readonly number[] | undefined
  readonly output?:
    | {
        readonly rows: number
        readonly parameters: number
        /** How often each row is a target in the training data. */
        readonly seen: ArrayLike<number>
        /** Whether a count limits the rows, as minCount does. */
        readonly limitable: boolean
      }
    | undefined
  /** Batches to see whether targets stand where they should. */
  targets?(): readonly TokenTargets[]
  /** Numbers asked for, [items, outputs], and their names: whether there is something to learn. */
  readonly numbers?: { readonly values: Float64Array; readonly outputs: number } | undefined
  /** Lengths in tokens of the training text's sentences, and what a stretch of it holds. */
  readonly sentences?: { readonly lengths: ArrayLike<number>; readonly timeSteps: number } | undefined
}
