/* recurra eval of a translator: BLEU, chrF and exact matches on pairs, with sacreBLEU's signatures. */
import { z } from 'zod'
import { evaluateTranslator, Translator } from '../src/index.js'
import { readPairCorpus } from '../src/node/itemFiles.js'
import { nameOf } from '../src/node/lines.js'
import { engineOptionsOf, type engineSchema } from './commonFlags.js'
import { write } from './output.js'
import {
  bleuSchema,
  builtInOf,
  generatedPairs,
  measuresOf,
  pairPathOf,
  parallelSchema,
  searchSchema,
  translationLines,
  translationRecord,
} from './pairFlags.js'

export const translatorEvalSchema = z.strictObject({
  ...parallelSchema.shape,
  ...searchSchema.shape,
  ...bleuSchema.shape,
  translations: z.boolean().default(false).describe('also writes each translation beside its reference, by tabs'),
})

type Flags = z.output<typeof translatorEvalSchema> & z.output<typeof engineSchema> & { readonly json: boolean }

/** @param data pairs, or the name of a built-in corpus, whose test part is taken */
export async function evalTranslator(modelFile: string, data: string | undefined, flags: Flags): Promise<void> {
  const builtIn = builtInOf(data)
  const path = pairPathOf('eval', { ...flags, data })
  const corpus = builtIn ? generatedPairs(builtIn, 1).test : await readPairCorpus(path)
  const name = typeof path === 'string' ? nameOf(path) : path.join(', ')
  const model = await Translator.load(modelFile, engineOptionsOf(flags))
  try {
    const { beamSize, lengthPenalty } = flags
    const evaluation = await evaluateTranslator(model, corpus, { beamSize, lengthPenalty, ...measuresOf(flags) })
    if (flags.translations)
      for (const [i, { source, target }] of corpus.items.entries())
        await write(`${source}\t${target}\t${evaluation.translations[i]}\n`)
    if (flags.json) await write(`${JSON.stringify(translationRecord(evaluation))}\n`)
    else await write(`${name}: ${translationLines(evaluation).join('\n')}\n`)
  } finally {
    model.close()
    model.engine.close()
  }
}
