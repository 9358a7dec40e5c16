/* How every `recurra train …` begins: a configuration in YAML, the flags over it, and what is trained on. */
import type { Command } from 'commander'
import { z } from 'zod'
import type { Contradiction } from '../../src/index.js'
import { RunFolder, type RunFolderOptions } from '../../src/node/index.js'
import { readConfiguration } from '../flags/configurationFile.js'
import { givenFlags, readFlags, UsageError } from '../flags/flags.js'

/** Where runs are kept. */
export const PARENT = 'runs'

/** @throws ConfigurationError when `newFolder` cannot make one: known before any work */
export const checkOut = (out: string | undefined) =>
  out === undefined ? RunFolder.checkParent(PARENT) : RunFolder.checkFree(out)

/** Makes a new run's folder: the one that `--out` says, else the first of the verb's that is free. */
export const newFolder = (verb: string, out: string | undefined) => (options: RunFolderOptions) =>
  out === undefined ? RunFolder.createNext(PARENT, verb, options) : RunFolder.create(out, options)

export const configSchema = z.strictObject({
  config: z.string().optional().describe('a configuration in YAML; flags go before it'),
})

export interface TrainInput<S extends z.ZodObject> {
  /** Of the flags. */
  readonly schema: S
  /** What a configuration file may hold; `data` among it. */
  readonly fileSchema: z.ZodObject
  readonly contradictions?: readonly Contradiction[] | undefined
}

/** The flags over the configuration file's values. */
export interface TrainFlags<S extends z.ZodObject> {
  readonly flags: z.output<S>
  /** The data's path, where the command line or the configuration names one. */
  readonly data: string | undefined
  /** Keys that either of them gives; the others have their defaults. */
  readonly given: ReadonlySet<string>
}

/** @throws UsageError with all faults */
export async function readTrainFlags<S extends z.ZodObject>(
  command: Command,
  path: string | undefined,
  { schema, fileSchema, contradictions }: TrainInput<S>,
): Promise<TrainFlags<S>> {
  const asked = givenFlags(command)
  const file = typeof asked.config === 'string' ? await readConfiguration(asked.config, fileSchema) : undefined
  const flags = readFlags(command, schema, { file, contradictions })
  const values = (file?.values ?? {}) as { readonly data?: string }
  return { flags, data: path ?? values.data, given: new Set([...Object.keys(asked), ...Object.keys(values)]) }
}

/**
 * `readTrainFlags` where data must be named.
 * @param input with `wanted`, what is missing where it is not: `a text to train on`
 * @throws UsageError with all faults
 */
export async function readTrainInput<S extends z.ZodObject>(
  command: Command,
  path: string | undefined,
  { wanted, ...input }: TrainInput<S> & { readonly wanted: string },
): Promise<TrainFlags<S> & { readonly data: string }> {
  const { data, ...rest } = await readTrainFlags(command, path, input)
  if (data === undefined)
    throw new UsageError(`train ${command.name()}: FILE is missing; give ${wanted}, or - for standard input`)
  return { ...rest, data }
}
