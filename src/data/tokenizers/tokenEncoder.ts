// Text that comes in pieces, as from a file too long to be one string, becomes tokens as soon as they are certain: a
// word may go on in the next piece, and so may a character.

import { Int32Builder } from '../numberBuilders.js'

/** Pushed piece by piece, then ended, its answers joined are `encode` of the whole text. */
export interface TokenEncoder {
  /** The tokens that are certain now; there may be none. */
  push(text: string): Int32Array
  /** The tokens of what was still open. */
  end(): Int32Array
}

/** An encoder for what needs no more than whole characters: a surrogate pair in two pieces is put together. */
export function byCharacters(encode: (text: string) => Int32Array): TokenEncoder {
  let open = ''
  return {
    push: text => {
      const whole = open + text
      const last = whole.length - 1
      open = (whole.charCodeAt(last) & 0xfc00) === 0xd800 ? whole[last] : ''
      return encode(open === '' ? whole : whole.slice(0, last))
    },
    end: () => {
      const rest = open
      open = ''
      return encode(rest)
    },
  }
}

/** An encoder for what is read by a reader that pushes tokens as it goes on. */
export function collecting(
  readerInto: (tokens: Int32Builder) => { push(text: string): void; end(): void },
): TokenEncoder {
  const tokens = new Int32Builder(64)
  const reader = readerInto(tokens)
  const taken = () => {
    const ready = tokens.view().slice()
    tokens.length = 0
    return ready
  }
  return {
    push: text => {
      reader.push(text)
      return taken()
    },
    end: () => {
      reader.end()
      return taken()
    },
  }
}

/** Text that comes in pieces, given on in pieces that end before a separator, so that no word is in two of them. */
export class WholeWords {
  private open: string[] = []

  constructor(private readonly isSeparator: (unit: number) => boolean) {}

  /** What has come up to the last separator, which waits with what follows it. */
  push(text: string): string {
    let cut = text.length - 1
    while (cut >= 0 && !this.isSeparator(text.charCodeAt(cut))) cut--
    if (cut < 0) {
      this.open.push(text)
      return ''
    }
    const whole = this.open.join('') + text.slice(0, cut)
    this.open = [text.slice(cut)]
    return whole
  }

  end(): string {
    const rest = this.open.join('')
    this.open = []
    return rest
  }
}

/** A part of a long text as a string of its own: V8 keeps all of a text alive for a slice of more than 12 characters. */
export function detached(part: string): string {
  if (part.length < 13) return part
  if (part.length > 1000) return JSON.parse(JSON.stringify(part))
  return String.fromCharCode(...Array.from({ length: part.length }, (_, i) => part.charCodeAt(i)))
}
