// What turns a text into the ids that a model reads, and back; and the one door by which a saved tokenizer comes in.
import { FileFormatError } from '../errors.js'
import { CharacterTokenizer, type CharacterTokenizerJSON } from './characterTokenizer.js'

/** A tokenizer as a model file keeps it; `unit` says which. */
export type TokenizerJSON = CharacterTokenizerJSON

export interface Tokenizer {
  readonly unit: 'character'
  /** Number of ids; every id is in 0 … size − 1. */
  readonly size: number
  /** The id of everything that the vocabulary lacks. */
  readonly unknown: number
  /** The symbol that is taken to stand before a text that has no prompt. */
  readonly start: number
  encode(text: string): Int32Array
  decode(tokens: ArrayLike<number>): string
  toJSON(): TokenizerJSON
}

/**
 * The tokenizer that `toJSON` described, parsed from JSON. Nothing in `json` is trusted: what does not describe a
 * tokenizer throws a FileFormatError whose message begins with `where`.
 */
export function tokenizerFromJSON(json: unknown, where = 'tokenizer'): Tokenizer {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    const came = json === null ? 'null' : Array.isArray(json) ? 'a list' : `a value of type ${typeof json}`
    throw new FileFormatError(`${where}: a tokenizer must be an object with unit and symbols; got ${came}`)
  }
  const fields = json as Readonly<Record<string, unknown>>
  const unit = Object.hasOwn(fields, 'unit') ? fields.unit : undefined
  if (unit === 'character') return CharacterTokenizer.fromJSON(fields, where)
  const came = typeof unit === 'string' ? JSON.stringify(unit.slice(0, 40)) : unit === undefined ? 'none' : typeof unit
  throw new FileFormatError(
    `${where}: the tokenizer's unit must be "character"; got ${came}; a newer recurra may read it`,
  )
}
