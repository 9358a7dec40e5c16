// One token a word, or a character of white space that words do not imply: wordBoundaries.ts says how a text is cut. Id
// 0 is the unknown word, written <unk>; the others follow by how often they occurred, the most frequent first.
//
// Decoding brings a text back exactly if every symbol is known, the text holds no lone surrogate that JSON or UTF-8
// would lose, letters are not folded and, at Unicode boundaries, it holds no joiner U+FFED.
import { ConfigurationError, FileFormatError } from '../../errors.js'
import { checkKeys, field, type SavedFields, show } from '../../formats/savedFields.js'
import { type TextCorpus, textsOf } from '../corpora/corpus.js'
import { Int32Builder } from '../numberBuilders.js'
import { Tally } from './tally.js'
import { checkToken, type TokenDecoder } from './tokenDecoder.js'
import { collecting, type TokenEncoder } from './tokenEncoder.js'
import {
  eachStretch,
  isWhiteSpace,
  joiner,
  Stretches,
  segmented,
  unknownWord,
  type WordBoundaries,
} from './wordBoundaries.js'

/** What a model file keeps of a WordTokenizer: every known symbol from id 1 on. */
export interface WordTokenizerJSON {
  readonly unit: 'word'
  readonly boundaries: WordBoundaries
  readonly foldCase: boolean
  readonly words: readonly string[]
}

export interface WordTokenizerOptions {
  /** Where words end: at white space, or at Unicode's word boundaries too. Default `space`. */
  boundaries?: WordBoundaries | undefined
  /** Whether capital letters become small ones. Default false. */
  foldCase?: boolean | undefined
  /** A word that occurs less often is unknown. Default 1: every word is known. */
  minCount?: number | undefined
  /** Number of ids at most, the unknown word included; the most frequent words stay. Default: no limit. */
  maxSize?: number | undefined
}

/** How a symbol meets its neighbours. */
const closeLeft = 1
const closeRight = 2

// V8 copies such slices; a longer one would keep the whole text alive as long as it stands in the table.
const longestRemembered = 12
const mostRemembered = 2 ** 16

export class WordTokenizer {
  readonly unit = 'word'
  readonly size: number
  readonly unknown = 0
  /** The line end; where it is not known, the most frequent word. */
  readonly start: number
  readonly vocabulary: readonly string[]

  private readonly idOf = new Map<string, number>()
  private readonly textOf: string[]
  private readonly closeness: Uint8Array
  /** The ids of stretches that were segmented before: prose repeats itself, and segmenting is slow. */
  private readonly remembered = new Map<string, readonly number[]>()

  /** `words` must be sound: `fit` and `fromJSON` see to it. */
  private constructor(
    readonly boundaries: WordBoundaries,
    readonly foldCase: boolean,
    words: readonly string[],
  ) {
    this.vocabulary = [unknownWord, ...words]
    this.size = this.vocabulary.length
    words.forEach((word, i) => {
      this.idOf.set(word, i + 1)
    })
    this.start = this.idOf.get('\n') ?? 1
    const joins = boundaries === 'unicode'
    this.textOf = this.vocabulary.map(word => (joins ? word.replaceAll(joiner, '') : word))
    this.closeness = Uint8Array.from(this.vocabulary, word => {
      if (isWhiteSpace(word.charCodeAt(0))) return closeLeft | closeRight
      if (!joins) return 0
      return (word.startsWith(joiner) ? closeLeft : 0) | (word.endsWith(joiner) ? closeRight : 0)
    })
  }

  /**
   * The vocabulary of a text, or of several. Words that occur equally often stand in the order of their code units.
   * Throws ConfigurationError if no word is frequent enough.
   */
  static fit(text: string | Iterable<string> | TextCorpus, options: WordTokenizerOptions = {}): WordTokenizer {
    const { boundaries = 'space', foldCase = false, minCount = 1, maxSize = Infinity } = options
    if (boundaries !== 'space' && boundaries !== 'unicode') {
      throw new ConfigurationError(`WordTokenizer.fit: boundaries must be space or unicode; got ${boundaries}`)
    }
    if (!Number.isSafeInteger(minCount) || minCount < 1) {
      throw new ConfigurationError(`WordTokenizer.fit: minCount must be a whole number from 1 on; got ${minCount}`)
    }
    if (maxSize !== Infinity && (!Number.isSafeInteger(maxSize) || maxSize < 2)) {
      throw new ConfigurationError(`WordTokenizer.fit: maxSize must be a whole number from 2 on; got ${maxSize}`)
    }
    const stretches = new Tally('WordTokenizer.fit')
    for (const part of textsOf(text)) {
      const reading = new Stretches(stretch => stretches.add(foldCase ? stretch.toLowerCase() : stretch))
      for (const chunk of part.chunks()) reading.push(chunk)
      reading.end()
    }
    let words = stretches.counts
    if (boundaries === 'unicode') {
      const tally = new Tally('WordTokenizer.fit')
      for (const [stretch, times] of stretches.counts) for (const word of cut(stretch)) tally.add(word, times)
      words = tally.counts
    }
    words.delete(unknownWord)
    const known = Array.from(words).filter(([, times]) => times >= minCount)
    known.sort(([a, timesA], [b, timesB]) => timesB - timesA || (a < b ? -1 : 1))
    known.length = Math.min(known.length, maxSize - 1)
    if (known.length === 0) {
      const times = minCount === 1 ? '' : ` that occurs ${minCount} times`
      throw new ConfigurationError(
        `WordTokenizer.fit: a text of ${words.size} different words has no word${times}; give a longer text or a smaller minCount`,
      )
    }
    return new WordTokenizer(
      boundaries,
      foldCase,
      known.map(([word]) => word),
    )
  }

  /** The tokenizer that `toJSON` described; `where` opens the message of the FileFormatError. */
  static fromJSON(json: SavedFields, where = 'tokenizer'): WordTokenizer {
    checkKeys(json, ['unit', 'boundaries', 'foldCase', 'words'], 'word', where)
    const boundaries = field(json, 'boundaries')
    if (boundaries !== 'space' && boundaries !== 'unicode') {
      throw new FileFormatError(`${where}: boundaries must be "space" or "unicode"; got ${show(boundaries)}`)
    }
    const foldCase = field(json, 'foldCase')
    if (typeof foldCase !== 'boolean') {
      throw new FileFormatError(`${where}: foldCase must be true or false; got ${show(foldCase)}`)
    }
    const words = field(json, 'words')
    if (!Array.isArray(words) || words.length === 0) {
      throw new FileFormatError(`${where}: words must be a list of at least one word; got ${show(words)}`)
    }
    const seen = new Set<string>([unknownWord])
    words.forEach((word, i) => {
      if (!isSymbol(word)) {
        throw new FileFormatError(
          `${where}: word ${i} must be one character of white space, or text without; got ${show(word)}`,
        )
      }
      if (seen.has(word)) throw new FileFormatError(`${where}: word ${i}, ${show(word)}, stands twice or is reserved`)
      seen.add(word)
    })
    return new WordTokenizer(boundaries, foldCase, words)
  }

  /** The id of a symbol as it stands in the vocabulary; `unknown` if it does not. */
  id(word: string): number {
    return this.idOf.get(word) ?? this.unknown
  }

  encode(text: string): Int32Array {
    const tokens = new Int32Builder(64)
    eachStretch(text, this.into(tokens))
    return tokens.view()
  }

  encoder(): TokenEncoder {
    return collecting(tokens => new Stretches(this.into(tokens)))
  }

  private into(tokens: Int32Builder): (stretch: string, isSpace: boolean) => void {
    return (stretch, isSpace) => {
      const word = this.foldCase ? stretch.toLowerCase() : stretch
      if (isSpace || this.boundaries === 'space') tokens.push(this.id(word))
      else for (const id of this.idsOf(word)) tokens.push(id)
    }
  }

  private idsOf(stretch: string): readonly number[] {
    const known = this.remembered.get(stretch)
    if (known !== undefined) return known
    const ids = cut(stretch).map(word => this.id(word))
    if (stretch.length <= longestRemembered) {
      if (this.remembered.size >= mostRemembered) this.remembered.clear()
      this.remembered.set(stretch, ids)
    }
    return ids
  }

  decode(tokens: ArrayLike<number>): string {
    const texts: string[] = []
    for (let i = 0; i < tokens.length; i++) {
      checkToken(tokens[i], this.size, `WordTokenizer.decode: token ${i}`)
      texts.push(this.textAfter(i > 0 ? tokens[i - 1] : undefined, tokens[i]))
    }
    return texts.join('')
  }

  /** The space before a word comes with the word: push a prompt's tokens too, so that what follows is set apart. */
  decoder(): TokenDecoder {
    let before: number | undefined
    return {
      push: token => {
        checkToken(token, this.size, 'WordTokenizer.decoder: the token')
        const text = this.textAfter(before, token)
        before = token
        return text
      },
      end: () => '',
    }
  }

  private textAfter(before: number | undefined, token: number): string {
    const text = this.textOf[token]
    if (before === undefined) return text
    return this.closeness[before] & closeRight || this.closeness[token] & closeLeft ? text : ` ${text}`
  }

  toJSON(): WordTokenizerJSON {
    return {
      unit: 'word',
      boundaries: this.boundaries,
      foldCase: this.foldCase,
      words: this.vocabulary.slice(1),
    }
  }
}

/** A stretch at Unicode's boundaries; white space and the unknown word are no stretches to cut. */
function cut(stretch: string): string[] {
  return stretch === unknownWord || isWhiteSpace(stretch.charCodeAt(0)) ? [stretch] : segmented(stretch)
}

function isSymbol(word: unknown): word is string {
  if (typeof word !== 'string' || word === '') return false
  if (word.length === 1) return true
  for (let i = 0; i < word.length; i++) if (isWhiteSpace(word.charCodeAt(i))) return false
  return true
}
