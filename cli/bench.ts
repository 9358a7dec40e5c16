/* recurra bench: how fast a whole training step is on this machine, beside what the machine can do at most. */
import { Command } from 'commander'
import { z } from 'zod'
import { runBench } from '../benchmarks/trainingStep.js'
import { commonSchema, engineSchema } from './commonFlags.js'
import { addFlags, readFlags } from './flags.js'

const schema = z.strictObject({
  backend: z
    .array(z.enum(['native', 'wasm', 'reference']))
    .optional()
    .describe('native, wasm or reference; may be given several times (default: native and wasm)'),
  threads: engineSchema.shape.threads,
  instructionSet: engineSchema.shape.instructionSet,
  cell: z
    .array(z.enum(['elman', 'gru', 'lstm']))
    .optional()
    .describe('elman, gru or lstm; may be given several times (default: all)'),
  hiddenSize: z
    .array(z.int().min(1).max(65536))
    .optional()
    .describe('units of each layer; may be given several times (default: 128, 256 and 512)'),
  json: z.boolean().default(false).describe('one JSON object a line'),
  ...commonSchema.shape,
})

export function benchCommand(): Command {
  const command = new Command('bench').description('measures training steps on this machine')
  return addFlags(command, schema).action(async () => {
    const { backend, cell, hiddenSize, threads, instructionSet, json } = readFlags(command, schema)
    await runBench({
      backends: backend,
      threads,
      instructionSet,
      cells: cell,
      hiddenSizes: hiddenSize,
      json,
      write: line => void process.stdout.write(`${line}\n`),
    })
  })
}
