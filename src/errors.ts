/* The five kinds of error that a user can meet. A message is one line: where, what was expected, what came, what to do.
 * Texts from files and command lines stand in messages, so every message is made safe to print in one place, here. */

/** The ground of every error that recurra throws on purpose; `kind` tells them apart without `instanceof`. */
export abstract class RecurraError extends Error {
  abstract readonly kind: 'shape' | 'configuration' | 'file format' | 'backend' | 'numeric'

  constructor(message: string, options?: ErrorOptions) {
    super(oneLine(message), options)
    this.name = new.target.name
  }
}

/** A tensor or a list of sizes does not fit the operation. */
export class ShapeError extends RecurraError {
  readonly kind = 'shape'
}

/** An option, a path or the data that the user chose cannot work. */
export class ConfigurationError extends RecurraError {
  readonly kind = 'configuration'
}

/** The bytes of a file are not what its format promises. */
export class FileFormatError extends RecurraError {
  readonly kind = 'file format'
}

/** A backend cannot be loaded, or does not have what was asked of it. */
export class BackendError extends RecurraError {
  readonly kind = 'backend'
}

/** NaN or infinity where a number must stand. */
export class NumericError extends RecurraError {
  readonly kind = 'numeric'
}

/** A longer message is cut in its middle: where it begins and the cure at its end stay. */
const LONGEST_MESSAGE = 4000
const MESSAGE_END = 1000

/** Longer quotations are cut. */
const LONGEST_EXCERPT = 60

// Control characters would reach the terminal as commands; marks of text direction would show the rest of the line reversed.
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}]/gu

/**
 * A text as one line that is safe to print: white space around line breaks becomes one space; control characters and marks
 * of text direction are written as escapes, `\x1b` and `\u202e`. In time linear in the text.
 */
export function printable(text: string): string {
  return withoutLineBreaks(text).replace(UNPRINTABLE, character => {
    const code = character.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

/** The beginning of a text for a message, cut after `most` UTF-16 units, with … where something is left out. */
export function excerpt(text: string, most = LONGEST_EXCERPT): string {
  return text.length <= most ? text : `${text.slice(0, boundary(text, most - 1))}…`
}

/** A place to cut a text that is not in the middle of a surrogate pair. */
function boundary(text: string, at: number): number {
  return (text.charCodeAt(at - 1) & 0xfc00) === 0xd800 ? at - 1 : at
}

function oneLine(message: string): string {
  if (message.length <= LONGEST_MESSAGE) return printable(message)
  const begin = message.slice(0, boundary(message, LONGEST_MESSAGE - MESSAGE_END))
  return printable(`${begin} … ${message.slice(boundary(message, message.length - MESSAGE_END))}`)
}

const LINE_BREAK = /[\r\n\u2028\u2029]/
const SPACE = /\s/

function withoutLineBreaks(text: string): string {
  if (!LINE_BREAK.test(text)) return text
  const parts: string[] = []
  let from = 0
  for (let at = 0; at < text.length; ) {
    if (!SPACE.test(text[at])) {
      at++
      continue
    }
    const begin = at
    let breaks = false
    for (; at < text.length && SPACE.test(text[at]); at++) breaks ||= LINE_BREAK.test(text[at])
    if (!breaks) continue
    parts.push(text.slice(from, begin), ' ')
    from = at
  }
  return parts.join('') + text.slice(from)
}

/** Longer words are no slip of the keyboard, and the distance costs their product. */
const LONGEST_WORD = 64

/**
 * The known word that `word` was most likely meant to be: `nearest('hiden-size', ['hidden-size', 'steps'])` is
 * `'hidden-size'`. Upper and lower case, `-` and `_` count for nothing (`hidden_size` is `hiddenSize`); a missing, an
 * added, a wrong and a swapped letter count 1 each. Undefined when nothing is near: more than one slip in three letters.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const wanted = plain(word)
  if (wanted.length === 0 || wanted.length > LONGEST_WORD) return undefined
  let best: string | undefined
  let bestDistance = Infinity
  for (const candidate of known) {
    const name = plain(candidate)
    if (name.length === 0 || name.length > LONGEST_WORD) continue
    const distance = editDistance(wanted, name)
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, name.length) / 3))
    if (distance < bestDistance && distance <= allowed && distance < name.length) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Only words of at most LONGEST_WORD are compared: a longer one is cut before it is worked on. */
function plain(word: string): string {
  return word
    .slice(0, 4 * LONGEST_WORD)
    .toLowerCase()
    .replace(/[-_\s]/g, '')
}

/** Optimal string alignment: Levenshtein's distance with the swap of two neighbours as one step. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const wrong = a[i - 1] === b[j - 1] ? 0 : 1
      let steps = Math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + wrong)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        steps = Math.min(steps, beforePrevious[j - 2] + 1)
      }
      current.push(steps)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.length]
}
