/* A configuration in YAML, whose keys are a schema's: what --config names. */
import type { z } from 'zod'
import { RecurraError } from '../../src/index.js'
import { parseYAML, readTextFile } from '../../src/node/index.js'
import { type ConfigurationFile, UsageError } from './flags.js'

/** @param schema of the whole file, which may hold more than flags say */
export async function readConfiguration(path: string, schema: z.ZodObject): Promise<ConfigurationFile> {
  try {
    return { path, schema, values: parseYAML(await readTextFile(path), path) ?? {} }
  } catch (error) {
    throw error instanceof RecurraError ? new UsageError(error.message, { cause: error }) : error
  }
}
