/* A tokenizer of any kind for a model that takes each line as a sentence of its own: the line end is the token </s>, and
 * <s> is an id that no text has. The two ids follow the tokenizer's own. */
import type { TokenDecoder } from '../text/tokenDecoder.js'
import type { Tokenizer, TokenizerJSON } from '../text/tokenizer.js'
import type { SentenceMarks } from './counting.js'

export class LineTokenizer implements Tokenizer {
  readonly unit: Tokenizer['unit']
  readonly size: number
  readonly unknown: number
  readonly start: number
  readonly marks: SentenceMarks
  readonly vocabulary: readonly string[]

  constructor(readonly inner: Tokenizer) {
    this.unit = inner.unit
    this.unknown = inner.unknown
    this.marks = { begin: inner.size, end: inner.size + 1 }
    this.start = this.marks.end
    this.size = inner.size + 2
    this.vocabulary = [...inner.vocabulary, '<s>', '</s>']
  }

  /** A carriage return before a line end belongs to it. */
  encode(text: string): Int32Array {
    const lines = text.split(/\r?\n/).map(line => this.inner.encode(line))
    const tokens = new Int32Array(lines.reduce((sum, line) => sum + line.length + 1, -1))
    let at = 0
    for (const line of lines) {
      tokens.set(line, at)
      at += line.length + 1
      if (at <= tokens.length) tokens[at - 1] = this.marks.end
    }
    return tokens
  }

  decode(tokens: ArrayLike<number>): string {
    const decoder = this.decoder()
    let text = ''
    for (let i = 0; i < tokens.length; i++) text += decoder.push(tokens[i])
    return text + decoder.end()
  }

  decoder(): TokenDecoder {
    let line = this.inner.decoder()
    return {
      push: token => {
        if (token !== this.marks.end && token !== this.marks.begin) return line.push(token)
        const rest = line.end()
        line = this.inner.decoder()
        return token === this.marks.end ? `${rest}\n` : rest
      },
      end: () => line.end(),
    }
  }

  toJSON(): TokenizerJSON {
    return { ...this.inner.toJSON(), sentenceMarks: true }
  }
}
