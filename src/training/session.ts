/* A run under way: the model, what lies in the heap beside it (the optimizer's memory, the carried state), and where the run
 * stands. It does one step, looks at validation, writes a checkpoint and goes back to one; what comes when is the trainer's
 * business. */
import type { Engine } from '../engine/engine.js'
import type { Tensor } from '../engine/tensor.js'
import { FileFormatError } from '../errors.js'
import type { Parameter } from '../layers/parameter.js'
import { CarriedState } from '../models/shared/carriedState.js'
import { modelToBytes } from '../models/shared/modelFile.js'
import type { Trainable } from '../models/shared/trainable.js'
import { site } from '../random.js'
import { checkpointToBytes, restoreCheckpoint } from './checkpoint.js'
import { AVERAGE, forget, type Optimizer, type OptimizerState, optimizerOf } from './optimizers.js'
import type { TrainingConfiguration } from './options.js'
import { learningRateAt, plateauAfter } from './schedules.js'
import { atTheStart, type Standing, smoothed } from './state.js'
import { type DrawnBatch, type StepResult, trainingStep } from './step.js'
import { teacherForcingAt } from './teacherForcing.js'
import type { Metrics, Sample, TrainingTask } from './trainingTask.js'

export class TrainingSession<Batch> {
  standing: Standing = atTheStart
  private readonly engine: Engine
  private readonly parameters: readonly Parameter[]
  private readonly optimizer: Optimizer
  private readonly memory: OptimizerState
  private readonly carried: CarriedState | undefined
  /** What the weights were when they did best. */
  private best: Tensor[] | undefined

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
    this.memory = this.optimizer.init(engine, this.parameters)
    const { carriedBatchSize } = task.batches
    try {
      if (carriedBatchSize !== undefined)
        this.carried = new CarriedState(engine, () => model.zeroState?.(carriedBatchSize) ?? [])
    } catch (error) {
      forget(engine, this.memory)
      throw error
    }
  }

  /** Epochs done, with their part. */
  get epoch(): number {
    const { epoch, index } = this.standing
    return epoch + index / this.task.batches.batchesPerEpoch
  }

  /** The learning rate of the step that follows. */
  learningRate(minutes: number): number {
    const { step, plateau, rollbacks } = this.standing
    const moment = { step, epoch: this.epoch, minutes, falls: plateau.falls }
    return learningRateAt(this.configuration, moment) * 0.5 ** rollbacks
  }

  /** The share of steps that the step that follows feeds the truth. */
  get teacherForcing(): number {
    return teacherForcingAt(this.configuration, this.standing.step)
  }

  /**
   * One step.
   * @throws BrokenNumbers
   */
  step(minutes: number): StepResult {
    const { standing, configuration } = this
    const { step, averageFrom } = standing
    const { epoch, index, batches } = this.nextBatches()
    const result = trainingStep(this.model, batches, this.carried, {
      configuration,
      optimizer: this.optimizer,
      memory: this.memory,
      step: step + 1,
      learningRate: this.learningRate(minutes),
      averageFrom: configuration.averageFrom ?? averageFrom ?? undefined,
      teacherForcing: this.teacherForcing,
    })
    const { window } = standing
    this.standing = {
      ...standing,
      ...{ step: step + 1, epoch, index },
      smoothing: smoothed(standing.smoothing, result.loss),
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

  /** Leaves the batches of a broken step out; a carried state begins anew. */
  skip(): void {
    const { epoch, index } = this.nextBatches()
    this.carried?.reset()
    this.standing = { ...this.standing, step: this.standing.step + 1, epoch, index }
  }

  /** The batches of the step that follows, and the place after them. */
  private nextBatches(): { batches: DrawnBatch<Batch>[]; epoch: number; index: number } {
    const { batches: source, numbersOf } = this.task
    let { epoch, index } = this.standing
    const batches: DrawnBatch<Batch>[] = []
    for (let k = 0; k < this.configuration.accumulate; k++) {
      const batch = source.batch(epoch, index)
      // A number of its own for every batch of a run: what is drawn for one is drawn for no other.
      const step = epoch * source.batchesPerEpoch + index + 1
      const draw = { seed: this.configuration.seed, step, site: site.dropout }
      batches.push({ batch, draw, begins: index === 0, numbers: numbersOf?.(batch) ?? {} })
      index++
      if (index === source.batchesPerEpoch) {
        epoch++
        index = 0
      }
    }
    return { batches, epoch, index }
  }

  /** Looks at validation and draws what follows from it. Returns whether it is the best by the metric so far. */
  async look(): Promise<{ metrics: Metrics; best: boolean } | undefined> {
    const { task, configuration } = this
    const metrics = await this.withAverages(async () => task.validate?.())
    if (!metrics) return undefined
    const { standing } = this
    const { metric, schedulePatience, averagePatience, optimizer } = configuration
    const value = metrics[metric]
    const sign = task.metrics[metric] === 'max' ? -1 : 1
    const best = standing.best === null || sign * value < sign * standing.best.value
    const averaging = optimizer === 'asgd' && configuration.averageFrom === undefined && standing.averageFrom === null
    // Merity, Keskar & Socher 2018, algorithm 1: worse than the best of all looks but the last few.
    const earlier = standing.losses.slice(0, -averagePatience)
    const triggered = averaging && earlier.some(loss => metrics.loss > loss)
    this.standing = {
      ...standing,
      plateau: plateauAfter(standing.plateau, metrics.loss, schedulePatience),
      best: best ? { value, step: standing.step } : standing.best,
      looksSinceBest: best ? 0 : standing.looksSinceBest + 1,
      leastLoss: Math.min(standing.leastLoss ?? Infinity, metrics.loss),
      losses: averaging ? [...standing.losses, metrics.loss] : [],
      averageFrom: triggered ? standing.step : standing.averageFrom,
    }
    if (best && configuration.keepBest) await this.withAverages(async () => this.rememberBest())
    return { metrics, best }
  }

  /** The same few validation examples, as the model stands. */
  async samples(): Promise<readonly Sample[] | undefined> {
    const { samples } = this.configuration
    return samples > 0 ? await this.withAverages(async () => this.task.samples?.(samples)) : undefined
  }

  private rememberBest(): void {
    const { engine, model } = this
    this.best ??= engine.keepTogether(() => model.parameters.map(({ shape }) => engine.keep(shape)))
    model.parameters.forEach(({ value }, i) => {
      engine.copy(value, (this.best as Tensor[])[i])
    })
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
    const { averageFrom = this.standing.averageFrom ?? Infinity } = this.configuration
    return this.standing.step > averageFrom && this.memory.some(each => each[AVERAGE])
  }

  private swapAverages(): void {
    const { engine } = this
    this.parameters.forEach(({ value }, i) => {
      engine.scope(() => {
        const kept = engine.tensor(value.shape)
        engine.copy(value, kept)
        engine.copy(this.memory[i][AVERAGE], value)
        engine.copy(kept, this.memory[i][AVERAGE])
      })
    })
  }

  /** The model's file as it would be used: with averaged weights, where they are averaged; without what training keeps. */
  async modelBytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.withAverages(async () => modelToBytes(this.model.parameters, this.model.fileMetadata?.() ?? {}))
  }

  checkpoint(): Uint8Array<ArrayBuffer> {
    return checkpointToBytes({ ...this.content, standing: this.standing })
  }

  /** Goes back, or on, to a checkpoint. */
  restore(bytes: Uint8Array): void {
    const standing = restoreCheckpoint(bytes, this.content)
    const { batchesPerEpoch } = this.task.batches
    if (standing.index >= batchesPerEpoch)
      throw new FileFormatError(
        `checkpoint: the next batch of an epoch must be below ${batchesPerEpoch}; got ${standing.index}; give the data of the run`,
      )
    this.standing = standing
  }

  private get content() {
    const kept = new Map<string, Tensor>()
    this.memory.forEach((entry, i) => {
      for (const [key, tensor] of Object.entries(entry)) kept.set(`optimizer.${this.parameters[i].name}.${key}`, tensor)
    })
    this.carried?.state.forEach(({ hidden, cell }, k) => {
      kept.set(`carried.${k}.hidden`, hidden)
      if (cell) kept.set(`carried.${k}.cell`, cell)
    })
    return { model: this.model as Trainable<never>, configuration: this.configuration, kept }
  }

  /** Gives the model the weights that it is to end with. */
  finish(): void {
    const { engine, model, best } = this
    if (best) model.parameters.forEach(({ value }, i) => void engine.copy(best[i], value))
    else if (this.hasAverages)
      this.parameters.forEach(({ value }, i) => void engine.copy(this.memory[i][AVERAGE], value))
  }

  /** Gives back what it keeps in the heap. */
  close(): void {
    const { engine } = this
    this.carried?.close()
    forget(engine, this.memory)
    for (const tensor of this.best ?? []) engine.release(tensor)
    this.best = undefined
  }
}
