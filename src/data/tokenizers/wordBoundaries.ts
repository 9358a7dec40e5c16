// A text cut into words and white space, so that it can be put together again.
//
// White space: a word is what stands between white space, as it is. The single space between two words is implied by
// the words; every other white space (line ends, tabs, the second of two spaces, the first of a text) is a symbol for
// each of its characters.
//
// Unicode boundaries: what stands between white space is cut again at Unicode's word boundaries (UAX 29), so that "end."
// is two symbols. Where no space stands between two symbols, one of them carries the joiner U+FFED on that side, as in
// OpenNMT: "￭." is a full stop set close. The mark goes to punctuation rather than to a word, so that a word is one
// symbol wherever it stands. Intl.Segmenter's time grows with the square of one string's length in Node 20 (an iterator
// over 1 MB takes minutes): it gets at most `longestSegmented` code units at a time.

import { WholeWords } from './tokenEncoder.js'

export type WordBoundaries = 'space' | 'unicode'

/** What the vocabulary lacks; the same word in a text means it too, as in WikiText. */
export const unknownWord = '<unk>'

export const joiner = '\uffed'

const longestSegmented = 128

/** JavaScript's white space (`\s`): Unicode's White_Space and the byte order mark, without U+0085. */
export function isWhiteSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d)
  if (code < 0xa0) return false
  return (
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000 ||
    code === 0xfeff
  )
}

type Visit = (stretch: string, isSpace: boolean) => void

/**
 * A text's stretches without white space, and every character of white space that two of them do not imply.
 * @param follows whether a stretch stands just before the text
 */
export function eachStretch(text: string, visit: Visit, follows = false): void {
  const length = text.length
  let at = 0
  while (at < length) {
    const gap = at
    while (at < length && isWhiteSpace(text.charCodeAt(at))) at++
    const implied = (gap > 0 || follows) && at < length && at - gap === 1 && text.charCodeAt(gap) === 0x20
    if (!implied) for (let i = gap; i < at; i++) visit(text[i], true)
    if (at === length) return
    const begin = at
    while (at < length && !isWhiteSpace(text.charCodeAt(at))) at++
    visit(text.slice(begin, at), false)
  }
}

/** `eachStretch` of a text that comes in pieces. */
export class Stretches {
  private readonly words = new WholeWords(isWhiteSpace)
  private follows = false

  constructor(private readonly visit: Visit) {}

  push(text: string): void {
    this.read(this.words.push(text))
  }

  end(): void {
    this.read(this.words.end())
    this.follows = false
  }

  private read(text: string): void {
    if (text === '') return
    eachStretch(text, this.visit, this.follows)
    this.follows = !isWhiteSpace(text.charCodeAt(text.length - 1))
  }
}

// One locale for all: a text has the same words whatever language its reader's machine speaks.
let segmenter: Intl.Segmenter | undefined

/** The symbols of a stretch at Unicode's word boundaries, joiners included. */
export function segmented(stretch: string): string[] {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'word' })
  const texts: string[] = []
  const isWord: boolean[] = []
  for (let at = 0; at < stretch.length; ) {
    let end = Math.min(at + longestSegmented, stretch.length)
    if (end < stretch.length && (stretch.charCodeAt(end - 1) & 0xfc00) === 0xd800) end--
    for (const { segment, isWordLike } of segmenter.segment(stretch.slice(at, end))) {
      texts.push(segment)
      isWord.push(isWordLike === true)
    }
    at = end
  }
  return texts.map((text, i) => {
    // A joiner in the text itself could not be told from ours.
    if (text.includes(joiner)) return unknownWord
    const left = i > 0 && (!isWord[i] || isWord[i - 1])
    const right = i + 1 < texts.length && !isWord[i] && isWord[i + 1]
    return `${left ? joiner : ''}${text}${right ? joiner : ''}`
  })
}
