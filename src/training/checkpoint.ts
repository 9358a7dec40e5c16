/* A checkpoint: a model's file with all that training needs to go on as if it had never stopped. Beside the parameters it has
 * tensors named `training.…`, which readers of the model ignore:
 *
 *     training.optimizer.<parameter>.<name>   what the optimizer remembers, under PyTorch's names
 *     training.carried.<layer>.hidden, .cell  the hidden state that the next batch begins from
 *     training.best.<parameter>               the weights of the best evaluation, where keepBest is on
 *     training.rollback.…                     the same once more, as they were at the point that onNan rollback goes back to,
 *                                             where that is not this checkpoint itself
 *
 * The metadata entry recurra.training is JSON: the versions of this format and of the random streams (random.ts), the trainer's
 * state (state.ts) and the options that the run's bits depend on. There is no time in it, no path, and no step where training stops: two runs that have done the same
 * have the same bytes. */
import { z } from 'zod'
import { ConfigurationError, FileFormatError } from '../errors.js'
import { readSafetensors, type StoredTensor, type TensorToWrite, writeSafetensors } from '../formats/safetensors.js'
import { TRAINING } from '../models/shared/modelFile.js'
import { STREAM_VERSION } from '../random.js'
import type { TrainingConfiguration } from './options.js'
import { nonFiniteAsText, stateSchema, type TrainerState } from './state.js'

const METADATA = 'recurra.training'
const VERSION = 2
const ROLLBACK = 'rollback.'
const MODEL = 'model.'

/** Options that change only how long a run lasts or what it reports: a resumed run may have others. */
const FREE_OPTIONS: readonly (keyof TrainingConfiguration)[] = [
  'epochs',
  'steps',
  'minutes',
  'stopAt',
  'patience',
  'validateEvery',
  'reportEvery',
  'checkpointEvery',
  'samples',
  'onNan',
]

/** The options that the run's bits depend on, by name: in whatever order they were written, the bytes are the same. */
const fixedOptions = (configuration: TrainingConfiguration): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(configuration)
      .filter(([key, value]) => value !== undefined && !FREE_OPTIONS.some(free => free === key))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )

/** All that a run is at one step: `model.<parameter>`, `optimizer.…`, `carried.…` and `best.…` by name. */
export interface Snapshot {
  readonly state: TrainerState
  readonly tensors: ReadonlyMap<string, Omit<StoredTensor, 'dtype'>>
}

export interface CheckpointContent {
  readonly snapshot: Snapshot
  /** Where onNan rollback goes back to, if that is not the snapshot itself. */
  readonly rollback?: Snapshot | undefined
  readonly configuration: TrainingConfiguration
  /** The model's own metadata. */
  readonly metadata: Readonly<Record<string, string>>
}

export function checkpointToBytes(content: CheckpointContent): Uint8Array<ArrayBuffer> {
  const { snapshot, rollback, configuration, metadata } = content
  const tensors: TensorToWrite[] = [...snapshot.tensors].map(([name, tensor]) => ({
    name: name.startsWith(MODEL) ? name.slice(MODEL.length) : `${TRAINING}${name}`,
    ...tensor,
  }))
  for (const [name, tensor] of rollback?.tensors ?? [])
    tensors.push({ name: `${TRAINING}${ROLLBACK}${name}`, ...tensor })
  const training = {
    version: VERSION,
    randomStreams: STREAM_VERSION,
    state: snapshot.state,
    ...(rollback && { rollback: rollback.state }),
    options: fixedOptions(configuration),
  }
  return writeSafetensors(tensors, { ...metadata, [METADATA]: JSON.stringify(training, nonFiniteAsText) })
}

/**
 * What a checkpoint holds, for the model and the options that it was made with.
 * @param where the file, for messages
 * @throws FileFormatError when the bytes are no checkpoint, or one of an older or a newer version
 * @throws ConfigurationError when the model's configuration or the options are others
 */
export function checkpointFromBytes(
  bytes: Uint8Array,
  where: string,
  { configuration, metadata: own }: Pick<CheckpointContent, 'configuration' | 'metadata'>,
): Pick<CheckpointContent, 'snapshot' | 'rollback'> {
  const { tensors, metadata } = readSafetensors(bytes, where, { requireChecksum: true })
  const { state, rollback, options } = trainingMetadata(metadata, where)
  const faults = [
    ...differences(jsonObject(metadata['recurra.configuration']), jsonObject(own['recurra.configuration']), 'model'),
    ...differences(options, fixedOptions(configuration), 'option'),
  ]
  if (faults.length > 0)
    throw new ConfigurationError(`train: a resumed run keeps its model and its options: ${faults.join('; ')}`)
  const [now, back] = [new Map<string, StoredTensor>(), new Map<string, StoredTensor>()]
  for (const [name, tensor] of tensors) {
    const inTraining = name.startsWith(TRAINING) ? name.slice(TRAINING.length) : undefined
    if (inTraining === undefined) now.set(`${MODEL}${name}`, tensor)
    else if (inTraining.startsWith(ROLLBACK)) back.set(inTraining.slice(ROLLBACK.length), tensor)
    else now.set(inTraining, tensor)
  }
  if (!rollback && back.size > 0)
    throw new FileFormatError(
      `${where}: holds tensors ${TRAINING}${ROLLBACK}… without their state; the file is damaged`,
    )
  return { snapshot: { state, tensors: now }, rollback: rollback && { state: rollback, tensors: back } }
}

/**
 * The step of a checkpoint, from its file's metadata.
 * @throws FileFormatError when the metadata are no checkpoint's, or those of another version
 */
export const checkpointStep = (metadata: Readonly<Record<string, string>>, where: string): number =>
  trainingMetadata(metadata, where).state.step

/**
 * Checks a snapshot against the shapes of the run's tensors; `engine.write` can then take each of them.
 * @throws FileFormatError when a tensor is missing, has another shape, or is not the run's
 */
export function checkSnapshot(snapshot: Snapshot, shapes: ReadonlyMap<string, readonly number[]>, where: string): void {
  const nameInFile = (name: string) => (name.startsWith(MODEL) ? name.slice(MODEL.length) : `${TRAINING}${name}`)
  const unknown = [...snapshot.tensors.keys()].find(name => !shapes.has(name))
  if (unknown !== undefined)
    throw new FileFormatError(`${where}: holds ${nameInFile(unknown)}, which this run does not have`)
  for (const [name, shape] of shapes) {
    const stored = snapshot.tensors.get(name)
    if (stored && stored.shape.join() === shape.join() && !(stored.data instanceof BigInt64Array)) continue
    const got = stored
      ? `got ${stored.data instanceof BigInt64Array ? 'I64 ' : ''}[${stored.shape.join(', ')}]`
      : 'it is missing'
    throw new FileFormatError(`${where}: ${nameInFile(name)} must be [${shape.join(', ')}] of real numbers; ${got}`)
  }
}

const trainingSchema = z.strictObject({
  version: z.literal(VERSION),
  randomStreams: z.literal(STREAM_VERSION),
  state: stateSchema,
  rollback: stateSchema.optional(),
  options: z.record(z.string(), z.unknown()),
})

function trainingMetadata(
  { [METADATA]: text }: Readonly<Record<string, string>>,
  where: string,
): z.output<typeof trainingSchema> {
  if (text === undefined)
    throw new FileFormatError(
      `${where}: the metadata has no ${METADATA}: this is a model and not a checkpoint; give the run's last.safetensors`,
    )
  const value = jsonObject(text)
  // Version 1 of both had no number.
  const { version = 'state' in value ? undefined : 1, randomStreams = 'state' in value ? 1 : undefined } = value
  checkVersion(`the version of ${METADATA}`, version, VERSION, where)
  checkVersion('the version of its random streams', randomStreams, STREAM_VERSION, where)
  const { success, data, error } = trainingSchema.safeParse(value)
  if (success) return data
  const [{ path }] = error.issues
  throw new FileFormatError(
    `${where}: ${METADATA} must hold the trainer's state; ${path.join('.') || 'it'} is missing or wrong; the file is damaged`,
  )
}

/** @throws FileFormatError for an older or a newer version; what is no number is judged by the schema */
function checkVersion(what: string, version: unknown, wanted: number, where: string): void {
  if (typeof version !== 'number' || version === wanted) return
  const fix =
    version < wanted
      ? 'resume it with the recurra that wrote it, or train on from its weights as a new run'
      : 'a newer recurra may read it'
  throw new FileFormatError(`${where}: ${what} must be ${wanted}; got ${version}; ${fix}`)
}

function jsonObject(text: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
  } catch {
    return {}
  }
}

/** Every key whose values differ, in words. */
function differences(before: Record<string, unknown>, now: Record<string, unknown>, what: string): string[] {
  const shown = (value: unknown) => (value === undefined ? 'none' : JSON.stringify(value))
  return [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .filter(key => JSON.stringify(before[key]) !== JSON.stringify(now[key]))
    .map(key => `the ${what}’s ${key} is ${shown(before[key])} there; got ${shown(now[key])}`)
}
