/* What the doctor knows of a kind of model: one file a kind (languageProbe.ts, classifierProbe.ts, …). Whatever a kind
 * has not is left out, and the questions about it are skipped with a reason. */
import type { Engine } from '../engine/engine.js'
import type { BatchSource, Trainable } from '../models/shared/trainable.js'
import type { TrainingConfiguration } from '../training/options.js'
import type { Fix } from './examination.js'

/** What is known of a model beside itself and its data. */
export interface ProbeOptions {
  /** As the model was, or is to be, trained: keys of the training configuration; defaults for the others. */
  readonly training?: object | undefined
  /** Whether the model has been trained. Default true. */
  readonly trained?: boolean | undefined
  /** Validation losses of its run. */
  readonly history?: readonly number[] | undefined
}

/** A model that can be trained and given back. */
export type ExaminedModel<Batch> = Trainable<Batch> & { readonly engine: Engine; close(): void }

/** What each step of a batch reads and is to give, where both are tokens of one text: to see whether targets stand where they
 * should, which is a step on. */
export interface TokenTargets {
  /** [time, batch] */
  readonly inputs: ArrayLike<number>
  /** [time, batch], −1 where nothing is asked. */
  readonly targets: ArrayLike<number>
  readonly batchSize: number
}

/** What counting finds of classes, by how many places these are moved against what they are of. */
export interface Counted {
  readonly shift: number
  /** The mean over classes of the share that is found, held out; chance is 1 / classes. */
  readonly found: number
  /** By how many standard deviations of chance it is above chance. */
  readonly deviations: number
}

/** Classes that are asked for: labels of texts, tags of words. */
export interface Classes {
  readonly called: 'label' | 'tag'
  /** How often each of the model's stands in the training data. */
  readonly counts: ReadonlyMap<string, number>
  /** Those of the data that the model has not. */
  readonly strange: readonly string[]
  /** Of the texts, those that stand there again with another label. Default 0. */
  readonly contradicting?: number | undefined
  /** What counting words finds of them; left out where there are too few to say. */
  readonly counted?: readonly Counted[] | undefined
}

/** Pairs of texts: whether one is the other's translation. */
export interface Pairs {
  readonly count: number
  /** Of the pairs, those whose target is the source itself. */
  readonly equal: number
  /** Of the pairs, those that have the commonest target. */
  readonly commonest: number
  /** How the lengths of sources and of targets so many lines on go together: correlations. */
  readonly apart: readonly { readonly shift: number; readonly correlation: number }[]
}

/** What a model must do better than. */
export interface Baseline {
  readonly name: string
  /** On the same validation data. */
  readonly loss: number
  /** What is said of a model that does not; default that it has learned only frequencies. */
  readonly means?: string | undefined
  /** Before the others. */
  readonly fixes?: readonly Fix[] | undefined
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

export interface Probe<Batch> {
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
        /** Whether layers that read from the end have their loss at the beginning. Default false: they are left out. */
        readonly bothEnds?: boolean | undefined
        /** Whether a loss may well rest on its own step alone, so that gates that close are no fault. Default false. */
        readonly local?: boolean | undefined
      }
    | undefined
  /** Why there are no such sequences. */
  readonly noEnds?: string | undefined
  /** What else would carry gradients past many steps. */
  readonly shorterWays?: readonly Fix[] | undefined
  /** Values of hidden units on data that are not trained on, at some hundred steps. */
  activity?(): Promise<readonly LayerActivity[]>
  /** Mean loss of the model as it stands, on as much of the training and the validation data as is quick. */
  losses(): Promise<{ readonly training: number; readonly validation: number | undefined }>
  /** What it must do better than; none where there are no validation data. */
  baselines?(): Promise<readonly Baseline[]>
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
  readonly classes?: Classes | undefined
  readonly pairs?: Pairs | undefined
  /** Lengths in tokens of the training data's sentences or texts, and how long they may be. */
  readonly sentences?:
    | {
        readonly lengths: ArrayLike<number>
        readonly most: number
        /** What becomes of a longer one: its state is carried over a cut, its end is not read, it is not trained on. */
        readonly longer: 'carried' | 'cut' | 'left out'
      }
    | undefined
}
