// A text with a name, and its three parts: training, validation (watched during training) and test (looked at once).
// Parts are drawn in whole pieces, so that held-out text is not the other half of a sentence the model has trained on.
import { ConfigurationError } from '../errors.js'
import { drawParts, type PartOptions } from './parts.js'

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

/** Shares are shares of the characters. */
export interface SplitOptions extends PartOptions {
  /** Whether a piece may leave the training part. Default: every piece may. */
  mayBeHeldOut?: ((piece: string, index: number) => boolean) | undefined
}

/**
 * `drawParts` of pieces of text, each as large as its characters are many. In every part the pieces keep their order;
 * together the parts hold every piece exactly once.
 *
 * Throws ConfigurationError when a share is not between 0 and 1 or a part would stay empty.
 */
export function splitPieces(pieces: readonly string[], { mayBeHeldOut, ...options }: SplitOptions = {}): TextSplits {
  const { name = 'text' } = options
  const free = mayBeHeldOut && ((index: number) => mayBeHeldOut(pieces[index], index))
  const sizes = pieces.map(piece => piece.length)
  const parts = drawParts({ sizes, counted: 'characters', called: 'pieces', mayBeHeldOut: free }, options)
  const join = (indices: number[], part: string) =>
    new TextCorpus(indices.map(i => pieces[i]).join(''), `${name} (${part})`)
  return {
    train: join(parts.train, 'training'),
    validation: join(parts.validation, 'validation'),
    test: join(parts.test, 'test'),
  }
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
