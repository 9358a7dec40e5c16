/* What can be continued: something that knows, for a text so far, how likely each next token is. A language model is one,
 * and so is an n-gram model; sampling, search and scoring see no more than this. */
import type { Tokenizer } from '../data/tokenizers/tokenizer.js'

export interface Predictor {
  readonly tokenizer: Tokenizer
  /**
   * Opens a reading of a text from its beginning. What stands before a text has been read: the start symbol by a
   * recurrent model, <s> by an n-gram model of sentences, nothing by one of plain text.
   */
  read(options?: ReadOptions): Reading
}

export interface ReadOptions {
  /** What a reading saved: the new one goes on from there. Default from the beginning. */
  readonly from?: Uint8Array | undefined
}

/** A text being read, token by token. Owns memory: close it. */
export interface Reading {
  /** Reads these tokens. */
  push(tokens: ArrayLike<number>): void
  /** Log-probabilities of the next token, in nats; a copy. */
  next(): Float64Array
  /** Another reading that has read the same, and goes its own way from here. Close it too. */
  fork(): Reading
  /** What it has read, as bytes that `read({ from })` of the same model goes on from. */
  save(): Uint8Array<ArrayBuffer>
  /** The last tokens that it has read: what the text of the next one depends on. */
  readonly tail: readonly number[]
  close(): void
}

/** Tokens of a tail: more than any tokenizer's text of a token depends on. */
export const TAIL = 16

/** A tail after more has been read. */
export const tailAfter = (tail: readonly number[], tokens: ArrayLike<number>): readonly number[] =>
  [...tail, ...Array.prototype.slice.call(tokens, -TAIL)].slice(-TAIL)

/** One possible next token. */
export interface NextToken {
  /** Its text, or where it has none of its own (half a character, a sentence's end) its name in the vocabulary. */
  readonly text: string
  readonly token: number
  readonly probability: number
}

/** The `top` likeliest next tokens after a text, best first. */
export function nextTokens(predictor: Predictor, text: string, { top = 10 }: { top?: number } = {}): NextToken[] {
  const { tokenizer } = predictor
  const reading = predictor.read()
  try {
    reading.push(tokenizer.encode(text))
    return likeliest(tokenizer, reading.next(), top)
  } finally {
    reading.close()
  }
}

/** The `top` likeliest of all tokens, best first. */
export function likeliest(tokenizer: Tokenizer, logProbabilities: Float64Array, top: number): NextToken[] {
  return [...logProbabilities.keys()]
    .sort((a, b) => logProbabilities[b] - logProbabilities[a])
    .slice(0, top)
    .map(token => {
      const text = tokenizer.decode([token])
      return {
        text: text === '' || text.includes('\ufffd') ? tokenizer.vocabulary[token] : text,
        token,
        probability: Math.exp(logProbabilities[token]),
      }
    })
}
