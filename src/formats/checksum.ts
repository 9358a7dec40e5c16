// xxHash32 (Yann Collet, 2014, https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md), and the 64-bit checksum of
// a file of two parts made from it. It finds damage, not tampering: whoever changes a file can change its checksum.

const prime1 = 0x9e3779b1 | 0
const prime2 = 0x85ebca77 | 0
const prime3 = 0xc2b2ae3d | 0
const prime4 = 0x27d4eb2f | 0
const prime5 = 0x165667b1 | 0

/** Bytes that a step takes in: four words. */
const stripe = 16
/** Words are read through an Int32Array, which must start at a multiple of 4: bytes that do not are moved in such parts. */
const moved = 2 ** 16

/** The xxHash32 of bytes that come in parts. */
class XxHash32 {
  private a: number
  private b: number
  private c: number
  private d: number
  private length = 0
  /** What is no whole stripe yet. */
  private readonly rest = new Uint8Array(stripe)

  constructor(private readonly seed: number) {
    this.a = (seed + prime1 + prime2) | 0
    this.b = (seed + prime2) | 0
    this.c = seed | 0
    this.d = (seed - prime1) | 0
  }

  update(bytes: Uint8Array): this {
    const waiting = this.length % stripe
    this.length += bytes.length
    let from = 0
    if (waiting > 0) {
      from = Math.min(stripe - waiting, bytes.length)
      this.rest.set(bytes.subarray(0, from), waiting)
      if (waiting + from < stripe) return this
      this.stripes(this.rest)
    }
    const to = bytes.length - ((bytes.length - from) % stripe)
    if ((bytes.byteOffset + from) % 4 === 0) this.stripes(bytes.subarray(from, to))
    else
      for (let at = from; at < to; at += moved)
        this.stripes(Uint8Array.from(bytes.subarray(at, Math.min(at + moved, to))))
    this.rest.set(bytes.subarray(to))
    return this
  }

  /** Takes in whole stripes that lie at a multiple of 4. */
  private stripes(bytes: Uint8Array): void {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
    let { a, b, c, d } = this
    for (let i = 0; i < words.length; i += 4) {
      a = (a + Math.imul(words[i], prime2)) | 0
      a = Math.imul((a << 13) | (a >>> 19), prime1)
      b = (b + Math.imul(words[i + 1], prime2)) | 0
      b = Math.imul((b << 13) | (b >>> 19), prime1)
      c = (c + Math.imul(words[i + 2], prime2)) | 0
      c = Math.imul((c << 13) | (c >>> 19), prime1)
      d = (d + Math.imul(words[i + 3], prime2)) | 0
      d = Math.imul((d << 13) | (d >>> 19), prime1)
    }
    Object.assign(this, { a, b, c, d })
  }

  /** Unsigned. */
  digest(): number {
    const { a, b, c, d, length, rest } = this
    let hash =
      length >= stripe ? (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0 : (this.seed + prime5) | 0
    hash = (hash + length) | 0
    const left = length % stripe
    const words = new Int32Array(rest.buffer, 0, left >>> 2)
    for (const word of words) {
      hash = (hash + Math.imul(word, prime3)) | 0
      hash = Math.imul(rotate(hash, 17), prime4)
    }
    for (let i = words.length * 4; i < left; i++) {
      hash = (hash + Math.imul(rest[i], prime5)) | 0
      hash = Math.imul(rotate(hash, 11), prime1)
    }
    hash = Math.imul(hash ^ (hash >>> 15), prime2)
    hash = Math.imul(hash ^ (hash >>> 13), prime3)
    return (hash ^ (hash >>> 16)) >>> 0
  }
}

/** The xxHash32 of `bytes`, or of several parts as if they were one, unsigned. */
export function xxHash32(bytes: Uint8Array | readonly Uint8Array[], seed = 0): number {
  const hash = new XxHash32(seed)
  for (const part of bytes instanceof Uint8Array ? [bytes] : bytes) hash.update(part)
  return hash.digest()
}

/**
 * Sixteen lower-case hexadecimal digits over a head, which may come in parts, and a body. With a = xxHash32(head, seed 0)
 * and b = xxHash32(head, seed 1), they are xxHash32(body, seed a) and xxHash32(body, seed b), eight digits each.
 */
export function checksumOf(head: Uint8Array | readonly Uint8Array[], body: Uint8Array): string {
  return [0, 1].map(seed => hex(xxHash32(body, xxHash32(head, seed)))).join('')
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by))
}

function hex(x: number): string {
  return x.toString(16).padStart(8, '0')
}
