/* What an evaluation says of a predictor of tokens, recurrent or counted, on a text. */

export interface Evaluation {
  /** Mean cross-entropy, nats per token, unknown ones included. */
  readonly loss: number
  /** exp(loss) */
  readonly perplexity: number
  /** exp of the mean over the tokens that the vocabulary has: KenLM's "excluding OOVs". */
  readonly perplexityWithoutUnknown: number
  /** The cross-entropy of the whole text in bits, over its characters: code points, line ends included, whatever the unit. */
  readonly bitsPerCharacter: number
  /** Tokens that were predicted, sentence ends included. */
  readonly tokens: number
  /** Of these, how many the vocabulary lacks. */
  readonly unknown: number
}
