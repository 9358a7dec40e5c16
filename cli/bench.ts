/* recurra bench: how fast a whole training step is on this machine, beside what the machine can do at most; recurra bench
 * ngram: how fast the n-gram model is; recurra bench text: how fast text becomes tokens. */
import { Command } from 'commander'
import { z } from 'zod'
import { runNGramBench } from '../benchmarks/ngram.js'
import { runTextBench } from '../benchmarks/text.js'
import { runBench } from '../benchmarks/trainingStep.js'
import { dashed } from '../src/configuration.js'
import { commonSchema, engineSchema } from './commonFlags.js'
import { addFlags, givenFlags, readFlags, UsageError } from './flags.js'

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
  const command = new Command('bench')
    .description('measures training steps, the n-gram model or the tokenizers on this machine')
    .argument('[WHAT]', 'training, ngram or text; the flags but --json are training’s', 'training')
  return addFlags(command, schema).action(async (what: string) => {
    const { backend, cell, hiddenSize, threads, instructionSet, json } = readFlags(command, schema)
    if (what === 'ngram' || what === 'text') {
      const strange = Object.keys(givenFlags(command)).find(key => key !== 'json' && key !== 'debug')
      if (strange) throw new UsageError(`bench: --${dashed(strange)} is for training, not for ${what}; leave it out`)
      const run = what === 'ngram' ? runNGramBench : runTextBench
      await run({ json, write: line => void process.stdout.write(`${line}\n`) })
      return
    }
    if (what !== 'training') throw new UsageError(`bench: training, ngram or text can be measured; got ${what}`)
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
