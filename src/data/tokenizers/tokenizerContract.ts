// What every tokenizer is: text into the ids that a model reads, and back.
import type { BytePairTokenizerJSON } from './bytePairTokenizer.js'
import type { ByteTokenizerJSON } from './byteTokenizer.js'
import type { CharacterTokenizerJSON } from './characterTokenizer.js'
import type { HuggingFaceTokenizerJSON } from './huggingFaceTokenizer.js'
import type { TokenDecoder } from './tokenDecoder.js'
import type { TokenEncoder } from './tokenEncoder.js'
import type { WordTokenizerJSON } from './wordTokenizer.js'

/** What a token is. */
export const units = ['character', 'byte', 'word', 'byte-pair', 'hugging-face'] as const
export type Unit = (typeof units)[number]

/** A tokenizer as a model file keeps it; `unit` says which, `sentenceMarks` whether it has ids for <s> and </s>. */
export type TokenizerJSON = (
  | CharacterTokenizerJSON
  | ByteTokenizerJSON
  | WordTokenizerJSON
  | BytePairTokenizerJSON
  | HuggingFaceTokenizerJSON
) & {
  readonly sentenceMarks?: true
}

export interface Tokenizer {
  readonly unit: Unit
  /** Number of ids; every id is in 0 … size − 1. */
  readonly size: number
  /** The id of everything that the vocabulary lacks; −1 where nothing can be lacking (bytes and byte pairs). */
  readonly unknown: number
  /** The symbol that is taken to stand before a text that has no prompt. */
  readonly start: number
  /** Each id's symbol, for people to read; what an id means in a text is `decode`'s to say. */
  readonly vocabulary: readonly string[]
  /** The ids of a text, in time linear in its length, whatever it holds. */
  encode(text: string): Int32Array
  /** Encodes a text that comes in pieces. */
  encoder(): TokenEncoder
  /** The text of the ids. Throws ConfigurationError for an id that does not exist. */
  decode(tokens: ArrayLike<number>): string
  /** Decodes ids that come one by one. */
  decoder(): TokenDecoder
  toJSON(): TokenizerJSON
}
