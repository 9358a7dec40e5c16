// What saved tokenizers have in common when they come in: fields that must be known, and values named in messages.
import { FileFormatError } from '../errors.js'

export type SavedFields = Readonly<Record<string, unknown>>

/** Throws FileFormatError for a key that is not among `keys`; `what` names the tokenizer. */
export function checkKeys(json: SavedFields, keys: readonly string[], what: string, where: string): void {
  const strange = Object.keys(json).find(key => !keys.includes(key))
  if (strange === undefined) return
  const known = keys.length === 1 ? `key ${keys[0]}` : `keys ${keys.slice(0, -1).join(', ')} and ${keys.at(-1)}`
  throw new FileFormatError(`${where}: a ${what} tokenizer has the ${known}; got ${show(strange)} too`)
}

/** An own field; what is inherited was not saved. */
export function field(json: SavedFields, key: string): unknown {
  return Object.hasOwn(json, key) ? json[key] : undefined
}

/** A value for a message: strings in part, numbers and booleans whole, the rest by its kind. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40))
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === undefined) return 'nothing'
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`
}
