// Sentence marks <s> and </s> for any tokenizer: two ids after its own. They are places, not text: no text encodes to
// them, so nobody can write a sentence's end into a sentence, and decoding writes nothing for them.
import { checkToken, type TokenDecoder } from './tokenDecoder.js'
import type { TokenEncoder } from './tokenEncoder.js'
import type { Tokenizer, TokenizerJSON, Unit } from './tokenizerContract.js'

export class MarkedTokenizer implements Tokenizer {
  readonly unit: Unit
  readonly size: number
  readonly unknown: number
  /** The same as `sentenceStart`. */
  readonly start: number
  readonly sentenceStart: number
  readonly sentenceEnd: number

  constructor(readonly inner: Tokenizer) {
    this.unit = inner.unit
    this.size = inner.size + 2
    this.unknown = inner.unknown
    this.sentenceStart = inner.size
    this.sentenceEnd = inner.size + 1
    this.start = this.sentenceStart
  }

  get vocabulary(): readonly string[] {
    return [...this.inner.vocabulary, '<s>', '</s>']
  }

  /** The ids without marks. */
  encode(text: string): Int32Array {
    return this.inner.encode(text)
  }

  encoder(): TokenEncoder {
    return this.inner.encoder()
  }

  /** The ids between <s> and </s>. */
  encodeSentence(text: string): Int32Array {
    const tokens = this.inner.encode(text)
    const marked = new Int32Array(tokens.length + 2)
    marked[0] = this.sentenceStart
    marked.set(tokens, 1)
    marked[tokens.length + 1] = this.sentenceEnd
    return marked
  }

  decode(tokens: ArrayLike<number>): string {
    const text: number[] = []
    for (let i = 0; i < tokens.length; i++) {
      checkToken(tokens[i], this.size, `MarkedTokenizer.decode: token ${i}`)
      if (tokens[i] < this.inner.size) text.push(tokens[i])
    }
    return this.inner.decode(text)
  }

  decoder(): TokenDecoder {
    const inner = this.inner.decoder()
    return {
      push: token => {
        checkToken(token, this.size, 'MarkedTokenizer.decoder: the token')
        return token < this.inner.size ? inner.push(token) : ''
      },
      end: () => inner.end(),
    }
  }

  toJSON(): TokenizerJSON {
    return { ...this.inner.toJSON(), sentenceMarks: true }
  }
}
