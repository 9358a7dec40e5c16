/* recurra bench: how fast a whole training step is on this machine, beside what the machine can do at most; with --peers,
 * beside other libraries; recurra bench ngram: how fast the n-gram model is; recurra bench text: how fast text becomes
 * tokens. */
import { Command } from 'commander'
import { z } from 'zod'
import { GROUPS } from '../benchmarks/comparisons.js'
import { runNGramBench } from '../benchmarks/ngram.js'
import { runPeerBench } from '../benchmarks/peers.js'
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
  peers: z
    .boolean()
    .default(false)
    .describe(
      'takes turns with PyTorch, TensorFlow.js, jax-js, onnxruntime-node and a browser, where they are installed',
    ),
  compare: z
    .array(z.enum(GROUPS))
    .optional()
    .describe('with --peers: what is compared; may be given several times (default: all)'),
  rounds: z.int().min(1).max(1000).default(5).describe('with --peers: turns of each'),
  peersFrom: z
    .string()
    .optional()
    .describe('with --peers: a folder whose node_modules has them (default: the present one)'),
  python: z
    .string()
    .default(process.env.PYTHON || 'python3')
    .describe('with --peers: the Python that has PyTorch; PYTHON in the environment sets it too'),
  json: z.boolean().default(false).describe('one JSON object a line'),
  ...commonSchema.shape,
})

export function benchCommand(): Command {
  const command = new Command('bench')
    .description('measures training steps, the n-gram model or the tokenizers on this machine')
    .argument('[WHAT]', 'training, ngram or text; the flags but --json are training’s', 'training')
  return addFlags(command, schema).action(async (what: string) => {
    const { backend, cell, hiddenSize, threads, instructionSet, json, ...flags } = readFlags(command, schema)
    const write = (line: string) => void process.stdout.write(`${line}\n`)
    if (what === 'ngram' || what === 'text') {
      const strange = Object.keys(givenFlags(command)).find(key => key !== 'json' && key !== 'debug')
      if (strange) throw new UsageError(`bench: --${dashed(strange)} is for training, not for ${what}; leave it out`)
      const run = what === 'ngram' ? runNGramBench : runTextBench
      await run({ json, write })
      return
    }
    if (what !== 'training') throw new UsageError(`bench: training, ngram or text can be measured; got ${what}`)
    if (flags.peers) {
      const { compare: groups, rounds, peersFrom, python } = flags
      await runPeerBench({ groups, rounds, peersFrom, python, threads, json, write })
      return
    }
    await runBench({
      backends: backend,
      threads,
      instructionSet,
      cells: cell,
      hiddenSizes: hiddenSize,
      json,
      write,
    })
  })
}
