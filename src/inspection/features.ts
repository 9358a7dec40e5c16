/* What of a text one can name, character by character: where in its line it stands, whether inside quotes, brackets or a
 * comment, how deep, capital or small, a sentence's end, or a match of one's own pattern. After Karpathy, Johnson & Li 2016,
 * who found units of recurrent networks that follow such things. */

export interface Feature {
  /** In words: `inside quotes`. */
  readonly name: string
  /** 1 where a code unit of the text has it. */
  readonly at: Uint8Array
  /**
   * Of a token of several characters: whether one of them is enough (a match, a capital letter), or its last one says (a
   * state that the text is in, once the token has been read).
   */
  readonly of: 'any' | 'last'
}

/** @param patterns one's own, each a feature; with the flag `g` or without */
export function featuresOf(text: string, patterns: readonly RegExp[] = []): Feature[] {
  const { quotes, comments, depth } = enclosures(text)
  const deep = (least: number) => depth.map(each => (each >= least ? 1 : 0))
  const { length } = text
  const last = (name: string, at: Uint8Array): Feature => ({ name, at, of: 'last' })
  const any = (name: string, pattern: RegExp): Feature => ({ name, at: matches(text, pattern), of: 'any' })
  return [
    ...linePositions(text).map(([name, at]) => last(name, at)),
    last('inside quotes', quotes),
    last('inside brackets', deep(1)),
    last('brackets two deep', deep(2)),
    last('brackets three deep', deep(3)),
    last('inside a comment', comments),
    any('capital letter', /\p{Lu}/gu),
    any('sentence end', /[.!?…]+(?=["'”’)\]]*(\s|$))/gu),
    ...patterns.map(pattern => any(`/${pattern.source}/${pattern.flags.replace('g', '')}`, pattern)),
  ].filter(({ at }) => at.length === length)
}

/** Of a token's stretch of the text: 1 where it has the feature. Tokens without text have what stands before them. */
export function featureOfTokens({ at, of }: Feature, pieces: readonly string[]): Uint8Array {
  let from = 0
  return Uint8Array.from(pieces, piece => {
    const to = from + piece.length
    const has =
      of === 'last' || piece.length === 0 ? at[Math.max(0, to - 1)] : at.subarray(from, to).includes(1) ? 1 : 0
    from = to
    return has
  })
}

function matches(text: string, pattern: RegExp): Uint8Array {
  const at = new Uint8Array(text.length)
  const flags = pattern.flags.includes('g') ? pattern.flags : `${pattern.flags}g`
  for (const { index, 0: found } of text.matchAll(new RegExp(pattern.source, flags)))
    at.fill(1, index, index + found.length)
  return at
}

/** Far along in its line: past a quarter, the half and three quarters of the places that the text's characters have. */
function linePositions(text: string): [name: string, at: Uint8Array][] {
  const places = new Uint32Array(text.length)
  let place = 0
  for (let i = 0; i < text.length; i++) {
    places[i] = place
    place = text[i] === '\n' ? 0 : place + 1
  }
  const sorted = places.slice().sort()
  const bounds = [1, 2, 3].map(quarter => sorted[Math.floor((quarter * sorted.length) / 4)] ?? 0)
  const different = bounds.filter((bound, i) => bound > 0 && bounds.indexOf(bound) === i)
  return different.map(bound => [
    `place in line from ${bound} on`,
    Uint8Array.from(places, each => (each >= bound ? 1 : 0)),
  ])
}

const OPEN = '([{'
const CLOSE = ')]}'
/** A quote that is not closed within so many characters was none. */
const LONGEST_QUOTE = 2000

/** Inside quotes, inside comments (of C, shell and HTML), and how deep in brackets. */
function enclosures(text: string): { quotes: Uint8Array; comments: Uint8Array; depth: Uint8Array } {
  const { length } = text
  const quotes = new Uint8Array(length)
  const comments = new Uint8Array(length)
  const depth = new Uint8Array(length)
  let open: string[] = []
  for (let i = 0; i < length; ) {
    const comment = commentEnd(text, i)
    const end = comment ?? quoteEnd(text, i)
    if (end !== undefined) {
      if (comment === undefined) quotes.fill(1, i + 1, end - 1)
      else comments.fill(1, i, end)
      depth.fill(Math.min(255, open.length), i, end)
      i = end
      continue
    }
    const opens = OPEN.indexOf(text[i])
    const closes = open.length > 0 && text[i] === open[open.length - 1]
    // A bracket that is never closed would swallow the rest of the text: an empty line closes all.
    if (text[i] === '\n' && text[i + 1] === '\n') open = []
    if (closes) open.pop()
    depth[i] = Math.min(255, open.length)
    if (opens >= 0) open.push(CLOSE[opens])
    i++
  }
  return { quotes, comments, depth }
}

/** Where the comment that begins here ends; a line comment stands at a line's beginning or after white space. */
function commentEnd(text: string, at: number): number | undefined {
  const until = (end: string, from: number) => {
    const found = text.indexOf(end, from)
    return found < 0 ? text.length : found + (end === '\n' ? 0 : end.length)
  }
  if (text.startsWith('/*', at)) return until('*/', at + 2)
  if (text.startsWith('<!--', at)) return until('-->', at + 4)
  const begins = at === 0 || /\s/.test(text[at - 1])
  if (begins && (text.startsWith('//', at) || /^#[\s!]/.test(text.slice(at, at + 2)))) return until('\n', at)
  return undefined
}

const QUOTES: Readonly<Record<string, string>> = { '"': '"', '“': '”', '«': '»', '„': '“', '`': '`', "'": "'" }

/** Behind the quote that begins here; an apostrophe is none. */
function quoteEnd(text: string, at: number): number | undefined {
  const closing = QUOTES[text[at]]
  if (closing === undefined) return undefined
  const single = closing === "'"
  if (single && (/[\p{L}\p{N}]/u.test(text[at - 1] ?? ' ') || /\s/.test(text[at + 1] ?? ' '))) return undefined
  const paragraph = text.indexOf(single ? '\n' : '\n\n', at)
  const most = Math.min(paragraph < 0 ? text.length : paragraph, at + LONGEST_QUOTE)
  for (let i = at + 1; i < most; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === closing && !(single && /[\p{L}\p{N}]/u.test(text[i + 1] ?? ' '))) return i + 1
  }
  return undefined
}
