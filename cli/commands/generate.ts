/* recurra generate MODEL: continues a text, on standard output as it is drawn; or several times, or the likeliest that a beam
 * finds. */
import { Command } from 'commander'
import { z } from 'zod'
import type { Continuation, GeneratedToken, Reading } from '../../src/index.js'
import { decimals } from '../../src/inspection/index.js'
import { readFileBytes } from '../../src/node/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from '../flags/commonFlags.js'
import { addFlags, asUsage, givenFlags, readFlags, UsageError } from '../flags/flags.js'
import { type OpenPredictor, predictors } from '../flags/modelKinds.js'
import { modelArgument, takesModels, withModel } from '../flags/models.js'
import { checkFree, writeNew } from '../output/outFile.js'
import { write } from '../output/output.js'

const schema = z.strictObject({
  prompt: z.string().optional().describe('the text to continue'),
  text: z.string().optional().describe('the same as --prompt'),
  length: z.int().min(0).default(300).describe('tokens at most'),
  minLength: z.int().min(0).default(0).describe('no stop text ends anything before so many tokens'),
  temperature: z.number().positive().default(1).describe('under 1 bolder, over 1 more even'),
  topK: z.int().min(1).optional().describe('only the K likeliest (default: all)'),
  topP: z.number().positive().max(1).default(1).describe('only the likeliest that together reach this probability'),
  greedy: z.boolean().default(false).describe('always the likeliest'),
  repetitionPenalty: z.number().min(1).default(1).describe('above 1, what stands there already is less likely'),
  beamSize: z.int().min(1).max(1000).optional().describe('the likeliest that a beam so wide finds (default: draws)'),
  lengthPenalty: z.number().min(0).default(0).describe('of --beam-size: α of Wu et al. 2016'),
  n: z.int().min(1).max(100_000).default(1).describe('continuations'),
  seed: z.int().min(0).default(1).describe('same seed, same text'),
  stop: z.array(z.string()).optional().describe('end before this text; may be given several times'),
  logprobs: z.boolean().default(false).describe('each token on a line of its own, after its log-probability in nats'),
  loadState: z.string().optional().describe('a file that --save-state wrote: the prompt goes on from there'),
  saveState: z.string().optional().describe('a new file: what has been read and written, to go on from'),
  ...jsonSchema.shape,
  ...engineSchema.shape,
  ...commonSchema.shape,
})

type Flags = z.output<typeof schema>

/** What a beam search chooses without. */
const drawing = ['temperature', 'topK', 'topP', 'greedy', 'seed'] as const

export function generateCommand(): Command {
  const command = new Command('generate').description('continues a text').argument('<MODEL>', modelArgument)
  return addFlags(takesModels(command, predictors), schema).action(async (path: string) => {
    const flags = readFlags(command, schema)
    checkFlags(flags, givenFlags(command))
    if (flags.saveState !== undefined) await checkFree(flags.saveState)
    const state = flags.loadState === undefined ? undefined : await readFileBytes(flags.loadState)
    await withModel(command, path, engineOptionsOf(flags), predictors, async model => {
      const reading = await asUsage(() => model.read({ from: state }))
      try {
        if (flags.n === 1 && flags.beamSize === undefined) await one(model, reading, flags)
        else await several(model, reading, flags)
        if (flags.saveState !== undefined) await writeNew(flags.saveState, reading.save())
      } finally {
        reading.close()
      }
    })
  })
}

function checkFlags({ prompt, text, n, beamSize, saveState }: Flags, given: Record<string, unknown>): void {
  const fault = (message: string) => new UsageError(`generate: ${message}`)
  if (prompt !== undefined && text !== undefined) throw fault('--prompt and --text mean the same; give one of them')
  const drawn = drawing.find(key => key in given)
  if (beamSize !== undefined && drawn)
    throw fault(`--beam-size draws nothing, so it excludes --${drawn.replace(/[A-Z]/g, c => `-${c.toLowerCase()}`)}`)
  if (beamSize === undefined && 'lengthPenalty' in given) throw fault('--length-penalty needs --beam-size')
  if (beamSize !== undefined && n > beamSize) throw fault(`--n must be at most --beam-size, ${beamSize}; got ${n}`)
  if (saveState !== undefined && (n > 1 || beamSize !== undefined))
    throw fault('--save-state saves one text; leave --n and --beam-size out')
}

const promptOf = ({ prompt, text }: Flags) => prompt ?? text ?? ''

/** One continuation, as it is drawn. */
async function one(model: OpenPredictor, reading: Reading, flags: Flags): Promise<void> {
  const prompt = promptOf(flags)
  const streamed = !flags.logprobs && !flags.json
  const tokens: GeneratedToken[] = []
  const onToken = (token: GeneratedToken) => {
    if (!streamed) tokens.push(token)
  }
  if (streamed) await write(prompt)
  let text = ''
  await asUsage(async () => {
    for await (const piece of model.generate({ ...flags, prompt, reading, onToken })) {
      if (streamed) await write(piece)
      else text += piece
    }
  })
  const logProbability = tokens.reduce((sum, each) => sum + each.logProbability, 0)
  await write(streamed ? '\n' : shown({ text, tokens, logProbability }, flags))
}

/** Each under a head of its own, with its log-probability; where there is one, alone. */
async function several(model: OpenPredictor, reading: Reading, flags: Flags): Promise<void> {
  const found = await asUsage(() => model.continuations({ ...flags, prompt: promptOf(flags), reading }))
  for (const [i, each] of found.entries()) {
    if (found.length > 1 && !flags.json)
      await write(`--- ${i + 1} of ${found.length}: log-probability ${decimals(each.logProbability)}\n`)
    await write(shown(each, flags))
  }
}

function shown({ text, tokens, logProbability }: Continuation, flags: Flags): string {
  const { json, logprobs } = flags
  if (json) return `${JSON.stringify({ prompt: promptOf(flags), text, logProbability, ...(logprobs && { tokens }) })}\n`
  if (!logprobs) return `${promptOf(flags)}${text}\n`
  return tokens.map(each => `${decimals(each.logProbability, 4)}\t${JSON.stringify(each.text)}\n`).join('')
}
