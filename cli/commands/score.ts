/* recurra score MODEL FILE: the log-probability of each line, or of each of its tokens, written as KenLM's query does; and the
 * perplexity of all lines. */
import { Command } from 'commander'
import { z } from 'zod'
import { NGram, type NGramTokenScore, scoreTokens, TextCorpus, type TokenScore } from '../../src/index.js'
import { decimals, visible, whole } from '../../src/inspection/index.js'
import { readCorpus } from '../../src/node/index.js'
import { commonSchema, engineOptionsOf, engineSchema } from '../flags/commonFlags.js'
import { addFlags, readFlags, UsageError } from '../flags/flags.js'
import { type OpenPredictor, predictors } from '../flags/modelKinds.js'
import { modelArgument, takesModels, withModel } from '../flags/models.js'
import { write } from '../output/output.js'
import { report } from '../output/report.js'

const schema = z.strictObject({
  text: z.string().optional().describe('the text itself'),
  tokens: z.boolean().default(false).describe('each token too: word=id, length of the longest match, log10'),
  json: z.boolean().default(false).describe('one JSON object a line, with every token where --tokens is given'),
  ...engineSchema.shape,
  ...commonSchema.shape,
})

export function scoreCommand(): Command {
  const command = new Command('score')
    .description(
      'tells the log-probability (log10) of each line, its end included, and the perplexity of all; lines do not know each other',
    )
    .argument('<MODEL>', modelArgument)
    .argument('[FILE]', 'a text in UTF-8; - is standard input')
  return addFlags(takesModels(command, predictors), schema).action(async (path: string, file: string | undefined) => {
    const flags = readFlags(command, schema)
    if ((file === undefined) === (flags.text === undefined))
      throw new UsageError(`score: give a FILE or --text, ${flags.text === undefined ? 'one of them' : 'not both'}`)
    const corpus = flags.text === undefined ? await readCorpus(file as string) : new TextCorpus(flags.text, '--text')
    await withModel(command, path, engineOptionsOf(flags), predictors, async model => {
      const all = { log10Probability: 0, tokens: 0 }
      for (const line of corpus.lines()) {
        const scores = scoresOf(model, line)
        await write(`${shown(line, scores, flags)}\n`)
        all.log10Probability += totalOf(scores)
        all.tokens += scores.length
      }
      if (!flags.json) report(`perplexity ${decimals(perplexityOf(all), 2)} (${whole(all.tokens)} tokens)\n`)
    })
  })
}

type Score = TokenScore & Partial<NGramTokenScore>

const scoresOf = (model: OpenPredictor, line: string): Score[] =>
  model instanceof NGram ? model.score(line) : scoreTokens(model, line)

const totalOf = (scores: readonly Score[]): number => scores.reduce((sum, score) => sum + score.log10Probability, 0)

/** exp(mean −log p) */
const perplexityOf = ({ log10Probability, tokens }: { readonly log10Probability: number; readonly tokens: number }) =>
  10 ** (-log10Probability / tokens)

function shown(line: string, scores: readonly Score[], { tokens, json }: { tokens: boolean; json: boolean }): string {
  const text = line.replace(/\n$/, '')
  const log10Probability = totalOf(scores)
  const unknown = scores.filter(score => score.unknown).length
  if (json) {
    const record = {
      text,
      logProbability: log10Probability * Math.LN10,
      log10Probability,
      perplexity: perplexityOf({ log10Probability, tokens: scores.length }),
      tokens: scores.length,
      unknown,
    }
    return JSON.stringify(tokens ? { ...record, scores } : record)
  }
  const total = `Total: ${number(log10Probability)} OOV: ${unknown}`
  if (!tokens) return total
  return [...scores.map(tokenShown), total].join('\t')
}

/** As KenLM's query: word=id length log10. A recurrent model has no longest match, so its tokens have no length. */
function tokenShown({ text, token, matched, log10Probability }: Score): string {
  return [`${visible(text)}=${token}`, matched, number(log10Probability)].filter(part => part !== undefined).join(' ')
}

const number = (value: number) => (Number.isFinite(value) ? String(Number(value.toPrecision(8))) : '-inf')
