/* How translations are searched and measured, and how a measurement is reported. */
import { z } from 'zod'
import { decimals, whole } from '../../drawing/figures.js'
import { bleuSmoothings } from '../../evaluation/bleu.js'
import { bleuTokenizers } from '../../evaluation/bleuTokens.js'
import type { TranslationEvaluation } from '../../evaluation/translation.js'

export const searchSchema = z.strictObject({
  beamSize: z.int().min(1).max(1000).default(4).describe('hypotheses followed at once; 1 is greedy'),
  lengthPenalty: z.number().min(0).default(0.6).describe('α of Wu et al. 2016: higher is longer'),
})

export const measuresSchema = z.strictObject({
  tokenize: z.enum(bleuTokenizers).default('13a').describe('how BLEU cuts words'),
  lowercase: z.boolean().default(false).describe('BLEU and chrF take capital letters for small ones'),
  smoothing: z.enum(bleuSmoothings).default('exp').describe('what BLEU makes of an order without a match'),
  smoothingValue: z.number().positive().optional().describe('of floor and add-k (default: 0.1 and 1)'),
  chrfWords: z.int().min(0).max(2).default(0).describe('orders of words in chrF: 2 is chrF++'),
  bootstrap: z.int().min(0).max(100_000).default(1000).describe('samples for the interval; 0: none'),
  bootstrapSeed: z.int().min(0).default(12345).describe('of those samples'),
})

/** How `evaluateTranslator` takes these. */
export function measuresOf(flags: z.output<typeof measuresSchema>) {
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
