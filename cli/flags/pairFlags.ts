/* Flags that say where pairs come from, and how translations are searched and measured: of recurra train translate, translate
 * and eval. */
import { z } from 'zod'
import { bleuSmoothings } from '../../src/evaluation/bleu.js'
import { bleuTokenizers } from '../../src/evaluation/bleuTokens.js'
import type { TranslationEvaluation } from '../../src/index.js'
import { decimals, whole } from '../output/output.js'
import { UsageError } from './flags.js'
import { builtInFor } from './givenData.js'

export const parallelSchema = z.strictObject({
  sourceFile: z.string().optional().describe('a file of source sentences, one a line, instead of FILE'),
  targetFile: z.string().optional().describe('a file of their translations, line by line'),
})

/** One file of pairs, or two parallel ones. @throws UsageError for one of two, or for none */
export function pairPathOf(
  verb: string,
  { data, sourceFile: source, targetFile: target }: { data?: string | undefined } & z.output<typeof parallelSchema>,
): string | readonly [string, string] {
  if ((source === undefined) !== (target === undefined))
    throw new UsageError(
      `${verb}: --source-file and --target-file belong together; --${source === undefined ? 'source' : 'target'}-file is missing`,
    )
  if (source !== undefined && target !== undefined) {
    if (data !== undefined)
      throw new UsageError(
        `${verb}: give FILE, or --source-file and --target-file; got ${data} and ${source}, ${target}`,
      )
    return [source, target]
  }
  if (data !== undefined) return data
  throw new UsageError(
    `${verb}: FILE is missing; give pairs set apart by a tab, --source-file and --target-file, or ${builtInFor('translate')}`,
  )
}

export const searchSchema = z.strictObject({
  beamSize: z.int().min(1).max(1000).default(4).describe('hypotheses followed at once; 1 is greedy'),
  lengthPenalty: z.number().min(0).default(0.6).describe('α of Wu et al. 2016: higher is longer'),
})

export const bleuSchema = z.strictObject({
  tokenize: z.enum(bleuTokenizers).default('13a').describe('how BLEU cuts words'),
  lowercase: z.boolean().default(false).describe('BLEU and chrF take capital letters for small ones'),
  smoothing: z.enum(bleuSmoothings).default('exp').describe('what BLEU makes of an order without a match'),
  smoothingValue: z.number().positive().optional().describe('of floor and add-k (default: 0.1 and 1)'),
  chrfWords: z.int().min(0).max(2).default(0).describe('orders of words in chrF: 2 is chrF++'),
  bootstrap: z.int().min(0).max(100_000).default(1000).describe('samples for the interval; 0: none'),
  bootstrapSeed: z.int().min(0).default(12345).describe('of those samples'),
})

/** How `evaluateTranslator` takes these. */
export function measuresOf(flags: z.output<typeof bleuSchema>) {
  const { tokenize, lowercase, smoothing, smoothingValue, chrfWords, bootstrap: samples, bootstrapSeed } = flags
  const bootstrap = samples > 0 ? { samples, seed: bootstrapSeed } : undefined
  return {
    bleu: { tokenize, lowercase, smoothing, smoothingValue, bootstrap },
    chrf: { wordOrder: chrfWords, lowercase, bootstrap },
  }
}

/** An evaluation as JSON has it. */
export const translationRecord = ({ translations, ...record }: TranslationEvaluation) => record

/** An evaluation in lines for people, the first of which says all. */
export function translationLines(evaluation: TranslationEvaluation): string[] {
  const { loss, perplexity, bleu, chrf, exact, pairs, byLength } = evaluation
  const interval = (of: typeof bleu.interval) =>
    of ? ` (μ = ${decimals(of.mean, 2)} ± ${decimals(of.margin, 2)})` : ''
  const classes = byLength.map(
    ({ from, to, pairs, bleu }) =>
      `${Number.isFinite(to) ? `${from}–${to}` : `${from} or more`} words ${decimals(bleu, 2)} (${whole(pairs)})`,
  )
  return [
    `BLEU ${decimals(bleu.score, 2)}${interval(bleu.interval)}, ${chrf.name} ${decimals(chrf.score, 2)}${interval(chrf.interval)}, exact ${decimals(100 * exact, 2)} %, loss ${decimals(loss)}, perplexity ${decimals(perplexity, 2)} (${whole(pairs)} pairs)`,
    `BLEU by the source’s length: ${classes.join(', ')}`,
    `BLEU|${bleu.signature}`,
    `${chrf.name}|${chrf.signature}`,
  ]
}
