// JSON (RFC 8259) for headers that nobody vouches for. Unlike JSON.parse it refuses a key that stands twice (two readers
// would believe two different files), bounds what a value may be, and gives objects as Maps, so that a key `__proto__` is
// a key. It reads bytes, a value at a time, so a long header is never held a second time as text.

export type StrictJson = null | boolean | number | string | StrictJson[] | Map<string, StrictJson>

/** What is wrong with bytes that are not strict JSON, without saying where they come from. */
export class StrictJsonError extends Error {}

export interface StrictJsonBounds {
  /** Objects and lists may stand so deep in each other. */
  readonly depth: number
  /** A list may be so long. */
  readonly elements: number
}

/** A double's shortest form has 25 characters, its exact one at most 1,075 and a sign. */
const longestNumber = 1100
const numberPattern = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const numberBytes = new Uint8Array(256)
for (const character of '0123456789+-.eE') numberBytes[character.charCodeAt(0)] = 1

const quote = 0x22
const backslash = 0x5c
const words = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const

/**
 * The object that `bytes` are, each value changed as it is read: what is wrong with one ends the reading there, however
 * long the rest may be. Throws StrictJsonError, and what `change` throws.
 */
export function parseStrictObject<T>(
  bytes: Uint8Array,
  bounds: StrictJsonBounds,
  change: (key: string, value: StrictJson) => T,
): Map<string, T> {
  return new StrictJsonParser(bytes, bounds).whole(change)
}

class StrictJsonParser {
  private at = 0
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

  constructor(
    private readonly bytes: Uint8Array,
    private readonly bounds: StrictJsonBounds,
  ) {}

  whole<T>(change: (key: string, value: StrictJson) => T): Map<string, T> {
    if (!this.pass('{')) this.fail('"{" was expected')
    const object = this.object(this.bounds.depth - 1, change)
    this.skipSpace()
    if (this.at < this.bytes.length) this.fail('the end was expected')
    return object
  }

  private fail(problem: string): never {
    throw new StrictJsonError(`${problem} at byte ${this.at}`)
  }

  private skipSpace(): void {
    const { bytes } = this
    for (;;) {
      const byte = bytes[this.at]
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      this.at++
    }
  }

  /** Whether `mark` comes next; if so it is passed. */
  private pass(mark: string): boolean {
    this.skipSpace()
    if (this.bytes[this.at] !== mark.charCodeAt(0)) return false
    this.at++
    return true
  }

  private value(depth: number): StrictJson {
    this.skipSpace()
    const mark = this.bytes[this.at]
    if (mark === quote) return this.string()
    if (mark === 0x7b || mark === 0x5b) {
      if (depth === 0) this.fail(`nesting deeper than ${this.bounds.depth}`)
      this.at++
      return mark === 0x7b ? this.object(depth - 1, (_, value) => value) : this.list(depth - 1)
    }
    for (const [word, value] of words) {
      if (!this.startsWith(word)) continue
      this.at += word.length
      return value
    }
    return this.number()
  }

  private startsWith(word: string): boolean {
    for (let i = 0; i < word.length; i++) if (this.bytes[this.at + i] !== word.charCodeAt(i)) return false
    return true
  }

  private object<T>(depth: number, change: (key: string, value: StrictJson) => T): Map<string, T> {
    const object = new Map<string, T>()
    if (this.pass('}')) return object
    do {
      this.skipSpace()
      if (this.bytes[this.at] !== quote) this.fail('a key was expected')
      const key = this.string()
      if (object.has(key)) this.fail(`the key ${JSON.stringify(key.slice(0, 60))} stands twice`)
      if (!this.pass(':')) this.fail('":" was expected')
      object.set(key, change(key, this.value(depth)))
    } while (this.pass(','))
    if (!this.pass('}')) this.fail('"," or "}" was expected')
    return object
  }

  private list(depth: number): StrictJson[] {
    const list: StrictJson[] = []
    if (this.pass(']')) return list
    do {
      if (list.length === this.bounds.elements) this.fail(`a list of more than ${this.bounds.elements} elements`)
      list.push(this.value(depth))
    } while (this.pass(','))
    if (!this.pass(']')) this.fail('"," or "]" was expected')
    return list
  }

  private number(): number {
    const start = this.at
    let end = start
    while (numberBytes[this.bytes[end]] === 1 && end - start <= longestNumber) end++
    const text = String.fromCharCode(...this.bytes.subarray(start, end))
    if (end - start > longestNumber) this.fail(`a number of more than ${longestNumber} characters`)
    if (!numberPattern.test(text)) this.fail('a value was expected')
    this.at = end
    return Number(text)
  }

  private string(): string {
    const { bytes } = this
    const start = this.at + 1
    let end = start
    let escaped = false
    for (; bytes[end] !== quote; end++) {
      if (end >= bytes.length) this.fail('a string that does not end')
      if (bytes[end] < 0x20) this.fail('a string with a bare control character')
      if (bytes[end] !== backslash) continue
      escaped = true
      end++
    }
    let text: string
    try {
      text = this.decoder.decode(bytes.subarray(start, end))
    } catch {
      return this.fail('a string that is not UTF-8')
    }
    try {
      if (escaped) text = JSON.parse(`"${text}"`) as string
    } catch {
      return this.fail('a string with a bad escape')
    }
    this.at = end + 1
    return text
  }
}
