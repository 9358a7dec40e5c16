/* A model as one safetensors file: parameters under PyTorch's names, and in the metadata what is needed to use them:
 * recurra.format, recurra.task, recurra.configuration and, for models of text, recurra.tokenizer (JSON). A checkpoint of
 * training is such a file too: what training remembers stands beside the parameters, in tensors named `training.…`. */
import type { z } from 'zod'
import { type Contradiction, parseConfiguration } from '../../configuration.js'
import { HuggingFaceTokenizer } from '../../data/tokenizers/huggingFaceTokenizer.js'
import { type Tokenizer, tokenizerFromJSON } from '../../data/tokenizers/tokenizer.js'
import { ConfigurationError, FileFormatError } from '../../errors.js'
import { readSafetensors, type StoredTensor, type TensorToWrite, writeSafetensors } from '../../formats/safetensors.js'
import type { Parameter } from '../../layers/parameter.js'

const FORMAT = '1'

/** Tensors with this prefix are training's, not the model's. */
export const TRAINING = 'training.'

export const fileMetadata = (task: string, configuration: object, tokenizer?: Tokenizer): Record<string, string> => ({
  'recurra.format': FORMAT,
  'recurra.task': task,
  'recurra.configuration': JSON.stringify(configuration),
  ...(tokenizer && { 'recurra.tokenizer': JSON.stringify(tokenizer.toJSON()) }),
})

export const parameterTensors = (parameters: readonly Parameter[]): TensorToWrite[] =>
  parameters.map(({ name, shape, value, engine }) => ({ name, shape, data: engine.copyOut(value) }))

export const modelToBytes = (
  parameters: readonly Parameter[],
  metadata: Record<string, string>,
): Uint8Array<ArrayBuffer> => writeSafetensors(parameterTensors(parameters), metadata)

export interface ModelFile<C> {
  readonly configuration: C
  readonly metadata: Readonly<Record<string, string>>
  /** @param key which, of models that have several. Default `tokenizer`. @throws FileFormatError where there is none */
  tokenizer(key?: string): Promise<Tokenizer>
  /**
   * The model that the file describes, filled with its tensors.
   * @param promised parameters that its configuration means: where the file holds others, no memory is taken for them
   * @throws FileFormatError where numbers, names or shapes differ
   */
  into<M extends FilledModel>(promised: number, make: () => M | Promise<M>): Promise<M>
}

interface FilledModel {
  readonly parameters: readonly Parameter[]
  close(): void
}

/** @throws FileFormatError where the bytes are not a model of ours for this task */
export async function modelFromBytes<S extends z.ZodObject>(
  bytes: Uint8Array,
  where: string,
  task: string,
  schema: S,
  contradictions: readonly Contradiction[] = [],
): Promise<ModelFile<z.output<S>>> {
  const { tensors: all, metadata } = readSafetensors(bytes, where, { requireChecksum: true })
  const tensors = new Map([...all].filter(([name]) => !name.startsWith(TRAINING)))
  const entry = (key: string): string => {
    const value = metadata[`recurra.${key}`]
    if (value === undefined)
      throw new FileFormatError(`${where}: the metadata has no recurra.${key}; give a model that recurra saved`)
    return value
  }
  const parsed = (key: string): unknown => {
    try {
      return JSON.parse(entry(key))
    } catch {
      throw new FileFormatError(`${where}: recurra.${key} is not JSON; give a model that recurra saved`)
    }
  }
  if (entry('format') !== FORMAT)
    throw new FileFormatError(
      `${where}: the model's format must be ${FORMAT}; got ${entry('format')}; a newer recurra may read it`,
    )
  if (entry('task') !== task)
    throw new FileFormatError(`${where}: a ${task} is wanted; the file holds a ${entry('task')}`)
  let configuration: z.output<S>
  try {
    configuration = parseConfiguration(schema, parsed('configuration'), 'recurra.configuration', { contradictions })
  } catch (error) {
    if (error instanceof ConfigurationError) throw new FileFormatError(`${where}: ${error.message}`)
    throw error
  }
  return {
    configuration,
    metadata,
    async tokenizer(key = 'tokenizer') {
      if (configuration.unit === 'hugging-face') await HuggingFaceTokenizer.prepare()
      return tokenizerFromJSON(parsed(key), where)
    },
    async into(promised, make) {
      const held = [...tensors.values()].reduce((sum, tensor) => sum + tensor.data.length, 0)
      if (promised !== held)
        throw new FileFormatError(
          `${where}: its configuration means ${promised} parameters; the file holds ${held} numbers`,
        )
      const model = await make()
      try {
        fillParameters(model.parameters, tensors, where)
      } catch (error) {
        model.close()
        throw error
      }
      return model
    },
  }
}

/**
 * Writes stored tensors into parameters; names and shapes must be the same.
 * @throws FileFormatError
 */
export function fillParameters(
  parameters: readonly Parameter[],
  tensors: ReadonlyMap<string, StoredTensor>,
  where: string,
): void {
  const names = new Set(parameters.map(parameter => parameter.name))
  const strange = [...tensors.keys()].find(name => !names.has(name))
  if (strange !== undefined)
    throw new FileFormatError(`${where}: holds a tensor ${strange} that its configuration does not have`)
  for (const { name, shape, value, engine } of parameters) {
    const stored = tensors.get(name)
    if (!stored) throw new FileFormatError(`${where}: the tensor ${name} is missing`)
    if (stored.shape.join() !== shape.join() || stored.data instanceof BigInt64Array)
      throw new FileFormatError(
        `${where}: ${name} must be [${shape.join(', ')}] of real numbers; got ${stored.dtype} [${stored.shape.join(', ')}]`,
      )
    engine.write(value, stored.data)
  }
}
