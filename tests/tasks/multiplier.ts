/* A task that recurra does not have: the next number of a sequence, y = w x. It is made of the library's parts alone, to show
 * that a task is one object: nothing in src/ or cli/ knows it. */

import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { parseConfiguration } from '../../src/configuration.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { linear } from '../../src/engine/operations/operations.js'
import { type BatchSource, defineTask, FileFormatError, type Trainable, trainingSchema } from '../../src/index.js'
import { Parameter } from '../../src/layers/parameter.js'
import { regressionLoss } from '../../src/layers/regressionLoss.js'
import { fileMetadata, modelFromBytes } from '../../src/models/shared/modelFile.js'
import { SavedModel } from '../../src/models/shared/savedModel.js'

type Steps = readonly (readonly [x: number, y: number])[]

const modelSchema = z.strictObject({ start: z.number().default(1).describe('w before training') })

class Multiplier extends SavedModel implements Trainable<Steps> {
  readonly weight: Parameter
  readonly parameters: readonly Parameter[]

  constructor(
    engine: Engine,
    readonly configuration: z.output<typeof modelSchema>,
  ) {
    super(engine, 'Multiplier')
    this.weight = new Parameter(engine, 'output.weight', [1, 1])
    this.parameters = this.owned([{ parameters: [this.weight] }])
    engine.write(this.weight.value, Float64Array.of(configuration.start))
  }

  static async load(from: string | Uint8Array, engine: Engine): Promise<Multiplier> {
    const bytes = typeof from === 'string' ? await readFile(from) : from
    const where = typeof from === 'string' ? from : 'model'
    const file = await modelFromBytes(bytes, where, 'multiplier', modelSchema)
    return file.into(1, () => new Multiplier(engine, file.configuration))
  }

  fileMetadata(): Record<string, string> {
    return fileMetadata('multiplier', this.configuration)
  }

  loss(batch: Steps) {
    const { engine } = this
    const shape = [batch.length, 1]
    const x = engine.from(
      batch.map(([x]) => x),
      shape,
    )
    const y = engine.from(
      batch.map(([, y]) => y),
      shape,
    )
    const options = { loss: 'squared', huberDelta: 1 } as const
    return {
      loss: regressionLoss(engine, linear(engine, x, this.weight.value), y, options),
      count: batch.length,
    }
  }

  /** Mean squared error. */
  error(steps: Steps): number {
    const w = this.engine.read(this.weight.value)[0]
    return steps.reduce((sum, [x, y]) => sum + (w * x - y) ** 2, 0) / steps.length
  }
}

interface Splits {
  readonly train: Steps
  readonly validation: Steps
  readonly test: Steps
}

const isSplits = (data: unknown): data is Splits =>
  typeof data === 'object' && data !== null && 'train' in data && Array.isArray(data.train)

function stepsOf(text: string, where: string): Steps {
  const numbers = text
    .split('\n')
    .filter(line => line !== '')
    .map(Number)
  if (numbers.length < 8 || numbers.some(Number.isNaN))
    throw new FileFormatError(`${where}: there must be 8 numbers or more, one a line`)
  return numbers.slice(1).map((y, i) => [numbers[i], y])
}

const batchesOf = (steps: Steps): BatchSource<Steps> => ({ batchesPerEpoch: 1, batch: () => steps })

const METRICS = { loss: 'min' } as const
const form = z.strictObject({
  factor: z.number().default(1).describe('what the numbers of the file are multiplied by'),
})
const training = trainingSchema.pick({
  ...{ epochs: true, steps: true, stopAt: true, optimizer: true, learningRate: true, seed: true },
  ...{ validateEvery: true, reportEvery: true, checkpointEvery: true, samples: true, keepBest: true },
})
const schema = z.strictObject({
  data: z.string().optional().describe('the numbers'),
  ...form.shape,
  ...modelSchema.shape,
  ...training.shape,
})

const scaled = (steps: Steps, factor: number): Steps => steps.map(([x, y]) => [factor * x, factor * y])

export const multiplierTask = defineTask({
  name: 'multiplier',
  verb: 'multiply',
  summary: 'trains a multiplier: a number in, the next one out',
  dataArgument: 'numbers, one a line',
  wantedData: 'numbers to train on',
  dataDescription: '{ train, validation, test }, each a list of [x, y]',
  isModel: (model): model is Multiplier => model instanceof Multiplier,
  isData: isSplits,
  ...{ schema, training, dataForm: form, evaluation: form, flags: z.strictObject({}) },
  contradictions: [],
  metrics: METRICS,
  ...{ feedsItself: false, readsText: false, crossEntropy: false },
  async read({ data: path = '-', factor }, reader) {
    const { text } = await reader.text(path)
    const steps = scaled(stepsOf(text, path), factor)
    const cut = Math.floor(steps.length / 2)
    const data: Splits = { train: steps.slice(0, cut), validation: steps.slice(cut, -1), test: steps.slice(-1) }
    return { data, name: path, line: `numbers: ${steps.length} steps`, content: () => [text] }
  },
  create: async ({ values: { start }, engine }) =>
    new Multiplier(engine, parseConfiguration(modelSchema, { start }, 'multiplier')),
  load: async (from, { engine, ...options }) => Multiplier.load(from, engine ?? (await openEngine(options))),
  throughputUnit: () => 'numbers',
  trainingTask: (model, { train, validation }) => ({
    ...{ batches: batchesOf(train), metrics: METRICS, isText: false },
    validate: async () => ({ loss: model.error(validation) }),
  }),
  async test(model, { test }) {
    const loss = model.error(test)
    return { loss, lines: `error ${loss.toFixed(4)}`, record: { loss } }
  },
  async evaluate(model, path = '-', { factor }, reader) {
    const loss = model.error(scaled(stepsOf((await reader.text(path)).text, path), factor))
    return { lines: `${path}: error ${loss.toFixed(4)}\n`, record: { loss } }
  },
  line: ({ parameterCount }) => `model: y = w x, ${parameterCount} parameter`,
  remarks: () => ['w is all that it has'],
  probe: (model, { train, validation }, { training: options = {}, trained = true, history }) => {
    const resolved = trainingSchema.parse({ learningRate: 0.01, ...options })
    return {
      ...{ name: 'y = w x', task: 'multiplier', model, trained, training: { ...resolved, learningRate: 0.01 } },
      ...{
        configuration: model.configuration,
        history,
        batches: batchesOf(train),
        few: train.slice(0, 2),
        segmentLength: 1,
      },
      copy: engine => Multiplier.load(model.toBytes(), engine),
      fresh: async engine => new Multiplier(engine, model.configuration),
      activity: () => [],
      baselines: async () => [],
      losses: async () => ({ training: model.error(train), validation: model.error(validation) }),
    }
  },
})
