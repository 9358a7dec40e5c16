/* A text with a name, and its three parts: training, validation (watched during training) and test (looked at once).
 * Parts are drawn in whole pieces, so that held-out text is not the other half of a sentence the model has trained on.
 * A text may be longer than any string: then it is given in chunks, each time anew, and only its tokens are held. */
import { ConfigurationError } from '../../errors.js'
import { Int32Builder } from '../numberBuilders.js'
import type { TokenEncoder } from '../tokenizers/tokenEncoder.js'
import { checkShares, drawParts, type PartOptions, type Parts, type PieceSizes } from './parts.js'

/** A text that lies elsewhere, as in a file. Places are counted in code units, as in a string. */
export interface TextSource {
  readonly length: number
  /** Unicode code points. */
  readonly characters: number
  /** The text between two places in chunks, none of which ends inside a surrogate pair. */
  chunks(from: number, to: number): Iterable<string>
}

// Of a text that is held, so much is encoded at once.
const CHUNK_LENGTH = 2 ** 20
/** Tokens that room is asked for before any has come. */
const MAX_ROOM = 2 ** 30

export class TextCorpus {
  readonly length: number
  private counted: number | undefined

  constructor(
    private readonly source: string | TextSource,
    readonly name: string,
  ) {
    this.length = source.length
  }

  /** All of the text. @throws ConfigurationError where it is longer than a string can be, about 500 million characters */
  get text(): string {
    if (typeof this.source === 'string') return this.source
    try {
      return Array.from(this.chunks()).join('')
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new ConfigurationError(
        `${this.name}: the text is ${this.length} characters long, too long to be held whole; give a shorter one here`,
        { cause: error },
      )
    }
  }

  /** Unicode code points. */
  get characters(): number {
    this.counted ??= typeof this.source === 'string' ? codePoints(this.source) : this.source.characters
    return this.counted
  }

  /** Whether the text is in memory. */
  get isHeld(): boolean {
    return typeof this.source === 'string'
  }

  /** The text, or what lies between two places (in code units), in chunks that end inside no character. */
  chunks(from = 0, to = this.length): Iterable<string> {
    return typeof this.source === 'string' ? slices(this.source, from, to) : this.source.chunks(from, to)
  }

  /** The lines, each with its end, where it has one. */
  *lines(): Generator<string, void, undefined> {
    let open: string[] = []
    for (const chunk of this.chunks()) {
      let from = 0
      for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
        open.push(chunk.slice(from, end + 1))
        yield open.length === 1 ? open[0] : open.join('')
        open = []
        from = end + 1
      }
      if (from < chunk.length) open.push(chunk.slice(from))
    }
    if (open.length > 0) yield open.join('')
  }

  /** The tokens as they come, chunk by chunk: joined, they are `encode` of the text. */
  *encodeChunks(tokenizer: { encoder(): TokenEncoder }): Generator<Int32Array, void, undefined> {
    const encoder = tokenizer.encoder()
    for (const chunk of this.chunks()) yield encoder.push(chunk)
    yield encoder.end()
  }

  /** The tokens of the text, four bytes each. */
  encode(tokenizer: { encoder(): TokenEncoder }): Int32Array {
    return this.encodeBeginning(tokenizer, Infinity).tokens
  }

  /** The first tokens, `most` or a chunk's more, and how many characters have been read for them. */
  encodeBeginning(
    tokenizer: { encoder(): TokenEncoder },
    most: number,
  ): { readonly tokens: Int32Array; readonly characters: number } {
    // Few tokenizers give more tokens than there are code units: so nothing is copied, and room that is not written to
    // takes no memory.
    const tokens = new Int32Builder(Math.max(1, Math.min(this.length, most + CHUNK_LENGTH, MAX_ROOM)))
    const encoder = tokenizer.encoder()
    let characters = 0
    for (const chunk of this.chunks()) {
      if (tokens.length >= most) break
      tokens.append(encoder.push(chunk))
      characters += codePoints(chunk)
    }
    tokens.append(encoder.end())
    return { tokens: tokens.view(), characters }
  }
}

/** What a tokenizer is fitted to: a text, one that may be too long for a string, or several, each on its own. */
export function* textsOf(text: string | Iterable<string> | TextCorpus): Generator<TextCorpus, void, undefined> {
  if (text instanceof TextCorpus) yield text
  else for (const each of typeof text === 'string' ? [text] : text) yield new TextCorpus(each, 'text')
}

export interface TextSplits {
  train: TextCorpus
  validation: TextCorpus
  test: TextCorpus
}

/** Shares are shares of the characters. */
export interface SplitOptions extends PartOptions {
  /** Whether a piece may leave the training part. Default: every piece may. */
  mayBeHeldOut?: ((piece: string, index: number) => boolean) | undefined
}

/**
 * `drawParts` of pieces of text, each as large as its characters are many. In every part the pieces keep their order;
 * together the parts hold every piece exactly once.
 *
 * @throws ConfigurationError when a share is not between 0 and 1 or a part would stay empty.
 */
export function splitPieces(pieces: readonly string[], { mayBeHeldOut, ...options }: SplitOptions = {}): TextSplits {
  const free = mayBeHeldOut && ((index: number) => mayBeHeldOut(pieces[index], index))
  const sizes = pieces.map(piece => piece.length)
  return drawn(sizes, options, indices => indices.map(i => pieces[i]).join(''), free)
}

export interface SplitTextOptions extends PartOptions {
  /**
   * What is held out: `pieces`, about 200 that end where `cutsOf` says, drawn as `splitPieces` draws; or the text's `end`,
   * cut where the shares are full: training, then validation, then test. Default pieces.
   */
  heldOut?: 'pieces' | 'end' | undefined
  /** Parts that are there already; their share stays in the training part. */
  heldOutParts?: Partial<Pick<TextSplits, 'validation' | 'test'>> | undefined
}

/** A text in three parts. Parts of a text that lies elsewhere lie there too. */
export function splitText(text: string | TextCorpus, options: SplitTextOptions = {}): TextSplits {
  const { name = typeof text === 'string' ? 'text' : text.name, heldOut = 'pieces', heldOutParts = {} } = options
  const corpus = typeof text === 'string' ? new TextCorpus(text, name) : text
  if (heldOutParts.validation && heldOutParts.test)
    return { train: corpus, validation: heldOutParts.validation, test: heldOutParts.test }
  const ends = heldOut === 'end' ? endsOf(corpus, { ...options, name }) : cutsOf(corpus)
  const beginOf = (i: number) => (i === 0 ? 0 : ends[i - 1])
  const parts =
    heldOut === 'end' ? inOrder : drawParts(piecesOf(ends.map((end, i) => end - beginOf(i))), { ...options, name })
  const back = heldOutParts.validation ? parts.validation : heldOutParts.test ? parts.test : []
  const part = (indices: readonly number[], called: string) =>
    new TextCorpus(
      corpusPart(corpus, indices, i => [beginOf(i), ends[i]]),
      `${name} (${called})`,
    )
  return {
    train: part(
      [...parts.train, ...back].sort((a, b) => a - b),
      'training',
    ),
    validation: heldOutParts.validation ?? part(parts.validation, 'validation'),
    test: heldOutParts.test ?? part(parts.test, 'test'),
  }
}

/** Parts that follow one another. */
const inOrder: Parts = { train: [0], validation: [1], test: [2] }

/** Where training, validation and test end, in order, none of them inside a surrogate pair. */
function endsOf(corpus: TextCorpus, { validation = 0.05, test = 0.05, name }: PartOptions): number[] {
  checkShares({ validation, test, name })
  const { length } = corpus
  // 1 − 0.1 − 0.05 is 0.8500000000000001: rounded to what was meant.
  const places = [1 - validation - test, 1 - test].map(share => Math.floor(Number((share * length).toFixed(6))))
  const ends = [...places.map(place => (isInPair(corpus, place) ? place + 1 : place)), length]
  const sizes = ends.map((end, i) => end - (i === 0 ? 0 : ends[i - 1]))
  if (sizes.includes(0))
    throw new ConfigurationError(
      `${name}: ${length} characters cannot fill three parts (training ${sizes[0]}, validation ${sizes[1]}, test ${sizes[2]}); give a longer text or other shares`,
    )
  return ends
}

function isInPair(corpus: TextCorpus, place: number): boolean {
  if (place === 0) return false
  return isPairAt(Array.from(corpus.chunks(place - 1, place + 1)).join(''), 0)
}

function drawn(
  sizes: readonly number[],
  options: PartOptions,
  textOf: (indices: readonly number[]) => string | TextSource,
  mayBeHeldOut?: (index: number) => boolean,
): TextSplits {
  const { name = 'text' } = options
  const parts = drawParts({ ...piecesOf(sizes), mayBeHeldOut }, options)
  const part = (indices: readonly number[], called: string) => new TextCorpus(textOf(indices), `${name} (${called})`)
  return {
    train: part(parts.train, 'training'),
    validation: part(parts.validation, 'validation'),
    test: part(parts.test, 'test'),
  }
}

const piecesOf = (sizes: readonly number[]): PieceSizes => ({ sizes, counted: 'characters', called: 'pieces' })

/** Some ranges of a corpus, joined: as a string where the corpus is one. */
function corpusPart(
  corpus: TextCorpus,
  indices: readonly number[],
  rangeOf: (index: number) => [from: number, to: number],
): string | TextSource {
  const ranges: [from: number, to: number][] = []
  for (const [from, to] of indices.map(rangeOf)) {
    const last = ranges.at(-1)
    if (last?.[1] === from) last[1] = to
    else ranges.push([from, to])
  }
  const chunks = function* (from = 0, to = Infinity) {
    let before = 0
    for (const [begin, end] of ranges) {
      const [first, last] = [Math.max(begin, begin + from - before), Math.min(end, begin + to - before)]
      if (first < last) yield* corpus.chunks(first, last)
      before += end - begin
    }
  }
  if (corpus.isHeld) return Array.from(chunks()).join('')
  let characters: number | undefined
  return {
    length: ranges.reduce((sum, [begin, end]) => sum + end - begin, 0),
    get characters() {
      if (characters === undefined) {
        characters = 0
        for (const chunk of chunks()) characters += codePoints(chunk)
      }
      return characters
    },
    chunks,
  }
}

/**
 * Where each of about `count` pieces of about equal length ends, ascending: after the line end nearest to each even cut,
 * and where there is no line end within half a piece, at the even cut itself, but never inside a surrogate pair. No
 * piece is empty; the last ends with the text.
 */
export function cutsOf(corpus: TextCorpus, count = 200): number[] {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new ConfigurationError(`cutsOf: count must be a whole number from 1 on; got ${count}`)
  }
  const { length } = corpus
  const wanted = Math.min(count, length)
  const reach = length / wanted / 2
  const places = Array.from({ length: Math.max(0, wanted - 1) }, (_, i) => Math.round(((i + 1) * length) / wanted))
  const cuts: number[] = []
  const take = (cut: number) => {
    if (cut > (cuts.at(-1) ?? 0)) cuts.push(cut)
  }
  const isInPair = new Set<number>()
  let next = 0
  let lineEnd = -Infinity
  const settle = (place: number, following: number) => {
    const [before, after] = [place - lineEnd, following - place]
    if (before <= reach && before <= after) take(lineEnd)
    else if (after <= reach) take(following)
    else take(isInPair.has(place) ? place + 1 : place)
  }
  let begin = 0
  let looked = 0
  for (const chunk of corpus.chunks()) {
    for (; looked < places.length && places[looked] < begin + chunk.length; looked++)
      if (isPairAt(chunk, places[looked] - begin - 1)) isInPair.add(places[looked])
    for (let i = chunk.indexOf('\n'); i >= 0; i = chunk.indexOf('\n', i + 1)) {
      const end = begin + i + 1
      for (; next < places.length && places[next] < end; next++) settle(places[next], end)
      lineEnd = end
    }
    begin += chunk.length
  }
  for (; next < places.length; next++) settle(places[next], Infinity)
  take(length)
  return cuts
}

function isPairAt(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00
}

function* slices(text: string, from: number, to: number): Generator<string, void, undefined> {
  while (from < to) {
    let end = Math.min(from + CHUNK_LENGTH, to)
    if (end < to && isPairAt(text, end - 1)) end++
    yield text.slice(from, end)
    from = end
  }
}

/** Unicode code points of a text. */
export function codePoints(text: string): number {
  let count = text.length
  for (let i = 0; i + 1 < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) !== 0xd800 || !isPairAt(text, i)) continue
    count--
    i++
  }
  return count
}
