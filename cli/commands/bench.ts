/* recurra bench: how fast a whole training step is on this machine, beside what the machine can do at most; with --peers,
 * beside other libraries; recurra bench neighbours: whether several threads help beside busy processes; recurra bench ngram:
 * how fast the n-gram model is; recurra bench text: how fast text becomes tokens. */
import { Command } from 'commander'
import { z } from 'zod'
import { GROUPS } from '../../benchmarks/comparisons.js'
import { runMemoryBench } from '../../benchmarks/memory.js'
import { runNeighbourBench } from '../../benchmarks/neighbours.js'
import { runNGramBench } from '../../benchmarks/ngram.js'
import { runPeerBench } from '../../benchmarks/peers.js'
import { runProfile } from '../../benchmarks/profile.js'
import { runTextBench } from '../../benchmarks/text.js'
import { runBench } from '../../benchmarks/trainingStep.js'
import { dashed } from '../../src/index.js'
import { commonSchema, engineSchema } from '../flags/commonFlags.js'
import { addFlags, givenFlags, readFlags, UsageError } from '../flags/flags.js'

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
  profile: z.boolean().default(false).describe('every kernel of a step: how long, its share, its speed'),
  memory: z.boolean().default(false).describe('the peak of resident memory, beside PyTorch’s where it is installed'),
  compare: z
    .array(z.enum(GROUPS))
    .optional()
    .describe('with --peers: what is compared; may be given several times (default: all)'),
  rounds: z.int().min(1).max(1000).default(5).describe('with --peers, and of neighbours: turns of each'),
  peersFrom: z
    .string()
    .optional()
    .describe('with --peers: a folder whose node_modules has them (default: the present one)'),
  python: z
    .string()
    .default(process.env.PYTHON || 'python3')
    .describe('with --peers and --memory: the Python that has PyTorch; PYTHON in the environment sets it too'),
  json: z.boolean().default(false).describe('one JSON object a line'),
  ...commonSchema.shape,
})

/** What is measured, and the flags that each takes. */
const OF_TRAINING = ['backend', 'threads', 'instructionSet', 'cell', 'hiddenSize'] as const
const TAKES: Record<string, readonly string[]> = {
  training: OF_TRAINING,
  profile: ['profile', ...OF_TRAINING],
  memory: ['memory', 'cell', 'hiddenSize', 'python'],
  peers: ['peers', 'compare', 'rounds', 'threads', 'peersFrom', 'python'],
  neighbours: ['backend', 'threads', 'rounds'],
  ngram: [],
  text: [],
}

/** What is to be measured; flags that it does not take are refused, as they would change nothing. */
function modeOf(command: Command, what: string, flags: Record<'peers' | 'profile' | 'memory', boolean>): string {
  if (!['training', 'neighbours', 'ngram', 'text'].includes(what))
    throw new UsageError(`bench: training, neighbours, ngram or text can be measured; got ${what}`)
  const chosen = (['peers', 'profile', 'memory'] as const).filter(each => flags[each])
  if (chosen.length > 1)
    throw new UsageError(`bench: --${chosen[0]} and --${chosen[1]} are two measurements; give one of them`)
  const mode = what === 'training' ? (chosen[0] ?? 'training') : what
  const strange = Object.keys(givenFlags(command)).find(key => !['json', 'debug', ...TAKES[mode]].includes(key))
  if (strange) {
    const takers = Object.keys(TAKES).filter(each => TAKES[each].includes(strange))
    const wanted = takers.map(each => (['training', 'neighbours'].includes(each) ? each : `--${each}`)).join(', ')
    const present = chosen.length > 0 ? `--${mode}` : mode
    throw new UsageError(`bench: --${dashed(strange)} is for ${wanted}, not for ${present}; leave it out`)
  }
  return mode
}

export function benchCommand(): Command {
  const command = new Command('bench')
    .description('measures training steps, the n-gram model or the tokenizers on this machine')
    .argument(
      '[WHAT]',
      'training, neighbours, ngram or text; the flags but --json are training’s, and some neighbours’',
      'training',
    )
  return addFlags(command, schema).action(async (what: string) => {
    const { backend, cell, hiddenSize, threads, instructionSet, json, ...flags } = readFlags(command, schema)
    const { compare: groups, rounds, peersFrom, python } = flags
    const write = (line: string) => void process.stdout.write(`${line}\n`)
    const sizes = { cells: cell, hiddenSizes: hiddenSize }
    const engine = { backends: backend, threads, instructionSet }
    const run: Record<string, () => Promise<void>> = {
      training: () => runBench({ ...sizes, ...engine, json, write }),
      profile: () => runProfile({ ...sizes, ...engine, json, write }),
      memory: () => runMemoryBench({ ...sizes, python, json, write }),
      peers: () => runPeerBench({ groups, rounds, peersFrom, python, threads, json, write }),
      neighbours: () => runNeighbourBench({ backends: backend, threads, rounds, json, write }),
      ngram: () => runNGramBench({ json, write }),
      text: () => runTextBench({ json, write }),
    }
    await run[modeOf(command, what, flags)]()
  })
}
