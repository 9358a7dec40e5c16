/* The n-gram model: how likely is each next token, given the few before it? Counted, not trained; what every recurrent
 * model is measured against, and a Predictor like it. */

import { codePoints, TextCorpus } from '../data/corpora/corpus.js'
import { fitTokenizer } from '../data/tokenizers/fitTokenizer.js'
import { MarkedTokenizer } from '../data/tokenizers/sentenceMarks.js'
import { ConfigurationError } from '../errors.js'
import { type Continuation, type ContinueOptions, continuations } from '../generation/continuations.js'
import type { Evaluation } from '../generation/evaluation.js'
import { type GenerateOptions, generate } from '../generation/generate.js'
import { type NextToken, nextTokens, type Predictor, type Reading, type ReadOptions } from '../generation/predictor.js'
import type { TokenScore } from '../generation/scoring.js'
import { type ArpaReading, readArpa } from './arpaReader.js'
import { arpaSymbols, type ModelTokenizer, tokenizerComment } from './arpaSymbols.js'
import { writeArpa } from './arpaWriter.js'
import { isBinary, readBinary, writeBinary } from './binary.js'
import { type ByteSource, gzipped } from './byteLines.js'
import type { CountedLevel, SentenceMarks } from './counting.js'
import { type Discounts, kneserNey } from './kneserNey.js'
import { LineTokenizer } from './lineTokenizer.js'
import { NGramCounter } from './nGramCounter.js'
import { type NGramOptions, type ResolvedOptions, resolveOptions, type Smoothing, smoothings } from './ngramOptions.js'
import { openReading } from './reading.js'
import { relativeFrequency } from './relativeFrequency.js'
import { Cursor, type NGramTrie } from './trie.js'
import { WordVocabulary } from './wordVocabulary.js'

/** How a model was estimated; nothing of it where it came from an ARPA file. */
export interface NGramEstimate {
  readonly smoothing?: Smoothing | undefined
  /** D1, D2 and D3+ of each order; Kneser-Ney only. */
  readonly discounts?: readonly Discounts[] | undefined
}

/** One token of a scored text, as KenLM's query prints it. */
export interface NGramTokenScore extends TokenScore {
  /** Tokens of the longest n-gram that the model knew here, this token included: 1 to the order. */
  readonly matched: number
}

export class NGram implements Predictor {
  private constructor(
    private readonly trie: NGramTrie,
    readonly tokenizer: ModelTokenizer,
    readonly estimate: NGramEstimate,
  ) {}

  /**
   * Counts a text and estimates a model of it. The text is read chunk by chunk; memory while it runs: about 60 bytes an
   * n-gram, whatever the text's length, and up to 400 MB beside them.
   * @throws ConfigurationError for an option that cannot be, a text without tokens, discounts that the text does not give,
   *   and more n-grams than there is memory for
   */
  static fit(corpus: TextCorpus | string, options: NGramOptions = {}): NGram {
    const resolved = resolveOptions(options)
    const text = asCorpus(corpus)
    try {
      return NGram.estimated(text, resolved)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new ConfigurationError(
        `${text.name}: there is not enough memory for its n-grams (${error.message}); take a lower order or less text`,
        { cause: error },
      )
    }
  }

  private static estimated(corpus: TextCorpus, options: ResolvedOptions): NGram {
    const { smoothing, k, prune, fallback } = options
    const { tokenizer, levels } = counted(corpus, options)
    const { marks } = tokenizer
    if (smoothing === 'kneser-ney') {
      const { trie, discounts } = kneserNey(levels, { marks, prune, fallback })
      return new NGram(trie, tokenizer, { smoothing, discounts })
    }
    const trie = relativeFrequency(levels, { marks, prune, k: smoothing === 'add-k' ? k : 0 })
    return new NGram(trie, tokenizer, { smoothing })
  }

  /**
   * Reads an ARPA file, plain or gzip, whole or in chunks.
   * @throws FileFormatError that names the line
   */
  static async fromArpa(source: ByteSource, options: Partial<ArpaReading> = {}): Promise<NGram> {
    const { trie, tokenizer } = await readArpa(source, { where: 'ARPA', ...options })
    return new NGram(trie, tokenizer, {})
  }

  /** Reads what `toBytes` wrote; the model keeps the bytes. */
  static fromBytes(bytes: Uint8Array, where = 'model'): NGram {
    const { trie, tokenizer, estimate } = readBinary(bytes, where)
    return new NGram(trie, tokenizer, estimateFrom(estimate))
  }

  /** Reads bytes of either kind. */
  static load(bytes: Uint8Array, options: Partial<ArpaReading> = {}): Promise<NGram> {
    if (isBinary(bytes)) return Promise.resolve(NGram.fromBytes(bytes, options.where))
    return NGram.fromArpa(bytes, options)
  }

  /** Tokens of the longest n-gram. */
  get order(): number {
    return this.trie.order
  }

  /** n-grams of each order; unigrams are the vocabulary, marks and the unknown included. */
  get counts(): number[] {
    const { starts } = this.trie
    return starts.slice(1).map((end, i) => end - starts[i])
  }

  /** Bytes that the n-grams take in memory. */
  get bytes(): number {
    return this.trie.bytes
  }

  /** The model as ARPA, in chunks. @throws ConfigurationError for add-k beyond order 1, which ARPA cannot say */
  arpa(): Generator<Uint8Array<ArrayBuffer>> {
    if (this.trie.unseen === 'uniform' && this.order > 1)
      throw new ConfigurationError(
        'NGram.arpa: add-k gives every token that never followed a context the same, which ARPA’s back-off cannot say; save the binary form, or take another smoothing',
      )
    return writeArpa(this.trie, arpaSymbols(this.tokenizer), tokenizerComment(this.tokenizer))
  }

  /** The same, packed by gzip. */
  arpaGzip(): AsyncGenerator<Uint8Array, void, undefined> {
    return gzipped(this.arpa())
  }

  /** The binary form, which loads at once. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return writeBinary({ trie: this.trie, tokenizer: this.tokenizer, estimate: this.estimate })
  }

  read({ from }: ReadOptions = {}): Reading {
    const { marks, size } = this.tokenizer
    return openReading({ trie: this.trie, size, marks, begin: this.begin().state }, from)
  }

  /** The likeliest next tokens after a text, best first. */
  next(text: string, options: { top?: number } = {}): NextToken[] {
    return nextTokens(this, text, options)
  }

  /** Continues a text; the pieces do not contain the prompt. Leaving the loop early is fine. */
  generate(options: GenerateOptions = {}): AsyncGenerator<string, void, undefined> {
    return generate(this, options, pausing())
  }

  /** Several continuations at once: drawn, or the likeliest that a beam finds. */
  continuations(options: ContinueOptions = {}): Promise<Continuation[]> {
    return continuations(this, options, pausing())
  }

  /** Every token of a text (an unknown word as it stands there) with its log-probability and the longest match. */
  score(text: string): NGramTokenScore[] {
    const cursor = this.begin()
    const { unknown, marks, vocabulary } = this.tokenizer
    const surfaces = this.tokenizer instanceof WordVocabulary ? this.tokenizer.surfaces(text) : []
    const tokens = Array.from(closing([this.tokenizer.encode(text)], marks)).flatMap(piece => [...piece])
    return tokens.map((token, i) => {
      const log10Probability = cursor.advance(token)
      const { matched } = cursor
      if (token === marks?.end) cursor.state = beginState(this.trie, marks)
      return {
        text: token === unknown ? (surfaces[i] ?? vocabulary[token]) : vocabulary[token],
        token,
        logProbability: log10Probability * Math.LN10,
        log10Probability,
        matched,
        unknown: token === unknown,
      }
    })
  }

  /**
   * How well the model predicts a text.
   * @throws ConfigurationError for an empty text
   */
  perplexity(corpus: TextCorpus | string): Evaluation {
    const text = asCorpus(corpus)
    let characters = 0
    const encoder = this.tokenizer.encoder()
    const pieces = function* () {
      for (const chunk of text.chunks()) {
        characters += codePoints(chunk)
        yield encoder.push(chunk)
      }
      yield encoder.end()
    }
    const { known, unknown, unknownCount, count } = this.logLikelihood(closing(pieces(), this.tokenizer.marks))
    if (count === 0)
      throw new ConfigurationError(`${text.name}: there is nothing to evaluate; give a text that is not empty`)
    const loss = -(known + unknown) / count
    return {
      loss,
      perplexity: Math.exp(loss),
      perplexityWithoutUnknown: Math.exp(-known / (count - unknownCount)),
      bitsPerCharacter: (loss * count) / Math.LN2 / characters,
      tokens: count,
      unknown: unknownCount,
    }
  }

  /**
   * Sums of the log-probabilities of tokens that follow one another, in nats: of those that the vocabulary has, and of
   * the unknown; and how many there are.
   */
  logLikelihood(pieces: Iterable<Int32Array>): { known: number; unknown: number; unknownCount: number; count: number } {
    const { unknown, marks } = this.tokenizer
    const end = marks ? marks.end : -1
    const begin = marks ? beginState(this.trie, marks) : -1
    const cursor = this.begin()
    let knownSum = 0
    let unknownSum = 0
    let unknownCount = 0
    let count = 0
    for (const tokens of pieces) {
      for (let i = 0; i < tokens.length; i++) {
        const token = tokens[i]
        const value = cursor.advance(token)
        if (token === unknown) {
          unknownSum += value
          unknownCount++
        } else knownSum += value
        if (token === end) cursor.state = begin
      }
      count += tokens.length
    }
    return { known: knownSum * Math.LN10, unknown: unknownSum * Math.LN10, unknownCount, count }
  }

  private begin(): Cursor {
    return new Cursor(this.trie, this.tokenizer.marks ? beginState(this.trie, this.tokenizer.marks) : -1)
  }
}

function beginState(trie: NGramTrie, marks: SentenceMarks): number {
  return trie.inner > 0 ? marks.begin : -1
}

const asCorpus = (text: TextCorpus | string) => (typeof text === 'string' ? new TextCorpus(text, 'text') : text)

/** Tokens whose last sentence is closed. */
function* closing(pieces: Iterable<Int32Array>, marks: SentenceMarks | undefined): Generator<Int32Array> {
  let last: number | undefined
  for (const tokens of pieces) {
    yield tokens
    last = tokens.at(-1) ?? last
  }
  if (marks && last !== undefined && last !== marks.end) yield Int32Array.of(marks.end)
}

/** The n-grams of a text, and the tokenizer that cut it. */
function counted(corpus: TextCorpus, options: ResolvedOptions): { tokenizer: ModelTokenizer; levels: CountedLevel[] } {
  const { order, unit, tokenizer: given, minCount, sentences } = options
  let tokenizer: ModelTokenizer
  let counter: NGramCounter
  if (!given && unit === 'word') {
    counter = new NGramCounter({ order, marks: WordVocabulary.of([], sentences).marks })
    tokenizer = WordVocabulary.fit(corpus, { sentences, minCount }, tokens => counter.push(tokens))
  } else {
    tokenizer = tokenizerFor(corpus, options)
    counter = new NGramCounter({ order, marks: tokenizer.marks })
    for (const tokens of corpus.encodeChunks(tokenizer)) counter.push(tokens)
  }
  if (!counter.hasTokens)
    throw new ConfigurationError(`${corpus.name}: there is nothing to count; give a text that is not empty`)
  return { tokenizer, levels: counter.end(tokenizer.size) }
}

function tokenizerFor(
  corpus: TextCorpus,
  { unit, tokenizer: given, minCount, vocabularySize, sentences }: ResolvedOptions,
): ModelTokenizer {
  const marked = given instanceof MarkedTokenizer
  const inner = marked
    ? given.inner
    : (given ?? fitTokenizer(sentences ? withoutLineEnds(corpus) : corpus, { unit, minCount, vocabularySize }))
  return marked || sentences ? new LineTokenizer(inner) : inner
}

/** A line end is no character of a sentence. */
function withoutLineEnds(corpus: TextCorpus): TextCorpus {
  const { name, length, characters } = corpus
  const chunks = function* () {
    for (const chunk of corpus.chunks()) yield chunk.replace(/[\r\n]+/g, '')
  }
  return new TextCorpus({ length, characters, chunks }, name)
}

/** Lets the event loop turn now and then: a token takes microseconds, a turn a millisecond. */
function pausing(): () => Promise<void> {
  let tokens = 0
  return () => (++tokens % 32 === 0 ? new Promise(resolve => setTimeout(resolve)) : Promise.resolve())
}

/** What a file says of the estimate: nothing is computed from it, so what is not sound is left out. */
function estimateFrom(json: unknown): NGramEstimate {
  if (typeof json !== 'object' || json === null) return {}
  const { smoothing, discounts } = json as Record<string, unknown>
  const sound = (order: unknown) => Array.isArray(order) && order.length === 3 && order.every(Number.isFinite)
  return {
    ...(smoothings.includes(smoothing as Smoothing) ? { smoothing: smoothing as Smoothing } : {}),
    ...(Array.isArray(discounts) && discounts.every(sound) ? { discounts: discounts as Discounts[] } : {}),
  }
}
