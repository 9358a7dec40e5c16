/* What the doctor knows of a model: a probe. A task says what is particular to it (src/tasks/<task>/probe.ts); `probeOf` adds
 * what all have. What a task leaves out is not asked, and the examination says why. */
import { median } from '../data/statistics.js'
import type { Engine } from '../engine/engine.js'
import type { BatchSource } from '../models/shared/trainable.js'
import { resolved, type TrainingConfiguration, trainingSchema } from '../training/options.js'
import { activityOf, type LayerActivity } from './activity.js'
import type { Fix } from './fix.js'
import type { ModelUnderTest } from './modelUnderTest.js'

/** Sequences in a batch of a trial at most. */
export const TRIAL_BATCH = 32
/** Items of a corpus that losses are the mean of, at most. */
export const EVALUATED_ITEMS = 1000
/** Items whose hidden units are observed. */
export const OBSERVED_ITEMS = 32
/** Sequences on which gradients are followed back. */
export const FOLLOWED_SEQUENCES = 8
/** Steps of the few sequences of the gradient check, which are also to be learned by heart. */
export const FEW_STEPS = 16
/** Steps over which gradients are followed back at most. */
export const LONGEST_SEGMENT = 200

/** What is known of a model beside itself and its data. */
export interface ProbeOptions {
  /** As the model was, or is to be, trained: keys of the training configuration; defaults for the others. */
  readonly training?: object | undefined
  /** Whether the model has been trained. Default true. */
  readonly trained?: boolean | undefined
  /** Validation losses of its run. */
  readonly history?: readonly number[] | undefined
}

/** What each step of a batch reads and is to predict, where both are tokens of one text: targets should stand a step on. */
export interface TokenTargets {
  /** [time, batch] */
  readonly inputs: ArrayLike<number>
  /** [time, batch], −1 where there is none. */
  readonly targets: ArrayLike<number>
  readonly batchSize: number
}

/** What counting finds of classes that are moved along the sentences they are of. */
export interface ClassCounting {
  /** By how many places they are moved. */
  readonly shift: number
  /** The mean over classes of their recall, held out; chance is 1 / classes. */
  readonly recall: number
  /** By how many standard errors it is above chance; an error counts texts or sentences, not words. */
  readonly deviations: number
  /** By how many standard errors it is above what is found where the classes stand. */
  readonly gain: number
}

/** Classes that are to be predicted: labels of texts, tags of words. */
export interface Classes {
  readonly called: 'label' | 'tag'
  /** How often each of the model's stands in the training data. */
  readonly counts: ReadonlyMap<string, number>
  /** Those of the data that the model has not. */
  readonly unknown: readonly string[]
  /** Share of the texts that stand there again with another label. Default 0. */
  readonly contradicting?: number | undefined
  /** What counting words finds of them; left out where there are too few to say. */
  readonly countings?: readonly ClassCounting[] | undefined
}

/** Pairs of texts: whether one is the other's translation. */
export interface Pairs {
  readonly count: number
  /** Share of the pairs whose target is the source itself. */
  readonly equal: number
  /** Share of the pairs that have the commonest target. */
  readonly commonest: number
  /** Correlations of the lengths of sources with those of targets so many lines on. */
  readonly apart: readonly { readonly shift: number; readonly correlation: number }[]
}

/** What a model must do better than. */
export interface Baseline {
  readonly name: string
  /** On the same validation data. */
  readonly loss: number
  /** What is said of a model that does no better; default that it has learned only frequencies. */
  readonly means?: string | undefined
  /** Before the others. */
  readonly fixes?: readonly Fix[] | undefined
}

/** Sequences with one loss at the end of each. */
export interface SequenceEnds<Batch> {
  readonly batch: Batch
  readonly steps: number
  readonly sequences: number
  /** Whether layers that read from the end have their loss at the beginning. Default false: they are left out. */
  readonly bothEnds?: boolean | undefined
  /** Whether a loss may rest on its own step alone, so that gates that close are no fault. Default false. */
  readonly local?: boolean | undefined
  /** Whether the loss sees the whole sequence through its last state alone. Default false. */
  readonly lastStateAlone?: boolean | undefined
}

/** A batch whose hidden units are observed. */
export interface ObservedBatch<Batch> {
  readonly batch: Batch
  readonly time: number
  readonly batchSize: number
  /** Of the sequences; default all steps. */
  readonly lengths?: Int32Array | undefined
}

/** What is particular to a task. */
export interface ProbeParts<Batch, Corpus> {
  /** Of the task: `language model`. */
  readonly task: string
  readonly model: ModelUnderTest<Batch>
  /** The model's own keys, as a configuration file has them. */
  readonly configuration: Readonly<Record<string, unknown>> & {
    readonly cell: string
    readonly numLayers: number
    readonly hiddenSize: number
    readonly nonlinearity: 'tanh' | 'relu' | 'sigmoid'
  }
  /** Of its shape, beside layers: `pooling last`. */
  readonly details?: readonly string[] | undefined
  /** Of the model, whose hidden units are observed: `the encoder`. Default the whole. */
  readonly part?: string | undefined
  readonly data: { readonly train: Corpus; readonly validation?: Corpus | undefined }
  /** Training data in batches small enough for trials. */
  readonly batches: BatchSource<Batch>
  /** A few short sequences: for the gradient check, and to be learned by heart. */
  readonly few: Batch
  /** Steps over which gradients go back in training: see `segmentLengthOf`. */
  readonly segmentLength: number
  readonly ends?: SequenceEnds<Batch> | undefined
  /** Why there are no such sequences. */
  readonly noEnds?: string | undefined
  /** What else would carry gradients past many steps. */
  readonly shorterWays?: readonly Fix[] | undefined
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
  /** Numbers that are to be predicted, [items, outputs]: whether there is something to learn. */
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
  /** The same weights on an engine. The caller closes it. */
  copy(engine: Engine): Promise<ModelUnderTest<Batch>>
  /** The same configuration with weights as they begin. The caller closes it. */
  fresh(engine: Engine): Promise<ModelUnderTest<Batch>>
  /** Mean loss of the model as it stands, on as much of a corpus as is quick. */
  lossOn(corpus: Corpus): Promise<number>
  /** What it must do better than on validation data. */
  baselinesOn(validation: Corpus): Promise<readonly Baseline[]> | readonly Baseline[]
  /** Some sequences of a corpus, at some hundred steps. */
  observed(corpus: Corpus): ObservedBatch<Batch>
  /** Batches to see whether targets stand where they should. */
  targets?(): readonly TokenTargets[]
}

export interface Probe<Batch>
  extends Omit<ProbeParts<Batch, never>, 'configuration' | 'data' | 'lossOn' | 'baselinesOn' | 'observed'> {
  /** The model's own keys, as a configuration file has them. */
  readonly configuration: Readonly<Record<string, unknown>>
  /** Of the model, for people: `lstm, 2 layers of 256`. */
  readonly name: string
  /** Whether its weights have been trained; else it stands as it began. */
  readonly trained: boolean
  /** Resolved. */
  readonly training: TrainingConfiguration
  /** Validation losses of the run that made it, in order, where they are known. */
  readonly history?: readonly number[] | undefined
  /** Values of hidden units on data that are not trained on, at some hundred steps. */
  activity(): readonly LayerActivity[]
  /** Mean losses of the model as it stands. */
  losses(): Promise<{ readonly training: number; readonly validation: number | undefined }>
  /** What it must do better than; none where there are no validation data. */
  baselines(): Promise<readonly Baseline[]>
}

/** A training configuration, complete. */
export const trainingOf = ({ training = {} }: ProbeOptions): TrainingConfiguration =>
  resolved(trainingSchema.parse(training))

/** Half of the sequences are longer; but gradients are followed back no further than LONGEST_SEGMENT. */
export const segmentLengthOf = (lengths: ArrayLike<number>): number =>
  lengths.length === 0 ? 1 : Math.max(1, Math.min(LONGEST_SEGMENT, median(lengths)))

export function probeOf<Batch, Corpus>(
  options: ProbeOptions,
  { data, lossOn, baselinesOn, observed, ...parts }: ProbeParts<Batch, Corpus>,
): Probe<Batch> {
  const { train, validation } = data
  const { cell, numLayers, hiddenSize, nonlinearity } = parts.configuration
  const layers = `${numLayers === 1 ? '1 layer' : `${numLayers} layers`} of ${hiddenSize}`
  return {
    ...parts,
    name: [`${cell}, ${layers}`, ...(parts.details ?? [])].join(', '),
    trained: options.trained ?? true,
    training: trainingOf(options),
    history: options.history,
    activity() {
      const { batch, ...shape } = observed(validation ?? train)
      const activity = activityOf(parts.model, batch, shape, nonlinearity)
      return parts.part === undefined
        ? activity
        : activity.map(layer => ({ ...layer, name: `${parts.part}’s ${layer.name}` }))
    },
    losses: async () => ({
      training: await lossOn(train),
      validation: validation && (await lossOn(validation)),
    }),
    baselines: async () => (validation ? baselinesOn(validation) : []),
  }
}
