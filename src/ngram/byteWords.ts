/* Words as bytes, numbered in the order in which they come: a hash table without a JavaScript string a look-up. The hash is
 * a fast one until words come that share it, as in a file made to: then a keyed one that nobody can foresee. */

/** A slot further from its hash's place does not happen at half load by chance (about once in 10^10 words). */
const LONGEST_PROBE = 128

type Hash = (bytes: Uint8Array, from: number, to: number) => number

export class ByteWords {
  size = 0
  private blob = new Uint8Array(1 << 16)
  /** Where each word begins in the blob, and where the last ends. */
  private offsets = new Int32Array(1 << 12)
  private hashes = new Int32Array(1 << 12)
  /** Number + 1 of the word, 0 where free; at most half full. */
  private slots = new Int32Array(1 << 13)
  private hashOf: Hash = fastHash
  private isKeyed = false

  /** The word's number, or −1. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const slot = this.slotOf(bytes, from, to, this.hashOf(bytes, from, to))
    return this.slots[slot] - 1
  }

  /** Numbers a new word; −1 where it is known. */
  add(bytes: Uint8Array, from: number, to: number): number {
    if (2 * (this.size + 1) >= this.slots.length) this.grow()
    let hash = this.hashOf(bytes, from, to)
    let slot = this.slotOf(bytes, from, to, hash)
    if (this.slots[slot] !== 0) return -1
    if (!this.isKeyed && ((slot - hash) & (this.slots.length - 1)) > LONGEST_PROBE) {
      this.rehash(keyedHash())
      hash = this.hashOf(bytes, from, to)
      slot = this.slotOf(bytes, from, to, hash)
    }
    const begin = this.offsets[this.size]
    while (begin + to - from > this.blob.length) this.blob = doubled(this.blob, Uint8Array)
    this.blob.set(bytes.subarray(from, to), begin)
    this.hashes[this.size] = hash
    this.offsets[this.size + 1] = begin + to - from
    this.slots[slot] = this.size + 1
    return this.size++
  }

  /** The words as text. */
  texts(): string[] {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    return Array.from({ length: this.size }, (_, i) =>
      decoder.decode(this.blob.subarray(this.offsets[i], this.offsets[i + 1])),
    )
  }

  private slotOf(bytes: Uint8Array, from: number, to: number, hash: number): number {
    const mask = this.slots.length - 1
    let slot = hash & mask
    for (; this.slots[slot] !== 0; slot = (slot + 1) & mask) {
      const word = this.slots[slot] - 1
      if (this.hashes[word] === hash && this.equals(word, bytes, from, to)) break
    }
    return slot
  }

  private equals(word: number, bytes: Uint8Array, from: number, to: number): boolean {
    let at = this.offsets[word]
    if (this.offsets[word + 1] - at !== to - from) return false
    for (let i = from; i < to; i++) if (this.blob[at++] !== bytes[i]) return false
    return true
  }

  private grow(): void {
    this.offsets = doubled(this.offsets, Int32Array)
    this.hashes = doubled(this.hashes, Int32Array)
    this.slots = new Int32Array(2 * this.slots.length)
    this.fillSlots()
  }

  private rehash(hashOf: Hash): void {
    this.hashOf = hashOf
    this.isKeyed = true
    for (let word = 0; word < this.size; word++)
      this.hashes[word] = hashOf(this.blob, this.offsets[word], this.offsets[word + 1])
    this.slots.fill(0)
    this.fillSlots()
  }

  private fillSlots(): void {
    const mask = this.slots.length - 1
    for (let word = 0; word < this.size; word++) {
      let slot = this.hashes[word] & mask
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask
      this.slots[slot] = word + 1
    }
  }
}

/** FNV-1a (Fowler, Noll & Vo), finished as MurmurHash3 does, since only the low bits choose a slot. */
function fastHash(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5 | 0
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return hash ^ (hash >>> 13)
}

/** HalfSipHash-1-3 (Aumasson & Bernstein 2012, in its form for 32 bits) with a key of its own. */
function keyedHash(): Hash {
  const [k0, k1] = crypto.getRandomValues(new Int32Array(2))
  return (bytes, from, to) => {
    let [v0, v1, v2, v3] = [k0, k1, k0 ^ 0x6c796765, k1 ^ 0x74656462]
    const round = () => {
      v0 = (v0 + v1) | 0
      v1 = rotated(v1, 5) ^ v0
      v0 = rotated(v0, 16)
      v2 = (v2 + v3) | 0
      v3 = rotated(v3, 8) ^ v2
      v0 = (v0 + v3) | 0
      v3 = rotated(v3, 7) ^ v0
      v2 = (v2 + v1) | 0
      v1 = rotated(v1, 13) ^ v2
      v2 = rotated(v2, 16)
    }
    const take = (block: number) => {
      v3 ^= block
      round()
      v0 ^= block
    }
    const end = to - ((to - from) & 3)
    for (let i = from; i < end; i += 4)
      take(bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24))
    let last = (to - from) << 24
    for (let i = end; i < to; i++) last |= bytes[i] << (8 * (i - end))
    take(last)
    v2 ^= 0xff
    round()
    round()
    round()
    return v1 ^ v3
  }
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function doubled<A extends Uint8Array | Int32Array>(array: A, Kind: new (length: number) => A): A {
  const larger = new Kind(2 * array.length)
  larger.set(array)
  return larger
}
