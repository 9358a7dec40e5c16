/* A checkpoint: a model's file with all that training needs to go on as if it had never stopped. Beside the parameters
 * stand, in tensors named `training.…`, the optimizer's memory and the carried state; in the metadata, under
 * recurra.training, where the run stands (state.ts) and the options that its course depends on. There is no time in it, no
 * path, and no step where training stops: the same course has the same bytes. */

import { z } from 'zod'
import type { Engine } from '../engine/engine.js'
import type { Tensor } from '../engine/tensor.js'
import { ConfigurationError, FileFormatError } from '../errors.js'
import { readSafetensors, type StoredTensor, type TensorToWrite, writeSafetensors } from '../formats/safetensors.js'
import { fillParameters, parameterTensors, TRAINING } from '../models/shared/modelFile.js'
import type { Trainable } from '../models/shared/trainable.js'
import type { TrainingConfiguration } from './options.js'
import { type Standing, standingSchema } from './state.js'

const METADATA = 'recurra.training'

const contentSchema = z.strictObject({ standing: standingSchema, course: z.record(z.string(), z.unknown()) })

/** Options that say only how long a run goes on, or how often it is looked at: a resumed run may have others. */
const FREE: readonly (keyof TrainingConfiguration)[] = [
  'epochs',
  'steps',
  'minutes',
  'stopAt',
  'patience',
  'keepBest',
  'validateEvery',
  'reportEvery',
  'checkpointEvery',
  'samples',
  'onNan',
]

/** The options that a run's course depends on, by name: in whatever order they were given, the bytes are the same. */
const courseOf = (configuration: TrainingConfiguration): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(configuration)
      .filter(([key, value]) => value !== undefined && !FREE.includes(key as keyof TrainingConfiguration))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )

export interface CheckpointContent {
  readonly model: Trainable<never>
  readonly configuration: TrainingConfiguration
  readonly standing: Standing
  /** What training keeps beside the parameters, by name. */
  readonly kept: ReadonlyMap<string, Tensor>
}

export function checkpointToBytes({
  model,
  configuration,
  standing,
  kept,
}: CheckpointContent): Uint8Array<ArrayBuffer> {
  const { parameters } = model
  const { engine } = parameters[0]
  const tensors: TensorToWrite[] = parameterTensors(parameters)
  for (const [name, tensor] of kept)
    tensors.push({ name: `${TRAINING}${name}`, shape: tensor.shape, data: engine.copyOut(tensor) })
  return writeSafetensors(tensors, {
    ...model.fileMetadata?.(),
    [METADATA]: JSON.stringify({ standing, course: courseOf(configuration) }),
  })
}

/**
 * Takes weights and tensors from a checkpoint.
 * @returns where that run stood
 * @throws FileFormatError where the bytes are no checkpoint, ConfigurationError where model or options are others
 */
export function restoreCheckpoint(
  bytes: Uint8Array,
  { model, configuration, kept }: Omit<CheckpointContent, 'standing'>,
): Standing {
  const where = 'checkpoint'
  const { tensors, metadata } = readSafetensors(bytes, where, { requireChecksum: true })
  if (metadata[METADATA] === undefined)
    throw new FileFormatError(
      `${where}: the metadata has no ${METADATA}: this is a model and not a checkpoint; give the run's last.safetensors`,
    )
  const { standing, course } = parsed(metadata[METADATA], where)
  const own = model.fileMetadata?.()['recurra.configuration']
  const faults = [
    ...differences(json(metadata['recurra.configuration']), json(own), 'model'),
    ...differences(course, courseOf(configuration), 'option'),
  ]
  if (faults.length > 0)
    throw new ConfigurationError(`train: a resumed run keeps its model and its options: ${faults.join('; ')}`)
  const ofTraining = (name: string) => name.startsWith(TRAINING)
  const parameters = new Map([...tensors].filter(([name]) => !ofTraining(name)))
  const others = new Map(
    [...tensors].filter(([name]) => ofTraining(name)).map(([name, tensor]) => [name.slice(TRAINING.length), tensor]),
  )
  fillParameters(model.parameters, parameters, where)
  fillKept(model.parameters[0].engine, kept, others, where)
  return standing
}

function fillKept(
  engine: Engine,
  kept: ReadonlyMap<string, Tensor>,
  stored: ReadonlyMap<string, StoredTensor>,
  where: string,
): void {
  const strange = [...stored.keys()].find(name => !kept.has(name))
  if (strange !== undefined)
    throw new FileFormatError(`${where}: holds ${TRAINING}${strange}, which this run does not have`)
  for (const [name, tensor] of kept) {
    const found = stored.get(name)
    if (!found || found.shape.join() !== tensor.shape.join() || found.data instanceof BigInt64Array)
      throw new FileFormatError(
        `${where}: ${TRAINING}${name} must be [${tensor.shape.join(', ')}]; ${found ? `got [${found.shape.join(', ')}]` : 'it is missing'}`,
      )
    engine.write(tensor, found.data)
  }
}

function parsed(text: string, where: string): { standing: Standing; course: Record<string, unknown> } {
  const value = json(text)
  const found = contentSchema.safeParse(value)
  if (found.success) return found.data
  const [{ path }] = found.error.issues
  throw new FileFormatError(
    `${where}: ${METADATA} must say where the run stands; ${path.join('.') || 'it'} is missing or wrong; a newer recurra may have written it`,
  )
}

function json(text: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Every key that is not the same, in words. */
function differences(before: Record<string, unknown>, now: Record<string, unknown>, what: string): string[] {
  const shown = (value: unknown) => (value === undefined ? 'none' : JSON.stringify(value))
  return [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .filter(key => JSON.stringify(before[key]) !== JSON.stringify(now[key]))
    .map(key => `the ${what}’s ${key} is ${shown(before[key])} there; got ${shown(now[key])}`)
}
