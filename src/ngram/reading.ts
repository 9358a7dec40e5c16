/* An n-gram model reading a text token by token: what it carries is the node of the longest context that it knows, so a saved
 * reading is one number. */
import { ConfigurationError, FileFormatError } from '../errors.js'
import { type Reading, tailAfter } from '../generation/predictor.js'
import type { SentenceMarks } from './counting.js'
import { Cursor, type NGramTrie } from './trie.js'

export interface NGramReadingParts {
  readonly trie: NGramTrie
  readonly size: number
  readonly marks: SentenceMarks | undefined
  /** The node that a text, or a sentence, begins from. */
  readonly begin: number
}

interface Standing {
  readonly state: number
  readonly tail: readonly number[]
}

/** @throws FileFormatError where `from` is not what a reading of this model saved */
export function openReading(parts: NGramReadingParts, from?: Uint8Array): Reading {
  return readingOf(parts, from ? restored(parts, from) : { state: parts.begin, tail: [] })
}

function readingOf(parts: NGramReadingParts, standing: Standing): Reading {
  const { trie, size, marks, begin } = parts
  const cursor = new Cursor(trie, standing.state)
  let { tail } = standing
  return {
    push: tokens => {
      for (let i = 0; i < tokens.length; i++) {
        const token = tokens[i]
        if (!(token >= 0 && token < size && Number.isInteger(token)))
          throw new ConfigurationError(`NGram: token ${i} must be a whole number in 0 … ${size - 1}; got ${token}`)
        if (token === marks?.end || token === marks?.begin) cursor.state = begin
        else cursor.advance(token)
      }
      tail = tailAfter(tail, tokens)
    },
    next: () => {
      const values = trie.distribution(cursor.state)
      for (let token = 0; token < size; token++) values[token] *= Math.LN10
      if (marks) values[marks.begin] = -Infinity
      return values
    },
    fork: () => readingOf(parts, { state: cursor.state, tail }),
    save: () =>
      new TextEncoder().encode(JSON.stringify({ ...identityOf(parts), state: cursor.state, tail } satisfies Saved)),
    get tail() {
      return tail
    },
    close: () => {},
  }
}

interface Saved extends Standing {
  readonly format: 'recurra n-gram reading'
  /** Nodes up to each order's end: other models have others. */
  readonly nodes: readonly number[]
}

const identityOf = ({ trie }: NGramReadingParts) => ({
  format: 'recurra n-gram reading' as const,
  nodes: [...trie.starts],
})

function restored(parts: NGramReadingParts, from: Uint8Array): Standing {
  const { trie, size } = parts
  let saved: Partial<Saved>
  try {
    saved = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(from))
  } catch {
    throw new FileFormatError('reading: an n-gram model’s saved reading is JSON; this is none; read the text anew')
  }
  const { format, nodes } = identityOf(parts)
  if (saved?.format !== format || JSON.stringify(saved.nodes) !== JSON.stringify(nodes))
    throw new FileFormatError('reading: it was saved by another model; give that model, or read the text anew')
  const { state, tail } = saved
  const token = (value: unknown) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < size
  if (
    !(Number.isInteger(state) && (state as number) >= -1 && (state as number) < Math.max(trie.inner, 0)) ||
    !(Array.isArray(tail) && tail.every(token))
  )
    throw new FileFormatError('reading: its state or its tail is none of this model; read the text anew')
  return { state: state as number, tail }
}
