// One token a character: a symbol is a Unicode code point, so an emoji outside the first plane is one token. Id 0 is
// the unknown symbol and is written as U+FFFD, the replacement character; the others follow in the order of their code
// points. A lone surrogate is no character (UTF-8 cannot hold it) and is always unknown, which also keeps decoding from
// joining two halves that never stood together.
import { ConfigurationError, FileFormatError } from '../../errors.js'
import { checkKeys, field, type SavedFields, show } from '../../formats/savedFields.js'
import { type TextCorpus, textsOf } from '../corpora/corpus.js'
import type { TokenDecoder } from './tokenDecoder.js'
import { byCharacters, type TokenEncoder } from './tokenEncoder.js'

/** What a model file keeps of a CharacterTokenizer: every known symbol, ascending, without separators. */
export interface CharacterTokenizerJSON {
  readonly unit: 'character'
  readonly symbols: string
}

export interface CharacterTokenizerOptions {
  /** A character that occurs less often than this is unknown. Default 1: every character is known. */
  minCount?: number | undefined
}

const replacement = 0xfffd
const codePoints = 0x110000
// Code units that go to String.fromCharCode at once: few enough for every engine's limit of arguments.
const chunk = 8192

export class CharacterTokenizer {
  readonly unit = 'character'
  /** Number of ids: the known symbols and the unknown one. */
  readonly size: number
  readonly unknown = 0
  /** The symbol that is taken to stand before a text without a prompt: the line end, else the space, else id 1. */
  readonly start: number

  /** Id of every code unit below 0x10000, 0 where unknown: one look-up a character. */
  private readonly idOfUnit = new Int32Array(0x10000)
  private readonly idBeyond = new Map<number, number>()
  private readonly symbolOf: string[] = [String.fromCharCode(replacement)]

  /** `symbols` must hold known characters only, strictly ascending by code point: `fit` and `fromJSON` see to it. */
  private constructor(private readonly symbols: string) {
    for (const symbol of symbols) {
      const code = symbol.codePointAt(0) as number
      if (code < 0x10000) this.idOfUnit[code] = this.symbolOf.length
      else this.idBeyond.set(code, this.symbolOf.length)
      this.symbolOf.push(symbol)
    }
    this.size = this.symbolOf.length
    this.start = this.idOfUnit[0x0a] || this.idOfUnit[0x20] || 1
  }

  /** The vocabulary of a text, or of several. Throws ConfigurationError if no character occurs `minCount` times. */
  static fit(
    text: string | Iterable<string> | TextCorpus,
    { minCount = 1 }: CharacterTokenizerOptions = {},
  ): CharacterTokenizer {
    if (!Number.isSafeInteger(minCount) || minCount < 1) {
      throw new ConfigurationError(`CharacterTokenizer.fit: minCount must be a whole number from 1 on; got ${minCount}`)
    }
    const counts = new Float64Array(codePoints)
    let length = 0
    for (const part of textsOf(text)) {
      for (const chunk of part.chunks()) {
        length += chunk.length
        count(chunk, counts)
      }
    }
    const known: string[] = []
    for (let code = 0; code < codePoints; code++) {
      if (counts[code] >= minCount && isSymbol(code)) known.push(String.fromCodePoint(code))
    }
    if (known.length === 0) {
      const times = minCount === 1 ? '' : ` that occurs ${minCount} times`
      throw new ConfigurationError(
        `CharacterTokenizer.fit: a text of ${length} characters has no character${times}; give a longer text`,
      )
    }
    return new CharacterTokenizer(known.join(''))
  }

  /** The tokenizer that `toJSON` described; `where` opens the message of the FileFormatError. */
  static fromJSON(json: SavedFields, where = 'tokenizer'): CharacterTokenizer {
    checkKeys(json, ['unit', 'symbols'], 'character', where)
    const symbols = field(json, 'symbols')
    if (typeof symbols !== 'string' || symbols === '') {
      throw new FileFormatError(`${where}: symbols must be a string of at least one character; got ${show(symbols)}`)
    }
    let last = -1
    for (const symbol of symbols) {
      const code = symbol.codePointAt(0) as number
      if (!isSymbol(code)) {
        throw new FileFormatError(
          `${where}: symbols must be characters; got ${codeName(code)}, which never is a symbol`,
        )
      }
      if (code <= last) {
        const order = `${codeName(last)} before ${codeName(code)}`
        throw new FileFormatError(`${where}: symbols must ascend by code point, each once; got ${order}`)
      }
      last = code
    }
    return new CharacterTokenizer(symbols)
  }

  get vocabulary(): readonly string[] {
    return this.symbolOf
  }

  /** One id a code point; what the vocabulary lacks becomes `unknown`. */
  encode(text: string): Int32Array {
    const table = this.idOfUnit
    const length = text.length
    const tokens = new Int32Array(length)
    let count = 0
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      if ((unit & 0xfc00) !== 0xd800) {
        tokens[count++] = table[unit]
        continue
      }
      const code = text.codePointAt(i) as number
      if (code > 0xffff) i++
      tokens[count++] = this.idBeyond.get(code) ?? this.unknown
    }
    return count === length ? tokens : tokens.slice(0, count)
  }

  encoder(): TokenEncoder {
    return byCharacters(text => this.encode(text))
  }

  /** The text of the ids. Throws ConfigurationError for an id that is not in 0 … size − 1. */
  decode(tokens: ArrayLike<number>): string {
    // A string grown by single characters is slow and large: code units are gathered and become text by the chunk.
    const units = new Uint16Array(Math.min(2 * tokens.length, chunk))
    let text = ''
    let filled = 0
    for (let i = 0; i < tokens.length; i++) {
      const symbol = this.symbolOf[tokens[i]]
      if (symbol === undefined) {
        throw new ConfigurationError(
          `CharacterTokenizer.decode: token ${i} must be a whole number in 0 … ${this.size - 1}; got ${tokens[i]}`,
        )
      }
      units[filled++] = symbol.charCodeAt(0)
      if (symbol.length === 2) units[filled++] = symbol.charCodeAt(1)
      if (filled >= chunk - 1) {
        text += String.fromCharCode(...units.subarray(0, filled))
        filled = 0
      }
    }
    return text + String.fromCharCode(...units.subarray(0, filled))
  }

  decoder(): TokenDecoder {
    return { push: token => this.decode([token]), end: () => '' }
  }

  toJSON(): CharacterTokenizerJSON {
    return { unit: 'character', symbols: this.symbols }
  }
}

function count(text: string, counts: Float64Array): void {
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i)
    if ((code & 0xfc00) === 0xd800) {
      code = text.codePointAt(i) as number
      if (code > 0xffff) i++
    }
    counts[code]++
  }
}

function isSymbol(code: number): boolean {
  return (code < 0xd800 || code > 0xdfff) && code !== replacement
}

function codeName(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}
