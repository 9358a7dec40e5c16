/* n-grams and a recurrent model on the same text, in one table. Every model foretells the same tokens of the held-out
 * text: all have one tokenizer, fitted on the training text; what its vocabulary lacks is one symbol, unknown, that has a
 * probability in all of them; and all have read the tokenizer's start symbol, and no more, when the text begins. */

import type { TextCorpus, TextSplits } from '../data/corpora/corpus.js'
import { evaluate } from '../evaluation/perplexity.js'
import type { NGram } from '../ngram/ngram.js'
import { type CompareOptions, type Rival, withRivals } from './rivals.js'

/** How well a model foretells the held-out text. */
export interface HeldOutScore {
  /** Mean cross-entropy, nats per token. */
  readonly loss: number
  /** exp(loss) */
  readonly perplexity: number
  /** All bits over the text's characters (code points), whatever the unit. */
  readonly bitsPerCharacter: number
  /** Tokens that were foretold. */
  readonly tokens: number
  /** Of these, how many the vocabulary lacks. */
  readonly unknown: number
}

/** One row of the table. */
export interface ComparedModel extends HeldOutScore {
  /** unigram, bigram, trigram, 5-gram or LSTM. */
  readonly model: string
  /** n-grams stored, of all orders; an n-gram model's. */
  readonly ngrams?: number
  /** Numbers that training changes; a recurrent model's. */
  readonly parameters?: number
  /** Size of the model's file: recurra's binary n-gram form, or safetensors with 4 bytes a parameter. */
  readonly bytes: number
  /** Time of its training. */
  readonly seconds: number
  /** Passes over the training text. */
  readonly epochs: number
}

/**
 * Trains a unigram, bigram, trigram, 5-gram (interpolated modified Kneser-Ney) and a small LSTM on the training text
 * within a time budget, and measures them on the test text; the validation text chooses among the LSTM's states.
 * @throws ConfigurationError for a text that is too short to train on
 */
export function compareModels(splits: TextSplits, options: CompareOptions = {}): Promise<ComparedModel[]> {
  return withRivals(splits, options, rivals => comparedOn(splits.test, rivals))
}

/** The rows of models that have been trained. */
export async function comparedOn(test: TextCorpus, rivals: readonly Rival[]): Promise<ComparedModel[]> {
  const rows: ComparedModel[] = []
  for (const { name, seconds, ...rival } of rivals) {
    if (rival.kind === 'n-gram') {
      const { model } = rival
      const ngrams = model.counts.reduce((sum, count) => sum + count, 0)
      const bytes = model.toBytes().length
      rows.push({ model: name, ...scoreOf(model, test), ngrams, bytes, seconds, epochs: 1 })
    } else {
      const { model, epochs } = rival
      const { loss, tokens, unknown } = await evaluate(model, test)
      const score = scoreFrom(test, { loss, tokens, unknown })
      const bytes = model.toBytes().length
      rows.push({ model: name, ...score, parameters: model.parameterCount, bytes, seconds, epochs })
    }
  }
  return rows
}

/** An n-gram model on a text that begins after the start symbol, as a recurrent model begins: see `evaluate`. */
export function scoreOf(model: NGram, corpus: TextCorpus): HeldOutScore {
  const { tokenizer } = model
  const tokens = corpus.encode(tokenizer)
  const begun = new Int32Array(tokens.length + 1)
  begun[0] = tokenizer.start
  begun.set(tokens, 1)
  const all = model.logLikelihood([begun])
  const start = model.logLikelihood([begun.subarray(0, 1)])
  const loss = -(all.known + all.unknown - start.known - start.unknown) / tokens.length
  return scoreFrom(corpus, { loss, tokens: tokens.length, unknown: all.unknownCount - start.unknownCount })
}

function scoreFrom(
  { characters }: TextCorpus,
  { loss, tokens, unknown }: { loss: number; tokens: number; unknown: number },
): HeldOutScore {
  const bitsPerCharacter = (loss * tokens) / Math.LN2 / characters
  return { loss, perplexity: Math.exp(loss), bitsPerCharacter, tokens, unknown }
}
