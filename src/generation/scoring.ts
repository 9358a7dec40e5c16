/* Each token of a text with the probability that a model gave it before it came: what perplexity is the mean of. */
import type { Predictor } from './predictor.js'

/** One token of a scored text. */
export interface TokenScore {
  /** The token's name in the vocabulary; `</s>` for a sentence's end. */
  readonly text: string
  readonly token: number
  /** Nats. */
  readonly logProbability: number
  /** As ARPA files and KenLM's query have it. */
  readonly log10Probability: number
  /** Whether the vocabulary lacks it. */
  readonly unknown: boolean
}

/** Every token of a text, foretold from all before it; the first from the beginning of a text. */
export function scoreTokens(predictor: Predictor, text: string): TokenScore[] {
  const { tokenizer } = predictor
  const { vocabulary, unknown } = tokenizer
  const reading = predictor.read()
  try {
    return Array.from(tokenizer.encode(text), token => {
      const logProbability = reading.next()[token]
      reading.push([token])
      const log10Probability = logProbability / Math.LN10
      return { text: vocabulary[token], token, logProbability, log10Probability, unknown: token === unknown }
    })
  } finally {
    reading.close()
  }
}
