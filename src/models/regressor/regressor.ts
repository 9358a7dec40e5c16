/* The recurrent regressor: reads a sequence of numbers and gives numbers at its end.
 *
 *     h_t = σ(U x_t + W h_{t−1} + b)         recurrent layers: src/cells/elman.ts, gru.ts, lstm.ts
 *     y = V h_T + c                          output layer, once the sequence has been read
 *     E = mean (y − target)², or Huber's     src/layers/regressionLoss.ts
 *
 * It adds the two marked numbers of a long list (Hochreiter & Schmidhuber 1997), or foretells a time series some steps ahead
 * from a window of its past. */
import { platform } from '#platform'
import { parseConfiguration } from '../../configuration.js'
import type { ItemCorpus, NumberSequence } from '../../data/corpora/items.js'
import type { Engine } from '../../engine/engine.js'
import type { Tensor } from '../../engine/tensor.js'
import { lastHidden } from '../../layers/dilation.js'
import { Linear } from '../../layers/linear.js'
import type { Parameter } from '../../layers/parameter.js'
import { Recurrent } from '../../layers/recurrent.js'
import { regressionLoss } from '../../layers/regressionLoss.js'
import { fold, Random, seedKey } from '../../random.js'
import { engineFor, type ModelEngineOptions } from '../shared/modelEngine.js'
import { fileMetadata, modelFromBytes } from '../shared/modelFile.js'
import { recurrentContradictions } from '../shared/recurrentOptions.js'
import { SavedModel } from '../shared/savedModel.js'
import type { BatchLoss, LossPass, Trainable } from '../shared/trainable.js'
import { checkSequence, extentsOf, type NumberBatch, numberBatch, type Scale, type Scales, scaleOf } from './batches.js'
import {
  type RegressorConfiguration,
  type RegressorOptions,
  regressorFileSchema,
  regressorLayers,
  regressorParameterCount,
  regressorSchema,
} from './options.js'

const TASK = 'regressor'

export interface RegressorCreation extends RegressorOptions, ModelEngineOptions {
  /** The sequences that say how many numbers go in and come out, and on what scales. */
  readonly corpus: ItemCorpus<NumberSequence>
  /** Of the weights' start. Default 1. */
  readonly seed?: number | undefined
}

/** Sequences that `predict` reads at once. */
const AT_ONCE = 256

export class Regressor extends SavedModel implements Trainable<NumberBatch> {
  readonly parameters: readonly Parameter[]
  /** Of what it reads and gives. */
  readonly scales: Scales
  private readonly recurrent: Recurrent
  private readonly output: Linear

  private constructor(
    engine: Engine,
    readonly configuration: RegressorConfiguration,
  ) {
    super(engine, 'Regressor')
    const { inputMeans, inputDeviations, targetMeans, targetDeviations } = configuration
    this.scales = {
      inputs: { means: inputMeans, deviations: inputDeviations },
      targets: { means: targetMeans, deviations: targetDeviations },
    }
    engine.heap.ensureRoom(regressorParameterCount(configuration) * engine.backend.elementBytes)
    const inputs = configuration.projSize ?? configuration.hiddenSize
    const made = engine.keepTogether(() => ({
      recurrent: new Recurrent(engine, regressorLayers(configuration)),
      output: new Linear(engine, { inputs, outputs: targetMeans.length, name: 'output' }),
    }))
    this.recurrent = made.recurrent
    this.output = made.output
    this.parameters = this.owned([made.recurrent, made.output])
  }

  /**
   * A new model for sequences as the corpus has them, with random weights.
   * @throws ConfigurationError for an option that cannot be, or sequences that differ in their numbers
   */
  static async create(creation: RegressorCreation): Promise<Regressor> {
    const { corpus, seed = 1, engine, backend, threads, instructionSet, ...options } = creation
    const asked = parseConfiguration(regressorSchema, options, 'Regressor.create', {
      contradictions: recurrentContradictions,
    })
    const { features, outputs } = extentsOf(corpus)
    const plain = (count: number): Scale => ({ means: Array(count).fill(0), deviations: Array(count).fill(1) })
    const inputs = asked.standardize
      ? scaleOf(
          features,
          corpus.items.map(each => each.inputs),
        )
      : plain(features)
    const targets = asked.standardize
      ? scaleOf(
          outputs,
          corpus.items.map(each => each.targets),
        )
      : plain(outputs)
    const model = new Regressor(await engineFor({ engine, backend, threads, instructionSet }), {
      ...asked,
      inputMeans: [...inputs.means],
      inputDeviations: [...inputs.deviations],
      targetMeans: [...targets.means],
      targetDeviations: [...targets.deviations],
    })
    const random = new Random(fold(seedKey(seed), 'initialisation'))
    model.recurrent.initialise(random, asked.initialisation, asked.forgetBias)
    model.output.initialise(random)
    return model
  }

  /**
   * A model from a file that `save` wrote.
   * @param from path in Node, address on a page, or the bytes themselves
   * @throws FileFormatError where the bytes are not such a model
   */
  static async load(from: string | URL | Uint8Array, options: ModelEngineOptions = {}): Promise<Regressor> {
    const bytes = from instanceof Uint8Array ? from : await platform.readBytes(from)
    const where = from instanceof Uint8Array ? 'model' : String(from)
    const file = await modelFromBytes(bytes, where, TASK, regressorFileSchema, recurrentContradictions)
    const promised = regressorParameterCount(file.configuration)
    return file.into(promised, async () => new Regressor(await engineFor(options), file.configuration))
  }

  fileMetadata(): Record<string, string> {
    return fileMetadata(TASK, this.configuration)
  }

  /** The mean loss of a batch, in the model's scale. To be called in a scope. */
  loss(batch: NumberBatch, pass: LossPass = {}): BatchLoss {
    const { engine, configuration } = this
    const { predictions, hidden } = this.forward(batch, pass)
    const targets = engine.from(batch.targets, predictions.shape)
    return {
      loss: regressionLoss(engine, predictions, targets, configuration),
      count: batch.batchSize,
      hidden,
      lengths: batch.lengths,
    }
  }

  private forward(batch: NumberBatch, { key, observer }: LossPass): { predictions: Tensor; hidden: Tensor } {
    this.checkOpen()
    const { engine, scales } = this
    const { timeSteps, batchSize, lengths } = batch
    const x = engine.from(batch.inputs, [timeSteps, batchSize, scales.inputs.means.length])
    const start = this.recurrent.zeroState(batchSize)
    const { output, state } = this.recurrent.forward(x, start, { lengths, key, observer })
    // The last layer's state is that of each sequence's own end.
    return { predictions: this.output.forward(lastHidden(engine, state[state.length - 1])), hidden: output }
  }

  /**
   * The numbers that each sequence asks for, in their own scale.
   * @throws ConfigurationError for a sequence with other features than the model's
   */
  async predict(sequences: readonly Pick<NumberSequence, 'inputs' | 'features'>[]): Promise<Float64Array[]> {
    const { engine, scales } = this
    const { means, deviations } = scales.targets
    const outputs = means.length
    const asked = sequences.map(each => ({ ...each, targets: new Float64Array(outputs) }))
    for (const [i, each] of asked.entries())
      checkSequence(each, { features: scales.inputs.means.length, outputs }, `Regressor.predict: sequence ${i}`)
    const answers: Float64Array[] = []
    for (let from = 0; from < asked.length; from += AT_ONCE) {
      const batch = numberBatch(asked.slice(from, from + AT_ONCE), scales)
      const read = engine.scope(() => engine.read(this.forward(batch, {}).predictions))
      for (let b = 0; b < batch.batchSize; b++)
        answers.push(read.slice(b * outputs, (b + 1) * outputs).map((y, k) => y * deviations[k] + means[k]))
      await platform.pause()
    }
    return answers
  }
}
