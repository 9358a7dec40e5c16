/* Words as KenLM's lmplz and query take them: what stands between white space (tab, line end, carriage return, space,
 * NUL), case kept. Ids follow the first occurrence: <unk> 0, with sentence marks <s> 1 and </s> 2, then the words. With
 * sentence marks a line is a sentence, and </s> is its end; without, all white space is alike. */

import type { TextCorpus } from '../data/corpora/corpus.js'
import { Int32Builder } from '../data/numberBuilders.js'
import { mostDifferent } from '../data/tokenizers/tally.js'
import type { TokenDecoder } from '../data/tokenizers/tokenDecoder.js'
import { collecting, detached, type TokenEncoder, WholeWords } from '../data/tokenizers/tokenEncoder.js'
import type { Tokenizer, TokenizerJSON } from '../data/tokenizers/tokenizer.js'
import { ConfigurationError } from '../errors.js'
import type { SentenceMarks } from './counting.js'

export const unknownWord = '<unk>'
export const beginMark = '<s>'
export const endMark = '</s>'

export interface WordOptions {
  readonly sentences: boolean
  /** A word that occurs less often is unknown. */
  readonly minCount: number
}

export class WordVocabulary implements Tokenizer {
  readonly unit = 'word'
  readonly size: number
  readonly unknown = 0
  readonly start: number
  readonly marks: SentenceMarks | undefined

  private constructor(
    readonly vocabulary: readonly string[],
    private readonly ids: ReadonlyMap<string, number>,
    sentences: boolean,
  ) {
    this.size = vocabulary.length
    this.marks = sentences ? { begin: 1, end: 2 } : undefined
    this.start = sentences ? 2 : 0
  }

  /**
   * The vocabulary of a text, whose tokens `take` gets as they come.
   * @throws ConfigurationError for a mark that stands in the text, and for more words than a table holds
   */
  static fit(
    corpus: TextCorpus,
    { sentences, minCount }: WordOptions,
    take: (tokens: Int32Array) => void,
  ): WordVocabulary {
    const words = reserved(sentences)
    const ids = new Map([[unknownWord, 0]])
    const counts: number[] = words.map(() => 0)
    let line = 1
    const learn = (word: string): number => {
      const known = ids.get(word)
      if (known !== undefined) {
        counts[known]++
        return known
      }
      if (sentences && (word === beginMark || word === endMark))
        throw new ConfigurationError(
          `${corpus.name}: line ${line}: ${word} marks sentences and cannot be a word of the text; remove it`,
        )
      if (ids.size >= mostDifferent)
        throw new ConfigurationError(
          `${corpus.name}: line ${line}: a text may have ${mostDifferent} different words; take another unit, as byte-pair, or a shorter text`,
        )
      const own = detached(word)
      ids.set(own, words.length)
      counts.push(1)
      return words.push(own) - 1
    }
    const reading = collecting(tokens =>
      reader((word, isEnd) => {
        if (!isEnd) return tokens.push(learn(word))
        line++
        if (sentences) tokens.push(2)
      }),
    )
    // Rare words are known for rare when all has been read: then the tokens are those of a second reading.
    const pass = (tokens: Int32Array) => (minCount === 1 ? take(tokens) : undefined)
    for (const chunk of corpus.chunks()) pass(reading.push(chunk))
    pass(reading.end())
    if (minCount === 1) return new WordVocabulary(words, ids, sentences)
    const first = reserved(sentences).length
    const vocabulary = WordVocabulary.of(
      words.slice(first).filter((_, i) => counts[first + i] >= minCount),
      sentences,
    )
    for (const tokens of corpus.encodeChunks(vocabulary)) take(tokens)
    return vocabulary
  }

  /** @param words without `<unk>` and the marks, each once */
  static of(words: readonly string[], sentences: boolean): WordVocabulary {
    const all = [...reserved(sentences), ...words]
    const ids = new Map<string, number>()
    all.forEach((word, id) => {
      ids.set(word, id)
    })
    // A mark in a text to be scored is no sentence's end.
    for (const mark of [beginMark, endMark]) if (sentences) ids.delete(mark)
    return new WordVocabulary(all, ids, sentences)
  }

  /** The token that a name stands for, marks included; undefined where the vocabulary lacks it. */
  idOf(name: string): number | undefined {
    if (name === beginMark && this.marks) return this.marks.begin
    return name === endMark && this.marks ? this.marks.end : this.ids.get(name)
  }

  encode(text: string): Int32Array {
    const tokens = new Int32Builder(64)
    eachWord(text, this.into(tokens))
    return tokens.view()
  }

  encoder(): TokenEncoder {
    return collecting(tokens => reader(this.into(tokens)))
  }

  private into(tokens: Int32Builder): Visit {
    return (word, isEnd) => {
      if (!isEnd) tokens.push(this.ids.get(word) ?? this.unknown)
      else if (this.marks) tokens.push(this.marks.end)
    }
  }

  /** What stands in the text for each token of `encode`, the unknown as they are. */
  surfaces(text: string): string[] {
    const surfaces: string[] = []
    eachWord(text, (word, isEnd) => {
      if (!isEnd) surfaces.push(word)
      else if (this.marks) surfaces.push(endMark)
    })
    return surfaces
  }

  /** Words with spaces between them, a line end for each </s>. */
  decode(tokens: ArrayLike<number>): string {
    const decoder = this.decoder()
    let text = ''
    for (let i = 0; i < tokens.length; i++) text += decoder.push(tokens[i])
    return text
  }

  decoder(): TokenDecoder {
    let lineBegins = true
    return {
      push: token => {
        const word = this.vocabulary[token]
        if (word === undefined)
          throw new ConfigurationError(
            `WordVocabulary.decoder: the token must be a whole number in 0 … ${this.size - 1}; got ${token}`,
          )
        const space = lineBegins ? '' : ' '
        lineBegins = token === this.marks?.end
        return lineBegins ? '\n' : space + word
      },
      end: () => '',
    }
  }

  /** The nearest of the text room's tokenizers; a model of ours keeps `ownWords` instead. */
  toJSON(): TokenizerJSON {
    return { unit: 'word', boundaries: 'space', foldCase: false, words: this.ownWords, sentenceMarks: true }
  }

  /** Without <unk> and the marks. */
  get ownWords(): readonly string[] {
    return this.vocabulary.slice(reserved(this.marks !== undefined).length)
  }
}

function reserved(sentences: boolean): string[] {
  return sentences ? [unknownWord, beginMark, endMark] : [unknownWord]
}

type Visit = (word: string, isLineEnd: boolean) => void

/** Each word, and each line end. */
function eachWord(text: string, visit: Visit): void {
  let from = -1
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x20 || !isSpace(unit)) {
      if (from < 0) from = i
      continue
    }
    if (from >= 0) visit(text.slice(from, i), false)
    from = -1
    if (unit === 0x0a) visit('\n', true)
  }
  if (from >= 0) visit(text.slice(from), false)
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x09 || unit === 0x0d || unit === 0
}

/** `eachWord` of a text that comes in pieces. */
function reader(visit: Visit) {
  const words = new WholeWords(isSpace)
  return {
    push: (text: string) => eachWord(words.push(text), visit),
    end: () => eachWord(words.end(), visit),
  }
}
