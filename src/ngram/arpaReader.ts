/* Reads ARPA files (arpaWriter.ts shows the format) line by line into a trie. The file may be SRILM's, KenLM's or ours;
 * nothing in it is trusted, and what is wrong is named by its line. */

import { Float32Builder, Int32Builder } from '../data/numberBuilders.js'
import { mostDifferent } from '../data/tokenizers/tally.js'
import type { Tokenizer } from '../data/tokenizers/tokenizer.js'
import { FileFormatError } from '../errors.js'
import {
  arpaSymbols,
  type ModelTokenizer,
  tokenizerFromComment,
  tokenizerFromSymbols,
  tokenizerPart,
} from './arpaSymbols.js'
import { type ByteLineOptions, type ByteSource, eachLine } from './byteLines.js'
import { ByteWords } from './byteWords.js'
import { NGramTrie } from './trie.js'
import { unknownWord, WordVocabulary } from './wordVocabulary.js'

export interface ArpaReading extends ByteLineOptions {
  /** What the model was made with; default: what the file's comments say, else what its unigrams are. */
  readonly tokenizer?: Tokenizer | undefined
  /** What the unigrams are; default: characters if each is one, and white space is among them; else words. */
  readonly unit?: 'word' | 'character' | undefined
}

/** log10 of what a file does not say of <unk>: KenLM's choice. */
const UNKNOWN_PROBABILITY = -100
const MAX_ORDER = 32

/** SRILM may write some lines about the model before `\data\`; our tokenizers are counted apart. */
const MAX_PREAMBLE = 2 ** 20
/** Characters of a tokenizer in comments: one of a million byte pairs has 30 million. */
const MAX_TOKENIZER = 2 ** 26
/** Sections are set apart by an empty line or a few. */
const MAX_EMPTY_LINES = 10_000

export async function readArpa(
  source: ByteSource,
  options: ArpaReading,
): Promise<{ trie: NGramTrie; tokenizer: ModelTokenizer }> {
  const reader = new ArpaReader(options)
  await eachLine(source, options, (bytes, from, to) => reader.line(bytes, from, to))
  return reader.finish()
}

class ArpaReader {
  private lineNumber = 0
  /** What comes next: `\data\`, counts, the head of a section, its lines, or nothing after `\end\`. */
  private expected: 'before' | 'counts' | 'head' | 'n-grams' | 'after' = 'before'
  /** The tokenizer as comments have it, so far, and bytes of other lines before `\data\`. */
  private comment = ''
  private preamble = 0
  private emptyLines = 0
  private readonly counts: number[] = []
  /** Order of the section being read. */
  private order = 0
  private sectionBegin = 0
  private readonly names = new ByteWords()
  /** Token of each name in the file. */
  private tokenOf = new Int32Array(0)
  private tokenizer: ModelTokenizer | undefined
  private trie: NGramTrie | undefined
  /** Back-off weights of the order below the section. */
  private lowerBackoffs: Float32Array = new Float32Array(0)

  private probabilities = new Float32Builder()
  private backoffs = new Float32Builder()
  private words = new Int32Builder()
  private parents = new Int32Builder()
  /** Whether the section stands in the trie's order so far. */
  private sorted = true
  private lastParent = -1
  private lastWord = -1

  /** Fields of the line at hand: where each begins and ends. */
  private readonly begins = new Int32Array(MAX_ORDER + 3)
  private readonly ends = new Int32Array(MAX_ORDER + 3)
  /** The context of the last line, token by token, and its nodes. */
  private readonly lastTokens = new Int32Array(MAX_ORDER)
  private readonly lastNodes = new Int32Array(MAX_ORDER)

  constructor(private readonly options: ArpaReading) {}

  line(bytes: Uint8Array, from: number, to: number): void {
    this.lineNumber++
    const fields = this.split(bytes, from, to)
    if (this.expected === 'n-grams') {
      if (fields === 0) this.closeSection()
      else if (this.order === 1) this.unigram(bytes, fields)
      else this.longer(bytes, fields)
      return
    }
    if (fields === 0) {
      if (++this.emptyLines > MAX_EMPTY_LINES)
        throw this.fault(`an ARPA file may have ${MAX_EMPTY_LINES} empty lines; it has more`)
      if (this.expected === 'counts' && this.counts.length > 0) this.expected = 'head'
      return
    }
    const text = new TextDecoder().decode(bytes.subarray(from, to)).trim()
    if (this.expected === 'before') {
      if (text === '\\data\\') this.expected = 'counts'
      else this.before(text)
    } else if (this.expected === 'counts' && /^ngram\b/.test(text)) this.count(text)
    else if (this.expected === 'after') throw this.fault(`nothing may follow \\end\\; got ${shown(text)}`)
    else this.head(text)
  }

  finish(): { trie: NGramTrie; tokenizer: ModelTokenizer } {
    const { trie, tokenizer, expected } = this
    const { where } = this.options
    if (expected === 'before')
      throw new FileFormatError(`${where}: no line is \\data\\, with which an ARPA file begins`)
    if (expected !== 'after' || !trie || !tokenizer)
      throw new FileFormatError(`${where}: line ${this.lineNumber}: the file ends before \\end\\; it is cut short`)
    return { trie, tokenizer }
  }

  /** A line before `\data\`. */
  private before(text: string): void {
    const part = tokenizerPart(text)
    this.comment += part
    if (part === '') this.preamble += text.length + 1
    if (this.comment.length > MAX_TOKENIZER || this.preamble > MAX_PREAMBLE)
      throw this.fault(
        `before \\data\\ there may stand ${MAX_PREAMBLE} characters, and ${MAX_TOKENIZER} of a tokenizer; there are more; is this an ARPA file?`,
      )
  }

  private count(text: string): void {
    const match = /^ngram\s+(\d+)\s*=\s*(\d+)$/.exec(text)
    if (!match) throw this.fault(`a count must look like ngram 1=24032; got ${shown(text)}`)
    const [order, count] = [Number(match[1]), Number(match[2])]
    if (order !== this.counts.length + 1)
      throw this.fault(`the count of order ${this.counts.length + 1} was to come; got ${shown(text)}`)
    if (order > MAX_ORDER) throw this.fault(`orders up to ${MAX_ORDER} can be read; got ${order}`)
    if (order === 1 && count > mostDifferent)
      throw this.fault(`at most ${mostDifferent} different words can be read; got ${shown(match[2])}`)
    this.counts.push(count)
    if (this.counts.reduce((sum, one) => sum + one, 0) >= 2 ** 31)
      throw this.fault(
        `at most ${2 ** 31 - 1} n-grams can be read; with this order there are more; got ${shown(match[2])}`,
      )
  }

  private head(text: string): void {
    const wanted = this.order === this.counts.length ? '\\end\\' : `\\${this.order + 1}-grams:`
    if (this.counts.length === 0) throw this.fault(`a count like ngram 1=24032 was to come; got ${shown(text)}`)
    if (text !== wanted) throw this.fault(`${wanted} was to come; got ${shown(text)}`)
    if (this.order === this.counts.length) {
      this.expected = 'after'
      return
    }
    this.order++
    this.expected = 'n-grams'
    this.sectionBegin = this.lineNumber + 1
    this.probabilities = new Float32Builder()
    this.backoffs = new Float32Builder()
    this.words = new Int32Builder()
    this.parents = new Int32Builder()
    this.sorted = true
    this.lastParent = -1
    this.lastTokens.fill(-1)
  }

  private unigram(bytes: Uint8Array, fields: number): void {
    if (!this.numbers(bytes, fields)) return
    const [from, to] = [this.begins[1], this.ends[1]]
    if (this.names.add(bytes, from, to) < 0) throw this.fault(`${this.field(bytes, 1)} stands twice among the unigrams`)
  }

  private longer(bytes: Uint8Array, fields: number): void {
    if (!this.numbers(bytes, fields)) return
    const { order, lastTokens, lastNodes } = this
    const trie = this.trie as NGramTrie
    let same = true
    let node = -1
    for (let i = 0; i < order - 1; i++) {
      const token = this.token(bytes, i + 1)
      same = same && lastTokens[i] === token
      if (same) node = lastNodes[i]
      else {
        node = i === 0 ? token : trie.find(node, token)
        if (node < 0) throw this.fault(`the first ${i + 1} words must stand among the ${i + 1}-grams; these do not`)
        lastTokens[i] = token
        lastNodes[i] = node
      }
    }
    const parent = node - trie.starts[order - 2]
    const word = this.token(bytes, order)
    if (parent < this.lastParent || (parent === this.lastParent && word <= this.lastWord)) this.sorted = false
    this.lastParent = parent
    this.lastWord = word
    this.parents.push(parent)
    this.words.push(word)
  }

  private token(bytes: Uint8Array, field: number): number {
    const name = this.names.find(bytes, this.begins[field], this.ends[field])
    if (name < 0 && /^<(unk|UNK)>$/.test(this.field(bytes, field))) return (this.tokenizer as ModelTokenizer).unknown
    if (name < 0) throw this.fault(`${this.field(bytes, field)} is not among the unigrams`)
    return this.tokenOf[name]
  }

  /** Reads the line's probability and back-off weight. */
  private numbers(bytes: Uint8Array, fields: number): boolean {
    const { order } = this
    const highest = order === this.counts.length
    if (fields === 1 && bytes[this.begins[0]] === 0x5c) {
      // The next head without an empty line before it.
      const text = this.field(bytes, 0)
      this.closeSection()
      this.head(text)
      return false
    }
    if (fields !== order + 1 && (highest || fields !== order + 2)) {
      const wanted = highest ? `${order + 1} fields` : `${order + 1} or ${order + 2} fields`
      throw this.fault(
        `a ${order}-gram must have ${wanted} (log10 probability, words, back-off weight); got ${fields > MAX_ORDER + 2 ? 'more' : fields}`,
      )
    }
    const probability = this.number(bytes, 0)
    if (!(probability <= 0)) throw this.fault(`log10 of a probability must be at most 0; got ${this.field(bytes, 0)}`)
    if (this.probabilities.length === this.counts[order - 1])
      throw this.fault(`\\data\\ promised ${this.counts[order - 1]} ${order}-grams; there are more`)
    this.probabilities.push(probability)
    if (!highest) this.backoffs.push(fields === order + 2 ? this.number(bytes, order + 1) : 0)
    return true
  }

  private number(bytes: Uint8Array, field: number): number {
    let at = this.begins[field]
    const end = this.ends[field]
    const negative = bytes[at] === 0x2d
    if (negative) at++
    let digits = 0
    let value = 0
    let decimals = -1
    for (; at < end && digits < 15; at++) {
      const digit = bytes[at] - 0x30
      if (digit >= 0 && digit <= 9) {
        value = 10 * value + digit
        digits++
        if (decimals >= 0) decimals++
      } else if (bytes[at] === 0x2e && decimals < 0) decimals = 0
      else break
    }
    if (at < end || digits === 0) return this.unusualNumber(bytes, field)
    const magnitude = decimals > 0 ? value / 10 ** decimals : value
    if (negative && magnitude === 99) return -Infinity
    return negative ? -magnitude : magnitude
  }

  /** Exponents, more than 15 digits, infinity. */
  private unusualNumber(bytes: Uint8Array, field: number): number {
    const text = this.field(bytes, field)
    if (/^-inf(inity)?$/i.test(text)) return -Infinity
    const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
    if (!Number.isFinite(Math.fround(value))) throw this.fault(`a number was to come; got ${shown(text)}`)
    return value
  }

  private closeSection(): void {
    const { order, counts, where } = { ...this.options, order: this.order, counts: this.counts }
    const found = this.probabilities.length
    if (found !== counts[order - 1])
      throw new FileFormatError(
        `${where}: line ${this.lineNumber}: \\data\\ promised ${counts[order - 1]} ${order}-grams; there are ${found}`,
      )
    if (order === 1) this.closeUnigrams()
    else this.closeLonger()
    this.expected = 'head'
  }

  private closeUnigrams(): void {
    const { where, unit } = this.options
    const given = this.options.tokenizer ?? (this.comment ? tokenizerFromComment(this.comment, where) : undefined)
    const symbols = this.names.texts()
    // KenLM writes and reads one, SRILM may write the other.
    const capital = symbols.indexOf('<UNK>')
    if (capital >= 0 && !symbols.includes(unknownWord)) symbols[capital] = unknownWord
    const tokenizer = tokenizerFromSymbols(symbols, given, unit, where)
    const idOf = idsOf(tokenizer)
    const probabilities = new Float32Array(tokenizer.size).fill(UNKNOWN_PROBABILITY)
    const backoffs = new Float32Array(tokenizer.size)
    const values = [this.probabilities.view(), this.backoffs.view()]
    this.tokenOf = Int32Array.from(symbols, (symbol, i) => {
      const id = idOf(symbol)
      if (id === undefined)
        throw new FileFormatError(
          `${where}: line ${this.sectionBegin + i}: the tokenizer does not have ${shown(symbol)}; give the one that the model was made with`,
        )
      probabilities[id] = values[0][i]
      if (i < values[1].length) backoffs[id] = values[1][i]
      return id
    })
    this.tokenizer = tokenizer
    this.trie = NGramTrie.ofUnigrams(probabilities)
    this.lowerBackoffs = backoffs
  }

  private closeLonger(): void {
    const trie = this.trie as NGramTrie
    const begin = trie.starts[this.order - 2]
    let level = {
      parents: this.parents.view(),
      words: this.words.view(),
      probabilities: this.probabilities.view(),
      own: this.backoffs.view(),
    }
    if (!this.sorted) {
      const order = sortedOrder(level.parents, level.words, trie.starts[this.order - 1] - begin, trie.vocabularySize)
      const { parents, words, probabilities, own } = level
      level = {
        parents: order.map(i => parents[i]),
        words: order.map(i => words[i]),
        probabilities: Float32Array.from(order, i => probabilities[i]),
        own: own.length > 0 ? Float32Array.from(order, i => own[i]) : own,
      }
      for (let i = 1; i < order.length; i++)
        if (level.parents[i] === level.parents[i - 1] && level.words[i] === level.words[i - 1])
          throw new FileFormatError(
            `${this.options.where}: line ${this.sectionBegin + order[i]}: the same ${this.order}-gram stands in line ${this.sectionBegin + order[i - 1]}`,
          )
    }
    this.trie = trie.extended({ ...level, backoffs: this.lowerBackoffs })
    this.lowerBackoffs = level.own
  }

  /** Where the fields of a line are; how many, or more than any line may have. */
  private split(bytes: Uint8Array, from: number, to: number): number {
    let count = 0
    let at = from
    for (;;) {
      while (at < to && isSpace(bytes[at])) at++
      if (at === to) return count
      if (count === this.begins.length) return count + 1
      this.begins[count] = at
      while (at < to && !isSpace(bytes[at])) at++
      this.ends[count++] = at
    }
  }

  private field(bytes: Uint8Array, field: number): string {
    return new TextDecoder().decode(bytes.subarray(this.begins[field], this.ends[field]).subarray(0, 200))
  }

  private fault(message: string): FileFormatError {
    return new FileFormatError(`${this.options.where}: line ${this.lineNumber}: ${message}`)
  }
}

/** The token of each name that a file may have. */
function idsOf(tokenizer: ModelTokenizer): (name: string) => number | undefined {
  if (tokenizer instanceof WordVocabulary) return name => tokenizer.idOf(name)
  const ids = new Map(arpaSymbols(tokenizer).map((symbol, id) => [symbol, id]))
  return name => ids.get(name)
}

/** What KenLM takes as the end of a field. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d
}

/** The order that sorts by parent, then word, stable: two counting sorts. */
function sortedOrder(parents: Int32Array, words: Int32Array, contexts: number, vocabularySize: number): Int32Array {
  const identity = Int32Array.from(words, (_, i) => i)
  return countingSort(parents, contexts, countingSort(words, vocabularySize, identity))
}

function countingSort(keys: Int32Array, keyCount: number, order: Int32Array): Int32Array {
  const place = new Int32Array(keyCount + 1)
  for (let i = 0; i < keys.length; i++) place[keys[i] + 1]++
  for (let key = 0; key < keyCount; key++) place[key + 1] += place[key]
  const sorted = new Int32Array(order.length)
  for (let i = 0; i < order.length; i++) sorted[place[keys[order[i]]]++] = order[i]
  return sorted
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 60))
}
