// A text with a name, and its three parts: training, validation (watched during training) and test (looked at once).
// Parts are drawn in whole pieces, so that held-out text is not the other half of a sentence the model has trained on.
import { ConfigurationError } from '../errors.js'
import { shuffledOrder } from './shuffle.js'

export class TextCorpus {
  constructor(
    readonly text: string,
    readonly name: string,
  ) {}
}

export interface TextSplits {
  train: TextCorpus
  validation: TextCorpus
  test: TextCorpus
}

export interface SplitOptions {
  /** Which pieces are drawn; the same seed draws the same pieces. Default 1. */
  seed?: number | undefined
  /** Share of the characters that go to validation, between 0 and 1. Default 0.05. */
  validation?: number | undefined
  /** Share of the characters that go to the test, between 0 and 1. Default 0.05. */
  test?: number | undefined
  /** The corpus's name; the parts are called `name (training)` and so on. Default `text`. */
  name?: string | undefined
  /** Whether a piece may leave the training part. Default: every piece may. */
  mayBeHeldOut?: ((piece: string, index: number) => boolean) | undefined
}

/**
 * Draws whole pieces into test and validation until each has its share of the characters, as nearly as whole pieces
 * allow: a piece is taken when it brings the part nearer to its share, so one huge piece does not fill a small part.
 * The rest trains. In every part the pieces keep their order. Together the parts hold every piece exactly once.
 *
 * Throws ConfigurationError when a share is not between 0 and 1 or a part would stay empty.
 */
export function splitPieces(
  pieces: readonly string[],
  { seed = 1, validation = 0.05, test = 0.05, name = 'text', mayBeHeldOut = () => true }: SplitOptions = {},
): TextSplits {
  for (const [part, share] of Object.entries({ validation, test })) {
    if (!(share > 0 && share < 1)) {
      throw new ConfigurationError(`${name}: the ${part} share must lie between 0 and 1 (as 0.05); got ${share}`)
    }
  }
  if (!(validation + test < 1)) {
    const sum = `${validation} + ${test}`
    throw new ConfigurationError(`${name}: the validation and test shares must leave text to train on; got ${sum}`)
  }
  const characters = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const parts = {
    test: { wanted: test * characters, taken: 0, pieces: [] as number[] },
    validation: { wanted: validation * characters, taken: 0, pieces: [] as number[] },
  }
  const train: number[] = []
  const candidates: number[] = []
  for (const index of shuffledOrder(pieces.length, seed)) {
    const size = pieces[index].length
    if (size === 0) continue
    const free = mayBeHeldOut(pieces[index], index)
    const part = free ? [parts.test, parts.validation].find(p => p.wanted - p.taken > size / 2) : undefined
    if (part === undefined) {
      train.push(index)
      if (free) candidates.push(index)
    } else {
      part.pieces.push(index)
      part.taken += size
    }
  }
  // Few large pieces: none is near a small share, yet each part needs one; the smallest does the least harm.
  for (const part of Object.values(parts)) {
    if (part.pieces.length > 0 || train.length < 2 || candidates.length === 0) continue
    const smallest = candidates.reduce((best, i) => (pieces[i].length < pieces[best].length ? i : best))
    candidates.splice(candidates.indexOf(smallest), 1)
    train.splice(train.indexOf(smallest), 1)
    part.pieces.push(smallest)
  }
  const join = (indices: number[], part: string) =>
    new TextCorpus(
      indices
        .sort((a, b) => a - b)
        .map(i => pieces[i])
        .join(''),
      `${name} (${part})`,
    )
  const splits: TextSplits = {
    train: join(train, 'training'),
    validation: join(parts.validation.pieces, 'validation'),
    test: join(parts.test.pieces, 'test'),
  }
  const sizes = [splits.train, splits.validation, splits.test].map(part => part.text.length)
  if (sizes.includes(0)) {
    throw new ConfigurationError(
      `${name}: ${characters} characters in ${pieces.length} pieces cannot fill three parts (training ${sizes[0]}, ` +
        `validation ${sizes[1]}, test ${sizes[2]} characters); give a longer text or other shares`,
    )
  }
  return splits
}

/**
 * Cuts a text into about `count` pieces of about equal length: at the line end nearest to each even cut, and where
 * there is no line end within half a piece, at the even cut itself, but never inside a surrogate pair. Joined, the
 * pieces are the text; none is empty.
 */
export function piecesOf(text: string, count = 200): string[] {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new ConfigurationError(`piecesOf: count must be a whole number from 1 on; got ${count}`)
  }
  const length = text.length
  const wanted = Math.min(count, length)
  const pieces: string[] = []
  let start = 0
  for (let i = 1; i <= wanted; i++) {
    const end = i === wanted ? length : cutNear(text, Math.round((i * length) / wanted), length / wanted / 2)
    if (end <= start) continue
    pieces.push(text.slice(start, end))
    start = end
  }
  return pieces
}

function cutNear(text: string, place: number, reach: number): number {
  for (let away = 0; away <= reach; away++) {
    if (text[place - away - 1] === '\n') return place - away
    if (text[place + away - 1] === '\n') return place + away
  }
  return isPairAt(text, place - 1) ? place + 1 : place
}

function isPairAt(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00
}

/** `splitPieces(piecesOf(text))`: a text of its own, split at line ends. */
export function splitText(text: string, options: SplitOptions = {}): TextSplits {
  return splitPieces(piecesOf(text), options)
}
