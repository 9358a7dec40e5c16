// One token a byte or a frequent run of bytes: byte-level byte pairs as in GPT-2 (Radford et al. 2019). Ids 0 … 255 are
// the bytes, id 256 + i is the i-th learned pair. Every text has ids, so there is no unknown symbol, and decoding brings
// every text back that UTF-8 can hold; a lone surrogate becomes U+FFFD.
import { ConfigurationError, FileFormatError } from '../../errors.js'
import { checkKeys, field, type SavedFields, show } from '../../formats/savedFields.js'
import { type TextCorpus, textsOf } from '../corpora/corpus.js'
import { Int32Builder } from '../numberBuilders.js'
import { learnMerges, mostSymbols, pairKey } from './bytePairMerges.js'
import { eachPiece, longestPiece, Pieces, writeUtf8 } from './bytePairPieces.js'
import { Tally } from './tally.js'
import { ByteDecoder, checkToken, shownBytes, type TokenDecoder, utf8Decoder } from './tokenDecoder.js'
import { collecting, type TokenEncoder } from './tokenEncoder.js'

/** What a model file keeps of a BytePairTokenizer: the learned pairs, [left, right, left, right …]. */
export interface BytePairTokenizerJSON {
  readonly unit: 'byte-pair'
  readonly merges: readonly number[]
}

export interface BytePairTokenizerOptions {
  /** Number of ids at most, the 256 bytes included. Default 2048. */
  size?: number | undefined
  /** A pair that occurs less often does not become a token. Default 2. */
  minCount?: number | undefined
}

const noPair = 0x7fffffff
// V8 copies such slices; a longer one would keep the whole text alive as long as it stands in the table.
const longestRemembered = 12
const mostRemembered = 2 ** 16

export class BytePairTokenizer {
  readonly unit = 'byte-pair'
  readonly size: number
  /** No byte is unknown. */
  readonly unknown = -1
  /** The line end. */
  readonly start = 0x0a

  /** Bytes of each id. */
  private readonly lengthOf: Uint16Array
  private readonly idOfPair = new Map<number, number>()
  /** The ids of pieces met before: prose repeats itself. */
  private readonly remembered = new Map<string, readonly number[]>()
  private readonly symbols = new Int32Array(longestPiece)
  private readonly pairs = new Int32Array(longestPiece)

  /** `merges` must be sound: `fit` and `fromJSON` see to it. */
  private constructor(private readonly merges: Int32Array) {
    this.size = 256 + merges.length / 2
    this.lengthOf = new Uint16Array(this.size).fill(1, 0, 256)
    for (let id = 256; id < this.size; id++) {
      const left = merges[2 * (id - 256)]
      const right = merges[2 * (id - 256) + 1]
      this.lengthOf[id] = this.lengthOf[left] + this.lengthOf[right]
      this.idOfPair.set(pairKey(left, right), id)
    }
  }

  /** Learns the pairs of a text, or of several; the same text gives the same pairs. Throws ConfigurationError. */
  static fit(
    text: string | Iterable<string> | TextCorpus,
    { size = 2048, minCount = 2 }: BytePairTokenizerOptions = {},
  ): BytePairTokenizer {
    if (!Number.isSafeInteger(size) || size < 256 || size > mostSymbols) {
      const range = `256 (the bytes) … ${mostSymbols}`
      throw new ConfigurationError(`BytePairTokenizer.fit: size must be a whole number in ${range}; got ${size}`)
    }
    if (!Number.isSafeInteger(minCount) || minCount < 1) {
      throw new ConfigurationError(`BytePairTokenizer.fit: minCount must be a whole number from 1 on; got ${minCount}`)
    }
    const tally = new Tally('BytePairTokenizer.fit')
    for (const part of textsOf(text)) {
      const reading = new Pieces(piece => tally.add(piece))
      for (const chunk of part.chunks()) reading.push(chunk)
      reading.end()
    }
    const bytes = new Int32Array(longestPiece)
    const pieces = Array.from(tally.counts, ([piece, count]) => {
      return { symbols: Array.from(bytes.subarray(0, writeUtf8(piece, bytes))), count }
    })
    return new BytePairTokenizer(Int32Array.from(learnMerges(pieces, size - 256, minCount)))
  }

  /** The tokenizer that `toJSON` described; `where` opens the message of the FileFormatError. */
  static fromJSON(json: SavedFields, where = 'tokenizer'): BytePairTokenizer {
    checkKeys(json, ['unit', 'merges'], 'byte-pair', where)
    const merges = field(json, 'merges')
    if (!Array.isArray(merges) || merges.length % 2 !== 0 || merges.length > 2 * (mostSymbols - 256)) {
      const came = Array.isArray(merges) ? `a list of ${merges.length}` : show(merges)
      throw new FileFormatError(
        `${where}: merges must be a list of pairs, at most ${mostSymbols - 256} of them; got ${came}`,
      )
    }
    const lengths = new Uint16Array(256 + merges.length / 2).fill(1, 0, 256)
    const pairs = new Set<number>()
    for (let i = 0; i < merges.length; i += 2) {
      const id = 256 + i / 2
      const [left, right] = [merges[i], merges[i + 1]]
      for (const part of [left, right]) {
        if (Number.isInteger(part) && part >= 0 && part < id) continue
        throw new FileFormatError(`${where}: pair ${i / 2} must join ids in 0 … ${id - 1}; got ${show(part)}`)
      }
      lengths[id] = lengths[left] + lengths[right]
      if (lengths[id] > longestPiece) {
        throw new FileFormatError(`${where}: pair ${i / 2} is longer than any piece of text, ${longestPiece} bytes`)
      }
      pairs.add(pairKey(left, right))
      if (pairs.size <= i / 2) throw new FileFormatError(`${where}: pair ${i / 2}, ${left} and ${right}, stands twice`)
    }
    return new BytePairTokenizer(Int32Array.from(merges))
  }

  get vocabulary(): readonly string[] {
    return Array.from({ length: this.size }, (_, id) => shownBytes(this.bytesOf(id)))
  }

  encode(text: string): Int32Array {
    const tokens = new Int32Builder(Math.max(64, Math.ceil(text.length / 2)))
    eachPiece(text, piece => this.encodeInto(tokens, piece))
    return tokens.view()
  }

  encoder(): TokenEncoder {
    return collecting(tokens => new Pieces(piece => this.encodeInto(tokens, piece)))
  }

  private encodeInto(tokens: Int32Builder, piece: string): void {
    const known = this.remembered.get(piece)
    if (known !== undefined) {
      for (let i = 0; i < known.length; i++) tokens.push(known[i])
      return
    }
    const count = this.encodePiece(piece)
    for (let i = 0; i < count; i++) tokens.push(this.symbols[i])
    if (piece.length > longestRemembered) return
    if (this.remembered.size >= mostRemembered) this.remembered.clear()
    this.remembered.set(piece, Array.from(this.symbols.subarray(0, count)))
  }

  /** Leaves the ids in `symbols` and returns their number. The pair learned first is joined first. */
  private encodePiece(piece: string): number {
    const { symbols, pairs } = this
    let count = writeUtf8(piece, symbols)
    for (let i = 0; i < count; i++) pairs[i] = this.pairAt(i, count)
    while (true) {
      let first = noPair
      let place = -1
      for (let i = 0; i + 1 < count; i++) {
        if (pairs[i] < first) {
          first = pairs[i]
          place = i
        }
      }
      if (place < 0) return count
      symbols[place] = first
      symbols.copyWithin(place + 1, place + 2, count)
      pairs.copyWithin(place + 1, place + 2, count)
      count--
      pairs[place] = this.pairAt(place, count)
      if (place > 0) pairs[place - 1] = this.pairAt(place - 1, count)
    }
  }

  private pairAt(i: number, count: number): number {
    if (i + 1 >= count) return noPair
    return this.idOfPair.get(pairKey(this.symbols[i], this.symbols[i + 1])) ?? noPair
  }

  decode(tokens: ArrayLike<number>): string {
    let length = 0
    for (let i = 0; i < tokens.length; i++) {
      checkToken(tokens[i], this.size, `BytePairTokenizer.decode: token ${i}`)
      length += this.lengthOf[tokens[i]]
    }
    const bytes = new Uint8Array(length)
    for (let i = 0, at = 0; i < tokens.length; i++) {
      this.write(tokens[i], bytes, at)
      at += this.lengthOf[tokens[i]]
    }
    return utf8Decoder().decode(bytes)
  }

  decoder(): TokenDecoder {
    return new ByteDecoder(token => {
      checkToken(token, this.size, 'BytePairTokenizer.decoder: the token')
      return this.bytesOf(token)
    })
  }

  private bytesOf(token: number): Uint8Array {
    const bytes = new Uint8Array(this.lengthOf[token])
    this.write(token, bytes, 0)
    return bytes
  }

  // Tokens are kept as pairs, not as bytes: a saved tokenizer then takes no more memory than its file. No token is
  // deeper than it is long.
  private write(token: number, bytes: Uint8Array, at: number): void {
    let rest = token
    let place = at
    while (rest >= 256) {
      const left = this.merges[2 * (rest - 256)]
      this.write(left, bytes, place)
      place += this.lengthOf[left]
      rest = this.merges[2 * (rest - 256) + 1]
    }
    bytes[place] = rest
  }

  toJSON(): BytePairTokenizerJSON {
    return { unit: 'byte-pair', merges: Array.from(this.merges) }
  }
}
