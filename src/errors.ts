// The five kinds of error that a user can meet. A message is one line: where, what was expected, what came, what to do.

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

// Names from files and command lines stand in messages: a newline would break the promise of one line, and an escape
// sequence would reach the terminal.
function oneLine(message: string): string {
  return message
    .replace(/\s*[\r\n\u2028\u2029]+\s*/g, ' ')
    .replace(/\p{Cc}/gu, c => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

// Longer words are no slip of the keyboard, and the distance costs their product.
const longestWord = 64

/**
 * The known word that `word` was most likely meant to be: `nearest('hiden-size', ['hidden-size', 'steps'])` is
 * `'hidden-size'`. Upper and lower case, `-` and `_` count for nothing (`hidden_size` is `hiddenSize`); a missing, an
 * added, a wrong and a swapped letter count 1 each. Undefined when nothing is near: more than one slip in three letters.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const wanted = plain(word)
  if (wanted.length === 0 || wanted.length > longestWord) return undefined
  let best: string | undefined
  let bestDistance = Infinity
  for (const candidate of known) {
    const name = plain(candidate)
    if (name.length === 0 || name.length > longestWord) continue
    const distance = editDistance(wanted, name)
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, name.length) / 3))
    if (distance < bestDistance && distance <= allowed && distance < name.length) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[-_\s]/g, '')
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
