/* Flags that several verbs share. */
import { availableParallelism } from 'node:os'
import { z } from 'zod'
import type { EngineOptions } from '../../src/index.js'

/** What main.ts looks for, whatever else may be wrong; here it is known and described. */
export const commonSchema = z.strictObject({
  quiet: z.boolean().default(false).describe('nothing on standard error but faults'),
  color: z.boolean().default(true).describe('no colours on a terminal; so does the environment variable NO_COLOR'),
  debug: z.boolean().default(false).describe('on a fault, also show the stack trace'),
})

export const jsonSchema = z.strictObject({
  json: z.boolean().default(false).describe('the result as JSON on one line of standard output'),
})

export const engineSchema = z.strictObject({
  backend: z
    .enum(['native', 'wasm', 'reference'])
    .optional()
    .describe('what computes (default: RECURRA_BACKEND, else native where it is built, else wasm)'),
  threads: z.int().min(1).max(64).optional().describe(`threads (default: ${availableParallelism()}, the processors)`),
  instructionSet: z
    .string()
    .optional()
    .describe('sse2, avx2, avx512, neon, simd128 or relaxed-simd128 (default: the best that this machine has)'),
})

export const engineOptionsOf = ({
  backend,
  threads,
  instructionSet,
}: z.output<typeof engineSchema>): EngineOptions => ({
  backend,
  threads,
  instructionSet,
})
