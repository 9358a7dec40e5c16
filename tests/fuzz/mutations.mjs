/* Bytes changed as files get damaged, and as someone changes them who wants a reader to fail. All of it follows a seed. */

/** Files past this teach nothing more, and slow the search. */
const longest = 1 << 16

/**
 * A generator of numbers in [0, 1): mulberry32 (Tommy Ettinger, 2017).
 * @param {number} seed
 */
export function randomFrom(seed) {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const numbers = [
  '0',
  '-1',
  '1',
  '1.5',
  '255',
  '65536',
  '2147483648',
  '4294967296',
  '9007199254740993',
  '1e400',
  '-inf',
  'NaN',
]
const strange = [
  '\0',
  '\r\n',
  '\n\n',
  '\t',
  ' ',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  '__proto__',
  'constructor',
  '\ufeff',
  '\ud83d\ude00',
  '\u2028',
]
/** @param {string} text */
const bytesOf = text => new TextEncoder().encode(text)

/**
 * One to four changes of one of `corpus`.
 * @param {() => number} random
 * @param {readonly Uint8Array[]} corpus
 * @param {readonly string[]} words that mean something in the format
 */
export function mutated(random, corpus, words) {
  /** @param {number} count */
  const below = count => Math.floor(random() * count)
  /** @type {<T>(list: readonly T[]) => T} */
  const pick = list => list[below(list.length)]
  /** @param {Uint8Array} bytes */
  const place = bytes => below(bytes.length + 1)
  /** @type {(bytes: Uint8Array, from: number, to: number, middle: Uint8Array) => Uint8Array} */
  const spliced = (bytes, from, to, middle) => {
    const out = new Uint8Array(from + middle.length + bytes.length - to)
    out.set(bytes.subarray(0, from))
    out.set(middle, from)
    out.set(bytes.subarray(to), from + middle.length)
    return out
  }
  /** @type {(bytes: Uint8Array) => [from: number, to: number]} */
  const stretch = bytes => {
    const from = place(bytes)
    return [from, Math.min(bytes.length, from + 1 + below(random() < 0.8 ? 16 : 400))]
  }
  /** @type {((bytes: Uint8Array) => Uint8Array)[]} */
  const changes = [
    // A bit, a byte.
    bytes => {
      const out = bytes.slice()
      if (out.length > 0) out[below(out.length)] ^= 1 << below(8)
      return out
    },
    bytes => {
      const out = bytes.slice()
      if (out.length > 0) out[below(out.length)] = pick([0, 1, 0x0a, 0x20, 0x7f, 0x80, 0xff, below(256)])
      return out
    },
    // Four bytes as a number that is at the edge of something.
    bytes => {
      const out = bytes.slice()
      if (out.length >= 4)
        new DataView(out.buffer).setInt32(
          below(out.length - 3),
          pick([0, 1, -1, 2 ** 31 - 1, -(2 ** 31), below(300)]),
          true,
        )
      return out
    },
    // Something out, in, twice, or many times.
    bytes => spliced(bytes, ...stretch(bytes), new Uint8Array()),
    bytes => {
      const at = place(bytes)
      return spliced(bytes, at, at, bytesOf(pick(words.length > 0 && random() < 0.6 ? words : strange)))
    },
    bytes => {
      const [from, to] = stretch(bytes)
      return spliced(bytes, to, to, bytes.subarray(from, to))
    },
    bytes => {
      const at = place(bytes)
      const text =
        random() < 0.5
          ? pick(strange)
          : new TextDecoder('latin1').decode(bytes.subarray(...stretch(bytes)).subarray(0, 40))
      return spliced(bytes, at, at, bytesOf(text.repeat(pick([2, 10, 100, 10_000]))))
    },
    // A part of another file.
    bytes => {
      const other = pick(corpus)
      return spliced(bytes, ...stretch(bytes), other.subarray(...stretch(other)))
    },
    // A written number for another one.
    bytes => {
      const text = new TextDecoder('latin1').decode(bytes)
      const found = [...text.matchAll(/-?\d+(\.\d+)?/g)]
      if (found.length === 0) return bytes
      const one = pick(found)
      return spliced(bytes, one.index, one.index + one[0].length, bytesOf(pick(numbers)))
    },
    // Two lines change places.
    bytes => {
      const text = new TextDecoder('latin1').decode(bytes).split('\n')
      const [a, b] = [below(text.length), below(text.length)]
      ;[text[a], text[b]] = [text[b], text[a]]
      return Uint8Array.from(text.join('\n'), c => c.charCodeAt(0))
    },
    // Cut short.
    bytes => bytes.slice(0, place(bytes)),
  ]
  let bytes = pick(corpus)
  for (let left = 1 + below(4); left > 0; left--) bytes = pick(changes)(bytes).subarray(0, longest)
  return Uint8Array.from(bytes)
}
