/* Words as KenLM's lmplz and query take them: what stands between white space (tab, line end, carriage return, space,
 * NUL), case kept. Ids follow the first occurrence: <unk> 0, with sentence marks <s> 1 and </s> 2, then the words. With
 * sentence marks a line is a sentence, and </s> is its end; without, all white space is alike. */
import { ConfigurationError } from '../errors.js'
import type { TokenDecoder } from '../text/tokenDecoder.js'
import type { Tokenizer, TokenizerJSON } from '../text/tokenizer.js'
import type { SentenceMarks } from './counting.js'
import { GrowingInt32 } from './growing.js'

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

  /** The vocabulary of a text, and the text in it. */
  static fit(text: string, name: string, { sentences, minCount }: WordOptions) {
    const words = reserved(sentences)
    const ids = new Map([[unknownWord, 0]])
    const counts: number[] = words.map(() => 0)
    const tokens = new GrowingInt32()
    let line = 1
    eachWord(text, (from, to) => {
      if (to < 0) {
        line++
        if (sentences) tokens.push(2)
        return
      }
      const word = text.slice(from, to)
      let id = ids.get(word)
      if (id === undefined) {
        if (sentences && (word === beginMark || word === endMark))
          throw new ConfigurationError(
            `${name}: line ${line}: ${word} marks sentences and cannot be a word of the text; remove it`,
          )
        id = words.length
        // A part of a long text would keep all of it in memory.
        const own = detached(word)
        words.push(own)
        ids.set(own, id)
        counts.push(0)
      }
      counts[id]++
      tokens.push(id)
    })
    let vocabulary = new WordVocabulary(words, ids, sentences)
    let stream = tokens.taken()
    if (minCount > 1) {
      const first = reserved(sentences).length
      vocabulary = WordVocabulary.of(
        words.slice(first).filter((_, i) => counts[first + i] >= minCount),
        sentences,
      )
      const renamed = words.map((word, id) => (id < first ? id : (vocabulary.ids.get(word) ?? 0)))
      stream = stream.map(id => renamed[id])
    }
    return { vocabulary, tokens: stream }
  }

  /** @param words without `<unk>` and the marks, each once */
  static of(words: readonly string[], sentences: boolean): WordVocabulary {
    const all = [...reserved(sentences), ...words]
    const ids = new Map(all.map((word, id) => [word, id]))
    // A mark in a text to be scored is no sentence's end.
    for (const mark of [beginMark, endMark]) if (sentences) ids.delete(mark)
    return new WordVocabulary(all, ids, sentences)
  }

  encode(text: string): Int32Array {
    const tokens = new GrowingInt32(64)
    eachWord(text, (from, to) => {
      if (to >= 0) tokens.push(this.ids.get(text.slice(from, to)) ?? this.unknown)
      else if (this.marks) tokens.push(this.marks.end)
    })
    return tokens.taken()
  }

  /** What stands in the text for each token of `encode`, the unknown as they are. */
  surfaces(text: string): string[] {
    const surfaces: string[] = []
    eachWord(text, (from, to) => {
      if (to >= 0) surfaces.push(text.slice(from, to))
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

/** Calls with each word's place; for each line end with −1, −1. */
function eachWord(text: string, call: (from: number, to: number) => void): void {
  let from = -1
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x20 || (unit !== 0x20 && unit !== 0x0a && unit !== 0x09 && unit !== 0x0d && unit !== 0)) {
      if (from < 0) from = i
      continue
    }
    if (from >= 0) call(from, i)
    from = -1
    if (unit === 0x0a) call(-1, -1)
  }
  if (from >= 0) call(from, text.length)
}

// Up to 12 characters V8 copies; a longer slice points into the text that it came from.
function detached(word: string): string {
  if (word.length < 13 || word.length > 1000) return word
  return String.fromCharCode(...Array.from({ length: word.length }, (_, i) => word.charCodeAt(i)))
}
