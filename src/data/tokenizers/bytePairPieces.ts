// What byte pairs may join: a text cut into pieces by GPT-2's pattern (Radford et al. 2019), so that no token runs over
// a word's end. A run is also cut after 64 characters: a line of one letter then costs no more than prose, and a token
// never passes `longestPiece` bytes. Joined, the pieces are the text.

const pattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}{1,64}| ?\p{N}{1,64}| ?[^\s\p{L}\p{N}]{1,64}|\s{1,64}(?!\S)|\s{1,64}/gu

/** Bytes in the longest piece: a space and 64 characters of at most four. */
export const longestPiece = 1 + 64 * 4

/** Code units past a piece's begin that decide where it ends: a space, 64 characters, and what stands after them. */
const farthestLook = 1 + 2 * 64 + 2

/**
 * The pieces of a text, in order. Where more is to come, it ends before the first piece that more could change.
 * @returns where it ended
 */
export function eachPiece(text: string, visit: (piece: string) => void, more = false): number {
  // A copy, because a pattern keeps its place while `visit` runs.
  const piece = new RegExp(pattern)
  let from = 0
  while (!(more && from + farthestLook > text.length) && piece.test(text)) {
    visit(text.slice(from, piece.lastIndex))
    from = piece.lastIndex
  }
  return from
}

/** `eachPiece` of a text that comes in pieces of its own. */
export class Pieces {
  private open = ''

  constructor(private readonly visit: (piece: string) => void) {}

  push(text: string): void {
    const whole = this.open + text
    this.open = whole.slice(eachPiece(whole, this.visit, true))
  }

  end(): void {
    eachPiece(this.open, this.visit)
    this.open = ''
  }
}

/** Writes a piece's UTF-8 and returns the number of bytes; a lone surrogate is written as U+FFFD. */
export function writeUtf8(piece: string, into: Int32Array): number {
  let length = 0
  for (let i = 0; i < piece.length; i++) {
    let code = piece.charCodeAt(i)
    if (code < 0x80) {
      into[length++] = code
      continue
    }
    if ((code & 0xf800) === 0xd800) {
      code = piece.codePointAt(i) as number
      if (code > 0xffff) i++
      else code = 0xfffd
    }
    if (code < 0x800) into[length++] = 0xc0 | (code >> 6)
    else {
      if (code < 0x10000) into[length++] = 0xe0 | (code >> 12)
      else {
        into[length++] = 0xf0 | (code >> 18)
        into[length++] = 0x80 | ((code >> 12) & 0x3f)
      }
      into[length++] = 0x80 | ((code >> 6) & 0x3f)
    }
    into[length++] = 0x80 | (code & 0x3f)
  }
  return length
}
