/* A run of training in progress: the model, what lies in the heap beside it (the optimizer's memory, the carried hidden state,
 * the best weights), and the trainer's state. It does one step, validates, and writes and reads checkpoints; trainer.ts decides
 * when. */
import type { Engine } from '../engine/engine.js'
import type { Tensor } from '../engine/tensor.js'
import { FileFormatError } from '../errors.js'
import type { Parameter } from '../layers/parameter.js'
import { CarriedState } from '../models/shared/carriedState.js'
import { modelToBytes } from '../models/shared/modelFile.js'
import type { Trainable } from '../models/shared/trainable.js'
import { fold, seedKey } from '../random.js'
import { checkpointFromBytes, checkpointToBytes, checkSnapshot, type Snapshot } from './checkpoint.js'
import { nonFiniteMetrics } from './nonFinite.js'
import { AVERAGE, type Optimizer, type OptimizerState, optimizerOf, releaseState } from './optimizers.js'
import type { TrainingConfiguration } from './options.js'
import { learningRateAt } from './schedules.js'
import { EMPTY_WINDOW, initialState, smoothed, type TrainerState } from './state.js'
import { type BatchInStep, type StepResult, trainingStep } from './step.js'
import { teacherForcingAt } from './teacherForcing.js'
import type { Metrics, Sample, TrainingTask } from './trainingTask.js'
import { afterValidation } from './validation.js'

/** An evaluation on the validation data. */
export interface Validation {
  readonly metrics: Metrics
  /** Whether the chosen metric is the best so far. */
  readonly best: boolean
  /** The report of a NaN or an infinity among the metrics. */
  readonly nonFinite: string | undefined
}

export class TrainingSession<Batch> {
  state: TrainerState = initialState
  private readonly engine: Engine
  /** Those that training changes. */
  private readonly parameters: readonly Parameter[]
  private readonly optimizer: Optimizer
  private readonly optimizerState: OptimizerState
  private readonly carried: CarriedState | undefined
  /** All parameters as they were at the best evaluation; only with keepBest. */
  private best: readonly Tensor[] | undefined
  /** Where onNan rollback goes back to. */
  private rollbackPoint: Snapshot | undefined

  /** @param configuration with its defaults resolved */
  constructor(
    readonly model: Trainable<Batch>,
    readonly task: TrainingTask<Batch>,
    readonly configuration: TrainingConfiguration,
  ) {
    this.parameters = model.trained ?? model.parameters
    const [{ engine }] = this.parameters
    this.engine = engine
    this.optimizer = optimizerOf(configuration)
    this.optimizerState = this.optimizer.init(engine, this.parameters)
    const { carriedBatchSize } = task.batches
    try {
      if (carriedBatchSize !== undefined)
        this.carried = new CarriedState(engine, () => model.zeroState?.(carriedBatchSize) ?? [])
    } catch (error) {
      releaseState(engine, this.optimizerState)
      throw error
    }
  }

  /** Epochs done; 1.5 in the middle of the second. */
  get epoch(): number {
    const { epoch, batchIndex } = this.state
    return epoch + batchIndex / this.task.batches.batchesPerEpoch
  }

  /** The learning rate of the next step. */
  learningRate(minutes: number): number {
    const { step, plateau, rollbacks } = this.state
    const time = { step, epoch: this.epoch, minutes, reductions: plateau.reductions }
    return learningRateAt(this.configuration, time) * 0.5 ** rollbacks
  }

  /** The share of the next step's inputs that are true tokens. */
  get teacherForcing(): number {
    return teacherForcingAt(this.configuration, this.state.step)
  }

  /**
   * One optimizer step.
   * @param minutes that the run has trained
   * @throws NonFiniteError when data, loss, gradient or weights hold NaN or infinity
   */
  step(minutes: number): StepResult {
    const { state, configuration, task } = this
    const { step, averageFrom, window } = state
    const { batches, next } = this.nextBatches()
    const result = trainingStep(this.model, batches, this.carried, {
      configuration,
      optimizer: this.optimizer,
      optimizerState: this.optimizerState,
      step: step + 1,
      learningRate: this.learningRate(minutes),
      averageFrom: configuration.averageFrom ?? averageFrom ?? undefined,
      teacherForcing: this.teacherForcing,
      nonFiniteItem: () => task.nonFiniteItem?.('train'),
    })
    this.state = {
      ...state,
      ...next,
      step: step + 1,
      smoothing: smoothed(state.smoothing, result.loss),
      window: {
        loss: window.loss + result.loss * result.count,
        count: window.count + result.count,
        penalty: window.penalty + result.penalty,
        steps: window.steps + 1,
        clipped: window.clipped + (result.clipped ? 1 : 0),
      },
    }
    return result
  }

  /** Leaves out the batches of a failed step; the carried hidden state begins again from zero. */
  skip(): void {
    const { next } = this.nextBatches()
    this.carried?.reset()
    this.state = { ...this.state, ...next, step: this.state.step + 1 }
  }

  /** The batches of the next step, and where the data go on after them. */
  private nextBatches(): { batches: BatchInStep<Batch>[]; next: Pick<TrainerState, 'epoch' | 'batchIndex'> } {
    const { batches: source, numbersOf } = this.task
    let { epoch, batchIndex } = this.state
    const batches: BatchInStep<Batch>[] = []
    for (let k = 0; k < this.configuration.accumulate; k++) {
      const batch = source.batch(epoch, batchIndex)
      // Every batch of a run has its own number: no two have the same random numbers.
      const step = epoch * source.batchesPerEpoch + batchIndex + 1
      const key = fold(seedKey(this.configuration.seed), 'training', step)
      batches.push({ batch, key, startsEpoch: batchIndex === 0, numbers: numbersOf?.(batch) ?? {} })
      batchIndex++
      if (batchIndex === source.batchesPerEpoch) {
        epoch++
        batchIndex = 0
      }
    }
    return { batches, next: { epoch, batchIndex } }
  }

  /** Begins a new window of reported sums. */
  resetWindow(): void {
    this.state = { ...this.state, window: EMPTY_WINDOW }
  }

  /** Evaluates on the validation data, and updates the state by the result; undefined where there are none. */
  async validate(): Promise<Validation | undefined> {
    const { task, configuration } = this
    const metrics = await this.withAverages(async () => task.validate?.())
    if (!metrics) return undefined
    const { state, best } = afterValidation(this.state, metrics, configuration, task.metrics)
    this.state = state
    if (best && configuration.keepBest) await this.withAverages(async () => this.rememberBest())
    const nonFinite = nonFiniteMetrics(state.step, metrics, () => task.nonFiniteItem?.('validation'))
    return { metrics, best, nonFinite }
  }

  /** The model's outputs on the same few validation examples each time. */
  async samples(): Promise<readonly Sample[] | undefined> {
    const { samples } = this.configuration
    return samples > 0 ? await this.withAverages(async () => this.task.samples?.(samples)) : undefined
  }

  private rememberBest(): void {
    const { engine, model } = this
    const best = this.bestTensors()
    model.parameters.forEach(({ value }, i) => void engine.copy(value, best[i]))
  }

  /** Room for the best weights, taken once. */
  private bestTensors(): readonly Tensor[] {
    const { engine, model } = this
    this.best ??= engine.keepTogether(() => model.parameters.map(({ shape }) => engine.keep(shape)))
    return this.best
  }

  private forgetBest(): void {
    for (const tensor of this.best ?? []) this.engine.release(tensor)
    this.best = undefined
  }

  /** Runs `work` on the weights that the run would end with: the averages, once there are some. */
  async withAverages<T>(work: () => Promise<T>): Promise<T> {
    if (!this.hasAverages) return await work()
    this.swapAverages()
    try {
      return await work()
    } finally {
      this.swapAverages()
    }
  }

  private get hasAverages(): boolean {
    const { averageFrom = this.state.averageFrom ?? Infinity } = this.configuration
    return this.state.step > averageFrom && this.optimizerState.some(entry => entry[AVERAGE])
  }

  private swapAverages(): void {
    const { engine } = this
    this.parameters.forEach(({ value }, i) => {
      engine.scope(() => {
        const weights = engine.tensor(value.shape)
        const average = this.optimizerState[i][AVERAGE]
        engine.copy(value, weights)
        engine.copy(average, value)
        engine.copy(weights, average)
      })
    })
  }

  /** The model's file, with the weights that the run would end with, without what training keeps. */
  async modelBytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.withAverages(async () => modelToBytes(this.model.parameters, this.model.fileMetadata?.() ?? {}))
  }

  /** All that is needed to go on from here, as a file. */
  checkpoint(): Uint8Array<ArrayBuffer> {
    const { rollbackPoint, configuration } = this
    const rollback = rollbackPoint?.state === this.state ? undefined : rollbackPoint
    return checkpointToBytes({ snapshot: this.snapshot(), rollback, configuration, metadata: this.metadata })
  }

  /**
   * Goes on from a checkpoint.
   * @throws FileFormatError when the bytes are no checkpoint of this run
   * @throws ConfigurationError when model or options are others
   */
  restore(bytes: Uint8Array): void {
    const { configuration } = this
    const where = 'checkpoint'
    const { snapshot, rollback } = checkpointFromBytes(bytes, where, { configuration, metadata: this.metadata })
    this.check(snapshot, where)
    if (rollback) this.check(rollback, where)
    this.load(snapshot)
    if (configuration.onNan === 'rollback') this.rollbackPoint = rollback ?? snapshot
  }

  private get metadata(): Readonly<Record<string, string>> {
    return this.model.fileMetadata?.() ?? {}
  }

  /** Makes this step the one that onNan rollback goes back to. */
  markRollbackPoint(): void {
    if (this.configuration.onNan === 'rollback') this.rollbackPoint = this.snapshot()
  }

  /** Goes back to the last such step, with half the learning rate. Returns whether there is one. */
  rollBack(): boolean {
    if (!this.rollbackPoint) return false
    const { rollbacks } = this.state
    this.load(this.rollbackPoint)
    this.state = { ...this.state, rollbacks: rollbacks + 1 }
    return true
  }

  private snapshot(): Snapshot {
    const { engine, state } = this
    const tensors = [...this.tensors()].map(
      ([name, tensor]) => [name, { shape: tensor.shape, data: engine.copyOut(tensor) }] as const,
    )
    return { state, tensors: new Map(tensors) }
  }

  private load({ state, tensors }: Snapshot): void {
    if (this.hasBest(state)) this.bestTensors()
    else this.forgetBest()
    for (const [name, tensor] of this.tensors()) {
      const stored = tensors.get(name)
      if (stored && !(stored.data instanceof BigInt64Array)) this.engine.write(tensor, stored.data)
    }
    this.state = state
  }

  private check(snapshot: Snapshot, where: string): void {
    const { batchIndex } = snapshot.state
    const { batchesPerEpoch } = this.task.batches
    if (batchIndex >= batchesPerEpoch)
      throw new FileFormatError(
        `${where}: the next batch of an epoch must be below ${batchesPerEpoch}; got ${batchIndex}; give the data of the run`,
      )
    checkSnapshot(snapshot, this.shapes(snapshot.state), where)
  }

  /** Whether a run in this state holds the weights of its best evaluation. */
  private hasBest({ best }: TrainerState): boolean {
    return this.configuration.keepBest && best !== null
  }

  /** All tensors of the run as it is now, by name. */
  private tensors(): Map<string, Tensor> {
    const { model, parameters, carried, best } = this
    const tensors = new Map(model.parameters.map(({ name, value }) => [`model.${name}`, value]))
    this.optimizerState.forEach((entry, i) => {
      for (const [key, tensor] of Object.entries(entry)) tensors.set(`optimizer.${parameters[i].name}.${key}`, tensor)
    })
    carried?.state.forEach(({ hidden, cell }, k) => {
      tensors.set(`carried.${k}.hidden`, hidden)
      if (cell) tensors.set(`carried.${k}.cell`, cell)
    })
    best?.forEach((tensor, i) => void tensors.set(`best.${model.parameters[i].name}`, tensor))
    return tensors
  }

  /** The shapes of all tensors of the run in a state, by name. */
  private shapes(state: TrainerState): Map<string, readonly number[]> {
    const shapes = new Map<string, readonly number[]>()
    for (const [name, { shape }] of this.tensors()) if (!name.startsWith('best.')) shapes.set(name, shape)
    if (this.hasBest(state)) for (const { name, shape } of this.model.parameters) shapes.set(`best.${name}`, shape)
    return shapes
  }

  /** Gives the model the weights that the run ends with: the best, where they are kept; else the averages, if there are any. */
  finish(): void {
    const { engine, model, best } = this
    if (best) model.parameters.forEach(({ value }, i) => void engine.copy(best[i], value))
    else if (this.hasAverages)
      this.parameters.forEach(({ value }, i) => void engine.copy(this.optimizerState[i][AVERAGE], value))
  }

  /** Gives back what it holds in the heap. */
  close(): void {
    this.carried?.close()
    releaseState(this.engine, this.optimizerState)
    this.forgetBest()
  }
}
