/* Scores of a translator: the loss of the true translations, and BLEU, chrF and exact matches of its own. */
import { platform } from '#platform'
import type { ItemCorpus, TextPair } from '../data/corpora/items.js'
import { ConfigurationError } from '../errors.js'
import { pairBatches } from '../models/translator/batches.js'
import type { TranslateOptions } from '../models/translator/translation.js'
import type { Translator } from '../models/translator/translator.js'
import { type Bleu, type BleuOptions, bleu } from './bleu.js'
import { wordsIn } from './bleuTokens.js'
import { type Chrf, type ChrfOptions, chrf } from './chrf.js'

export interface TranslationEvaluation {
  /** Mean cross-entropy, nats per target token, the end among them. */
  readonly loss: number
  /** exp(loss) */
  readonly perplexity: number
  readonly bleu: Bleu
  readonly chrf: Chrf
  /** Share of translations that are the reference to the letter. */
  readonly exact: number
  readonly pairs: number
  /** The same by the source's words: short, middle, long. */
  readonly byLength: readonly LengthClass[]
  readonly translations: readonly string[]
}

export interface LengthClass {
  /** Words between white space, from and to, both included. */
  readonly from: number
  readonly to: number
  readonly pairs: number
  readonly bleu: number
}

export interface TranslationEvaluationOptions extends Omit<TranslateOptions, 'nBest'> {
  readonly bleu?: BleuOptions | undefined
  readonly chrf?: ChrfOptions | undefined
}

/** Pairs whose loss is taken at once. */
const AT_ONCE = 64
/** Upper ends of the classes of length. */
const CLASSES = [4, 9, Infinity]

/**
 * Scores on every pair.
 * @throws ConfigurationError when the corpus has no pairs
 */
export async function evaluateTranslator(
  model: Translator,
  corpus: ItemCorpus<TextPair>,
  { bleu: bleuOptions, chrf: chrfOptions, ...options }: TranslationEvaluationOptions = {},
): Promise<TranslationEvaluation> {
  const { items } = corpus
  const loss = await translationLoss(model, corpus, options)
  const hypotheses = await model.translateAll(
    items.map(({ source }) => source),
    options,
  )
  const translations = hypotheses.map(([best]) => best.text)
  const references = items.map(({ target }) => target)
  const matches = translations.filter((text, i) => text === references[i]).length
  return {
    ...{ loss, perplexity: Math.exp(loss) },
    bleu: bleu(translations, references, bleuOptions),
    chrf: chrf(translations, references, chrfOptions),
    exact: matches / items.length,
    pairs: items.length,
    byLength: classesOf(items, translations, bleuOptions),
    translations,
  }
}

/**
 * The mean loss over all target tokens, in nats.
 * @throws ConfigurationError when the corpus has no pairs
 * @throws the signal's reason when the signal aborts
 */
export async function translationLoss(
  model: Translator,
  corpus: ItemCorpus<TextPair>,
  { signal }: Pick<TranslateOptions, 'signal'> = {},
): Promise<number> {
  const { engine, tokenizers } = model
  if (corpus.items.length === 0)
    throw new ConfigurationError(`${corpus.name}: there is nothing to evaluate; give it pairs`)
  const batches = pairBatches(tokenizers, corpus, { batchSize: AT_ONCE })
  let [sum, tokens] = [0, 0]
  for (let index = 0; index < batches.batchesPerEpoch; index++) {
    signal?.throwIfAborted()
    engine.scope(() => {
      const { loss, count = 0 } = model.loss(batches.batch(0, index))
      sum += engine.scalar(loss) * count
      tokens += count
    })
    await platform.pause()
  }
  return sum / tokens
}

function classesOf(
  items: readonly TextPair[],
  translations: readonly string[],
  options: BleuOptions | undefined,
): LengthClass[] {
  const lengths = items.map(({ source }) => wordsIn(source).length)
  return CLASSES.flatMap((to, k) => {
    const from = k === 0 ? 0 : CLASSES[k - 1] + 1
    const chosen = [...items.keys()].filter(i => lengths[i] >= from && lengths[i] <= to)
    if (chosen.length === 0) return []
    const { score } = bleu(
      chosen.map(i => translations[i]),
      chosen.map(i => items[i].target),
      { ...options, bootstrap: undefined },
    )
    return [{ from, to, pairs: chosen.length, bleu: score }]
  })
}
