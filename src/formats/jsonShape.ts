/* The shape of a JSON text, seen before it is parsed: nesting and millions of small values would take many times the text's
 * memory. One pass from left to right; whether the text is JSON at all is for the parser to say. */

export interface JSONBounds {
  /** Lists and objects may stand so deep in each other. */
  readonly depth: number
  /** Lists and objects at most. */
  readonly containers: number
  /** Elements of lists and entries of objects at most. Default as many as there are characters. */
  readonly elements?: number | undefined
}

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
/** The closing ones stand two code points later. */
const BRACKET = 0x5b
const BRACE = 0x7b

/** What of the text's shape is out of bounds, for a message; nothing where all is within them. */
export function jsonShapeFault(
  text: string,
  { depth, containers, elements = Infinity }: JSONBounds,
): string | undefined {
  let open = 0
  let opened = 0
  let commas = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = stringEnd(text, at)
    else if (code === COMMA) commas++
    else if (code === BRACKET || code === BRACE) {
      opened++
      if (++open > depth) return `lists and objects may stand ${depth} deep in each other; these are deeper`
    } else if (code === BRACKET + 2 || code === BRACE + 2) open--
  }
  if (open !== 0) return 'its brackets do not close'
  if (opened > containers) return `it may hold ${containers} lists and objects; it holds ${opened}`
  // A list of n has n − 1 commas.
  if (commas + opened > elements) return `it may hold ${elements} elements; it holds up to ${commas + opened}`
  return undefined
}

/** Where the string ends that begins at a quote; the text's end where it does not. */
function stringEnd(text: string, begin: number): number {
  let at = begin + 1
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === BACKSLASH) at++
    else if (code === QUOTE) return at
  }
  return at
}
