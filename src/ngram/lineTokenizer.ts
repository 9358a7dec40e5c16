/* A tokenizer of any kind for a model that takes each line as a sentence of its own: the line end is the token </s>, and
 * <s> is an id that no text has. The two ids follow the tokenizer's own. */
import { Int32Builder } from '../data/numberBuilders.js'
import type { TokenDecoder } from '../data/tokenizers/tokenDecoder.js'
import { collecting, type TokenEncoder } from '../data/tokenizers/tokenEncoder.js'
import type { Tokenizer, TokenizerJSON } from '../data/tokenizers/tokenizer.js'
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
    const tokens = new Int32Builder(Math.max(64, text.length >> 2))
    const reader = this.readerInto(tokens)
    reader.push(text)
    reader.end()
    return tokens.view()
  }

  encoder(): TokenEncoder {
    return collecting(tokens => this.readerInto(tokens))
  }

  private readerInto(tokens: Int32Builder) {
    /** Of a line that has begun and not ended. */
    let line: TokenEncoder | undefined
    let carriageReturn = ''
    const close = () => {
      if (line) tokens.append(line.end())
      line = undefined
    }
    return {
      push: (text: string) => {
        const lines = (carriageReturn + text).split('\n')
        const last = lines.pop() as string
        for (const each of lines) {
          const whole = each.endsWith('\r') ? each.slice(0, -1) : each
          tokens.append(line ? line.push(whole) : this.inner.encode(whole))
          close()
          tokens.push(this.marks.end)
        }
        carriageReturn = last.endsWith('\r') ? '\r' : ''
        const open = last.slice(0, last.length - carriageReturn.length)
        if (open === '') return
        line ??= this.inner.encoder()
        tokens.append(line.push(open))
      },
      end: () => {
        if (carriageReturn !== '') {
          line ??= this.inner.encoder()
          tokens.append(line.push(carriageReturn))
          carriageReturn = ''
        }
        close()
      },
    }
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
