/* ARPA, the text format that n-gram models are exchanged in (Doug Paul, MIT Lincoln Labs; as SRILM and KenLM write it):
 *
 *     # …               comments, ours and KenLM's
 *     \data\            counts: ngram 1=24032 …
 *     \1-grams:         log10 probability, tab, the words with spaces between, tab, log10 back-off weight
 *     …  \end\          the highest order has no back-off weights
 *
 * A number is the shortest decimal that reads back to the same 32-bit float; −99 stands for the logarithm of 0. */
import type { NGramTrie } from './trie.js'

/** Bytes gathered before they are handed on. */
const CHUNK_SIZE = 1 << 18

/** Bytes of text, given out in chunks. */
class TextBuffer {
  bytes = new Uint8Array(CHUNK_SIZE + 4096)
  length = 0
  private readonly encoder = new TextEncoder()

  text(text: string): void {
    const encoded = this.encoder.encode(text)
    this.raw(encoded, 0, encoded.length)
  }

  raw(source: Uint8Array, from: number, to: number): void {
    this.room(to - from)
    const { bytes } = this
    let at = this.length
    // Names are short: a loop is faster than `set`.
    for (let i = from; i < to; i++) bytes[at++] = source[i]
    this.length = at
  }

  byte(value: number): void {
    this.bytes[this.length++] = value
  }

  /** Makes sure that so many bytes and 64 more fit. */
  room(count: number): void {
    if (this.length + count + 64 <= this.bytes.length) return
    const larger = new Uint8Array(2 * (this.length + count + 64))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }

  take(): Uint8Array<ArrayBuffer> {
    const taken = this.bytes.slice(0, this.length)
    this.length = 0
    return taken
  }

  number(value: number): void {
    if (value === 0) this.byte(0x30)
    else if (value === -Infinity) this.text('-99')
    else {
      if (value < 0) this.byte(0x2d)
      this.positive(Math.abs(value))
    }
  }

  private positive(value: number): void {
    // As many decimals as the float needs: about eight digits in all.
    let decimals = value >= 1 ? 6 : value >= 0.01 ? 7 : 9
    let digits = Math.round(value * POWERS[decimals])
    while (decimals < 12 && Math.fround(digits / POWERS[decimals]) !== value)
      digits = Math.round(value * POWERS[++decimals])
    if (digits >= 2 ** 31 || Math.fround(digits / POWERS[decimals]) !== value) {
      this.text(String(value))
      return
    }
    while (decimals > 0 && digits % 10 === 0) {
      digits = (digits / 10) | 0
      decimals--
    }
    const whole = Math.floor(digits / POWERS[decimals])
    this.digits(whole, 1)
    if (decimals === 0) return
    this.byte(0x2e)
    this.digits(digits - whole * POWERS[decimals], decimals)
  }

  private digits(value: number, least: number): void {
    let count = least
    while (count < 10 && value >= POWERS[count]) count++
    let rest = value | 0
    for (let i = count - 1; i >= 0; i--) {
      const tenth = (rest / 10) | 0
      this.bytes[this.length + i] = 0x30 + rest - 10 * tenth
      rest = tenth
    }
    this.length += count
  }
}

const POWERS = Array.from({ length: 13 }, (_, i) => 10 ** i)

/**
 * @param symbols the name of every token, by id
 * @param comment lines that stand before all else
 */
export function* writeArpa(
  trie: NGramTrie,
  symbols: readonly string[],
  comment = '',
): Generator<Uint8Array<ArrayBuffer>> {
  const { starts, words, probabilities, backoffs, firstChild, order, inner } = trie
  const names = new TextBuffer()
  const places = Int32Array.from([...symbols, ''], symbol => {
    const place = names.length
    names.text(symbol)
    return place
  })
  const out = new TextBuffer()
  out.text(`${comment}\\data\\\n`)
  for (let n = 1; n <= order; n++) out.text(`ngram ${n}=${starts[n] - starts[n - 1]}\n`)
  for (let n = 1; n <= order; n++) {
    out.text(`\n\\${n}-grams:\n`)
    // The contexts of the node at hand, one an order: as nodes stand in order, each only moves forward.
    const path = starts.slice(0, n - 1)
    const prefix = new TextBuffer()
    let contextEnd = n === 1 ? starts[1] : -1
    for (let node = starts[n - 1]; node < starts[n]; node++) {
      if (node >= contextEnd) {
        let child = node
        for (let k = n - 2; k >= 0; k--) {
          while (firstChild[path[k] + 1] <= child) path[k]++
          child = path[k]
        }
        contextEnd = firstChild[path[n - 2] + 1]
        prefix.length = 0
        for (const context of path) {
          prefix.raw(names.bytes, places[words[context]], places[words[context] + 1])
          prefix.byte(0x20)
        }
      }
      out.room(64)
      out.number(probabilities[node])
      out.byte(0x09)
      out.raw(prefix.bytes, 0, prefix.length)
      out.raw(names.bytes, places[words[node]], places[words[node] + 1])
      if (node < inner) {
        out.byte(0x09)
        out.number(backoffs[node])
      }
      out.byte(0x0a)
      if (out.length >= CHUNK_SIZE) yield out.take()
    }
  }
  out.text('\n\\end\\\n')
  yield out.take()
}
