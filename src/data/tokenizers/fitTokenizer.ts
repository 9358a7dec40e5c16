// The tokenizer that a configuration asks for, fitted on a training text.
import { ConfigurationError } from '../../errors.js'
import type { TextCorpus } from '../corpora/corpus.js'
import { BytePairTokenizer } from './bytePairTokenizer.js'
import { ByteTokenizer } from './byteTokenizer.js'
import { CharacterTokenizer } from './characterTokenizer.js'
import type { Tokenizer, Unit } from './tokenizerContract.js'
import type { WordBoundaries } from './wordBoundaries.js'
import { WordTokenizer } from './wordTokenizer.js'

export interface TokenizerOptions {
  readonly unit: Unit
  /** A symbol seen less often is unknown. Default: 1 for characters, 2 for words and byte pairs. */
  readonly minCount?: number | undefined
  /** Ids at most. Default: all words; 2048 byte pairs. */
  readonly vocabularySize?: number | undefined
  readonly wordBoundaries?: WordBoundaries | undefined
  readonly foldCase?: boolean | undefined
}

/** Throws ConfigurationError where the text or the options give no vocabulary. */
export function fitTokenizer(text: string | TextCorpus, options: TokenizerOptions): Tokenizer {
  const { unit, minCount = unit === 'character' ? 1 : 2, vocabularySize, wordBoundaries, foldCase } = options
  switch (unit) {
    case 'character':
      return CharacterTokenizer.fit(text, { minCount })
    case 'byte':
      return new ByteTokenizer()
    case 'word':
      return WordTokenizer.fit(text, { minCount, maxSize: vocabularySize, boundaries: wordBoundaries, foldCase })
    case 'byte-pair':
      return BytePairTokenizer.fit(text, { minCount, size: vocabularySize })
    case 'hugging-face':
      throw new ConfigurationError('unit hugging-face is not learned from the text; give a tokenizer.json')
  }
}
