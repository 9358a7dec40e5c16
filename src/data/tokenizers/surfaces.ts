// Tokens as they stand in a text, one by one: also words that a vocabulary lacks, which a tokenizer alone gives back as unknown.
import type { Tokenizer } from './tokenizerContract.js'
import { WordTokenizer } from './wordTokenizer.js'

/** A token alone; where it has no text of its own, its name. */
export function surfaceOf(tokenizer: Tokenizer, token: number): string {
  const text = tokenizer.decode([token])
  return text === '' || text.includes('\ufffd') ? tokenizer.vocabulary[token] : text
}

/** @param tokens what `tokenizer` makes of `text`, or of its beginning */
export function surfacesOf(tokenizer: Tokenizer, text: string, tokens: Int32Array): string[] {
  if (tokenizer.unit === 'character') return Array.from(text).slice(0, tokens.length)
  if (!(tokenizer instanceof WordTokenizer)) return Array.from(tokens, token => surfaceOf(tokenizer, token))
  // A vocabulary of this text alone, cut in the same places.
  const own = WordTokenizer.fit(text, { boundaries: tokenizer.boundaries })
  return Array.from(own.encode(text).subarray(0, tokens.length), token => own.decode([token]))
}
