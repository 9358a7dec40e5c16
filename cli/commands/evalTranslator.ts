/* recurra eval of a translator: BLEU, chrF and exact matches on pairs, with sacreBLEU's signatures. */
import { z } from 'zod'
import { evaluateTranslator, type Translator } from '../../src/index.js'
import { readPairCorpus } from '../../src/node/index.js'
import { nameOf } from '../../src/node/lines.js'
import { builtInOf } from '../flags/givenData.js'
import {
  bleuSchema,
  measuresOf,
  pairPathOf,
  parallelSchema,
  searchSchema,
  translationLines,
  translationRecord,
} from '../flags/pairFlags.js'
import type { Told } from '../output/output.js'

export const translatorEvalSchema = z.strictObject({
  ...parallelSchema.shape,
  ...searchSchema.shape,
  ...bleuSchema.shape,
  translations: z.boolean().default(false).describe('also writes each translation beside its reference, by tabs'),
})

type Flags = z.output<typeof translatorEvalSchema> & { readonly seed: number }

/** @param data pairs, or the name of a built-in corpus, whose test part is taken */
export async function evalTranslator(model: Translator, data: string | undefined, flags: Flags): Promise<Told> {
  const builtIn = builtInOf('translate', data)
  const path = pairPathOf('eval', { ...flags, data })
  const corpus = builtIn ? builtIn.generate({ seed: flags.seed }).test : await readPairCorpus(path)
  const name = typeof path === 'string' ? nameOf(path) : path.join(', ')
  const { beamSize, lengthPenalty, translations: shown } = flags
  const evaluation = await evaluateTranslator(model, corpus, { beamSize, lengthPenalty, ...measuresOf(flags) })
  const rows = shown
    ? corpus.items.map(({ source, target }, i) => `${source}\t${target}\t${evaluation.translations[i]}\n`)
    : []
  return {
    lines: `${rows.join('')}${name}: ${translationLines(evaluation).join('\n')}\n`,
    record: { ...translationRecord(evaluation), ...(shown && { translations: evaluation.translations }) },
  }
}
