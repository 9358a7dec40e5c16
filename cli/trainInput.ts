/* How every `recurra train …` begins: a configuration in YAML, the flags over it, and what is trained on. */
import type { Command } from 'commander'
import { z } from 'zod'
import type { Contradiction } from '../src/configuration.js'
import { readConfiguration } from './configurationFile.js'
import { givenFlags, readFlags, UsageError } from './flags.js'

/** Where runs are kept. */
export const PARENT = 'runs'

export const configSchema = z.strictObject({
  config: z.string().optional().describe('a configuration in YAML; flags go before it'),
})

export interface TrainInput<S extends z.ZodObject> {
  /** Of the flags. */
  readonly schema: S
  /** What a configuration file may hold; `data` among it. */
  readonly fileSchema: z.ZodObject
  readonly contradictions?: readonly Contradiction[] | undefined
  /** What is wanted where neither the command line nor the configuration names data: `a text to train on`. */
  readonly wanted: string
}

/**
 * The flags over the configuration file's values, and the data's path.
 * @throws UsageError with all faults
 */
export async function readTrainInput<S extends z.ZodObject>(
  command: Command,
  path: string | undefined,
  { schema, fileSchema, contradictions, wanted }: TrainInput<S>,
): Promise<{ flags: z.output<S>; data: string }> {
  const { config } = givenFlags(command)
  const file = typeof config === 'string' ? await readConfiguration(config, fileSchema) : undefined
  const flags = readFlags(command, schema, { file, contradictions })
  const data = path ?? (file?.values as { data?: string } | undefined)?.data
  if (data === undefined)
    throw new UsageError(`train ${command.name()}: FILE is missing; give ${wanted}, or - for standard input`)
  return { flags, data }
}
