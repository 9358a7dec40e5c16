/* Words as bytes, numbered in the order in which they come: a hash table without a JavaScript string a look-up. */

export class ByteWords {
  size = 0
  private blob = new Uint8Array(1 << 16)
  /** Where each word begins in the blob, and where the last ends. */
  private places = new Int32Array(1 << 12)
  private hashes = new Int32Array(1 << 12)
  /** Number + 1 of the word, 0 where free; at most half full. */
  private slots = new Int32Array(1 << 13)

  /** The word's number, or −1. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const slot = this.slotOf(bytes, from, to, hashOf(bytes, from, to))
    return this.slots[slot] - 1
  }

  /** Numbers a new word; −1 where it is known. */
  add(bytes: Uint8Array, from: number, to: number): number {
    const hash = hashOf(bytes, from, to)
    if (2 * (this.size + 1) >= this.slots.length) this.grow()
    const slot = this.slotOf(bytes, from, to, hash)
    if (this.slots[slot] !== 0) return -1
    const begin = this.places[this.size]
    while (begin + to - from > this.blob.length) this.blob = doubled(this.blob, Uint8Array)
    this.blob.set(bytes.subarray(from, to), begin)
    this.hashes[this.size] = hash
    this.places[this.size + 1] = begin + to - from
    this.slots[slot] = this.size + 1
    return this.size++
  }

  /** The words as text. */
  texts(): string[] {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    return Array.from({ length: this.size }, (_, i) =>
      decoder.decode(this.blob.subarray(this.places[i], this.places[i + 1])),
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
    let at = this.places[word]
    if (this.places[word + 1] - at !== to - from) return false
    for (let i = from; i < to; i++) if (this.blob[at++] !== bytes[i]) return false
    return true
  }

  private grow(): void {
    this.places = doubled(this.places, Int32Array)
    this.hashes = doubled(this.hashes, Int32Array)
    this.slots = new Int32Array(2 * this.slots.length)
    const mask = this.slots.length - 1
    for (let word = 0; word < this.size; word++) {
      let slot = this.hashes[word] & mask
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask
      this.slots[slot] = word + 1
    }
  }
}

/** FNV-1a (Fowler, Noll & Vo), finished as MurmurHash3 does, since only the low bits choose a slot. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5 | 0
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return hash ^ (hash >>> 13)
}

function doubled<A extends Uint8Array | Int32Array>(array: A, Kind: new (length: number) => A): A {
  const larger = new Kind(2 * array.length)
  larger.set(array)
  return larger
}
