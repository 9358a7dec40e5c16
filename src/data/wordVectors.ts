/* Pretrained word vectors, kept for a vocabulary's words only, from bytes that come in parts, so that a file of any
 * length passes through little memory. Forms: word2vec's text (fastText's .vec is the same) and binary, both with a
 * first line `count dimension`, and GloVe's text, which has none. A word of GloVe's may hold spaces. */
import { ConfigurationError, FileFormatError } from '../errors.js'

export type WordVectorFormat = 'word2vec text' | 'word2vec binary' | 'glove text'

export interface WordVectorReport {
  readonly format: WordVectorFormat
  readonly dimension: number
  /** Vectors in the file. */
  readonly inFile: number
  /** Words of the vocabulary that the file has, and that it lacks. */
  readonly found: number
  readonly missing: number
  /** The first of the missing words, at most 20. */
  readonly missingWords: readonly string[]
}

export interface WordVectors {
  /** [word, dimension], in the vocabulary's order. */
  readonly table: Float32Array
  readonly dimension: number
  /** Whether the file has the word, one a word. */
  readonly found: readonly boolean[]
  readonly report: WordVectorReport
}

/**
 * What the words get that the file lacks: zeros, or numbers from a function that draws from the standard normal
 * distribution; they are scaled to the standard deviation of the numbers found (1 where none was found).
 */
export type MissingVectors = 'zero' | (() => number)

const MAX_DIMENSION = 4096
/** A row longer than this is no row: 4096 numbers of 25 digits, ten times over. */
const LONGEST_ROW = 2 ** 20
const SHOWN_WORDS = 20

const SPACE = 0x20
const TAB = 0x09
const LINE_END = 0x0a
const NUMBER_BYTES = new Uint8Array(256)
for (const character of '0123456789+-.eE') NUMBER_BYTES[character.charCodeAt(0)] = 1

export class WordVectorReader {
  private readonly idsOf = new Map<string, number[]>()
  private readonly found: boolean[]
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  private rest: Uint8Array = new Uint8Array(0)
  private format: WordVectorFormat | undefined
  private promised: number | undefined
  private dimension = 0
  private table = new Float32Array(0)
  private rows = 0
  /** Of the row to come, from 1 on. */
  private line = 1

  /** @param words the vocabulary's words; a word may stand for several ids */
  constructor(
    private readonly words: readonly string[],
    private readonly name: string,
  ) {
    words.forEach((word, id) => {
      const ids = this.idsOf.get(word)
      if (ids) ids.push(id)
      else this.idsOf.set(word, [id])
    })
    this.found = words.map(() => false)
  }

  /** Reads the next bytes. @throws FileFormatError that names the line, or the vector of a binary file */
  push(bytes: Uint8Array): void {
    this.take(bytes, false)
  }

  /** The vectors, once all bytes were pushed. @throws FileFormatError where the file ends too early */
  end(missing: MissingVectors = 'zero'): WordVectors {
    this.take(new Uint8Array(0), true)
    if (this.format === undefined || this.rows === 0) {
      throw new FileFormatError(`${this.name}: it holds no word vectors; give a file of word2vec, GloVe or fastText`)
    }
    if (this.promised !== undefined && this.promised !== this.rows) {
      throw new FileFormatError(
        `${this.name}: its first line promises ${this.promised} vectors; it holds ${this.rows}; fetch it again`,
      )
    }
    const lacking = [...this.words.keys()].filter(id => !this.found[id])
    if (missing !== 'zero') {
      const deviation = this.deviation()
      for (const id of lacking) {
        for (let i = 0; i < this.dimension; i++) this.table[id * this.dimension + i] = deviation * missing()
      }
    }
    const report = {
      format: this.format,
      dimension: this.dimension,
      inFile: this.rows,
      found: this.words.length - lacking.length,
      missing: lacking.length,
      missingWords: lacking.slice(0, SHOWN_WORDS).map(id => this.words[id]),
    }
    return { table: this.table, dimension: this.dimension, found: this.found, report }
  }

  private take(bytes: Uint8Array, last: boolean): void {
    const all = this.rest.length === 0 ? bytes : joined(this.rest, bytes)
    let at = 0
    if (this.format === undefined) {
      const body = this.begin(all, last)
      if (body === undefined) {
        this.rest = all.slice()
        return
      }
      at = body
    }
    at = this.format === 'word2vec binary' ? this.binaryRows(all, at, last) : this.textRows(all, at, last)
    if (all.length - at > LONGEST_ROW) throw this.fault('ends nowhere; is this a file of word vectors?')
    this.rest = all.slice(at)
  }

  /** Finds the form; returns where the vectors begin, or nothing if more bytes are needed. */
  private begin(all: Uint8Array, last: boolean): number | undefined {
    const mark = all[0] === 0xef && all[1] === 0xbb && all[2] === 0xbf ? 3 : 0
    const end = this.lineEndAfter(all, mark, last)
    if (end === undefined) return undefined
    const first = this.decoder.decode(all.subarray(mark, end)).trim()
    if (first === '') return last ? all.length : undefined
    const header = /^(\d+)[ \t]+(\d+)$/.exec(first)
    if (header === null) {
      this.setDimension(first.split(/[ \t]+/).length - 1)
      this.format = 'glove text'
      return mark
    }
    const body = Math.min(end + 1, all.length)
    const next = this.lineEndAfter(all, body, last)
    if (next === undefined) return undefined
    this.setDimension(Number(header[2]))
    this.promised = Number(header[1])
    this.line = 2
    this.format = body === all.length || looksWritten(all.subarray(body, next)) ? 'word2vec text' : 'word2vec binary'
    return body
  }

  /** Where the line ends that begins at `from`; a place where no line of text would end counts too. */
  private lineEndAfter(all: Uint8Array, from: number, last: boolean): number | undefined {
    const end = all.indexOf(LINE_END, from)
    if (end >= 0) return end
    return last || all.length - from > LONGEST_ROW ? all.length : undefined
  }

  private setDimension(dimension: number): void {
    if (dimension < 1 || dimension > MAX_DIMENSION) {
      const came = `got ${dimension}; is this a file of word vectors?`
      throw new FileFormatError(`${this.name}, line 1: a vector must have 1 … ${MAX_DIMENSION} numbers; ${came}`)
    }
    this.dimension = dimension
    this.table = new Float32Array(this.words.length * dimension)
  }

  private textRows(all: Uint8Array, from: number, last: boolean): number {
    let at = from
    while (at < all.length) {
      let end = all.indexOf(LINE_END, at)
      if (end < 0) {
        if (!last) return at
        end = all.length
      }
      const rowEnd = trimmedEnd(all, at, end)
      if (rowEnd > at) this.textRow(all, at, rowEnd)
      this.line++
      at = end + 1
    }
    return all.length
  }

  private textRow(all: Uint8Array, from: number, end: number): void {
    const wordEnd = this.wordEnd(all, from, end)
    if (wordEnd === undefined) throw this.fault(`must be a word and ${this.dimension} numbers`)
    this.rows++
    const word = this.decoder.decode(all.subarray(from, wordEnd))
    const parts = word.split(/[ \t]+/)
    if (parts.length > 1 && (this.promised !== undefined || /^[-+]?\d*\.\d/.test(parts[parts.length - 1]))) {
      throw this.fault(`must be a word and ${this.dimension} numbers; it has more`)
    }
    const ids = this.idsOf.get(word)
    if (ids === undefined) return
    const numbers = this.decoder
      .decode(all.subarray(wordEnd, end))
      .trim()
      .split(/[ \t]+/)
    const values = Float32Array.from(numbers, Number)
    const wrong = values.findIndex(value => !Number.isFinite(value))
    if (wrong >= 0) throw this.fault(`must be a word and ${this.dimension} numbers; got ${numbers[wrong].slice(0, 40)}`)
    this.keep(ids, values)
  }

  /** Where the word ends if `dimension` things that look like numbers follow it. */
  private wordEnd(all: Uint8Array, from: number, end: number): number | undefined {
    let at = end
    for (let field = 0; field < this.dimension; field++) {
      const fieldEnd = at
      while (at > from && NUMBER_BYTES[all[at - 1]] === 1) at--
      if (at === fieldEnd || at === from || !isSeparator(all[at - 1])) return undefined
      while (at > from && isSeparator(all[at - 1])) at--
    }
    return at > from ? at : undefined
  }

  private binaryRows(all: Uint8Array, from: number, last: boolean): number {
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength)
    const size = 4 * this.dimension
    let at = from
    while (this.rows < (this.promised as number)) {
      let begin = at
      // The original word2vec ends a vector with a line end; others do not.
      while (all[begin] === LINE_END) begin++
      const wordEnd = all.indexOf(SPACE, begin)
      if (wordEnd < 0 || wordEnd + 1 + size > all.length) {
        if (last && begin < all.length) throw this.fault('is cut short; fetch the file again')
        return at
      }
      this.rows++
      const ids = this.idsOf.get(this.decoder.decode(all.subarray(begin, wordEnd)))
      if (ids !== undefined) {
        const values = new Float32Array(this.dimension)
        for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(wordEnd + 1 + 4 * i, true)
        if (values.some(value => !Number.isFinite(value))) throw this.fault('holds NaN or infinity')
        this.keep(ids, values)
      }
      at = wordEnd + 1 + size
    }
    while (all[at] === LINE_END) at++
    if (at < all.length) {
      throw new FileFormatError(
        `${this.name}: its first line promises ${this.promised} vectors; more bytes follow them`,
      )
    }
    return at
  }

  /** The first vector of a word counts. */
  private keep(ids: readonly number[], values: Float32Array): void {
    for (const id of ids) {
      if (this.found[id]) continue
      this.found[id] = true
      this.table.set(values, id * this.dimension)
    }
  }

  private deviation(): number {
    let count = 0
    let sum = 0
    let squares = 0
    for (const [id, found] of this.found.entries()) {
      if (!found) continue
      for (let i = 0; i < this.dimension; i++) {
        const value = this.table[id * this.dimension + i]
        count++
        sum += value
        squares += value * value
      }
    }
    return count === 0 ? 1 : Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2))
  }

  private fault(what: string): FileFormatError {
    const place = this.format === 'word2vec binary' ? `vector ${this.rows + 1}` : `line ${this.line}`
    const doubt = this.rows === 0 ? '; is this a file of word vectors?' : ''
    return new FileFormatError(`${this.name}, ${place}: ${what}${doubt}`)
  }
}

/** `new WordVectorReader(…)` over bytes that are all there. */
export function parseWordVectors(
  bytes: Uint8Array,
  words: readonly string[],
  { name = 'word vectors', missing = 'zero' }: { name?: string; missing?: MissingVectors } = {},
): WordVectors {
  if (words.length === 0) throw new ConfigurationError(`${name}: there are no words to find vectors for`)
  const reader = new WordVectorReader(words, name)
  reader.push(bytes)
  return reader.end(missing)
}

function isSeparator(byte: number): boolean {
  return byte === SPACE || byte === TAB
}

/** Whether a row is text: a binary vector is hardly ever UTF-8 with a written number in it up to its first line end. */
function looksWritten(row: Uint8Array): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(row)
    return /[ \t][-+]?\.?\d/.test(text) && !/(?![\t\r])\p{Cc}/u.test(text)
  } catch {
    return false
  }
}

/** fastText ends its rows with a space, Windows with a carriage return. */
function trimmedEnd(all: Uint8Array, from: number, end: number): number {
  let at = end
  while (at > from && (isSeparator(all[at - 1]) || all[at - 1] === 0x0d)) at--
  return at
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
