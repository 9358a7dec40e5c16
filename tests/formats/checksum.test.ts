// The checksum is the published xxHash32, wherever the bytes lie.
import { describe, expect, it } from 'vitest'
import { checksumOf, xxHash32 } from '../../src/formats/checksum.js'

const bytesOf = (text: string) => new TextEncoder().encode(text)

describe('xxHash32', () => {
  it('gives the published values', () => {
    expect(xxHash32(bytesOf(''))).toBe(0x02cc5d05)
    expect(xxHash32(bytesOf('a'))).toBe(0x550d7456)
    expect(xxHash32(bytesOf('abc'))).toBe(0x32d153ff)
    expect(xxHash32(bytesOf('Nobody inspects the spammish repetition'))).toBe(0xe2293b2f)
  })

  it('gives the values of the specification’s sanity buffer', () => {
    // xxHash's own test data: a byte is the top byte of a generator that squares.
    const prime = 2654435761n
    const buffer = new Uint8Array(222)
    let generator = prime
    for (let i = 0; i < buffer.length; i++) {
      buffer[i] = Number(generator >> 24n) & 255
      generator = (generator * generator) & 0xffffffffn
    }
    expect(xxHash32(buffer.subarray(0, 1))).toBe(0xb85cbee5)
    expect(xxHash32(buffer.subarray(0, 14))).toBe(0xe5aa0ab4)
    expect(xxHash32(buffer.subarray(0, 14), Number(prime))).toBe(0x4481951d)
  })

  it('does not depend on where the bytes lie', () => {
    const bytes = Uint8Array.from({ length: 1001 }, (_, i) => (i * 37) & 255)
    for (const offset of [1, 2, 3, 4]) {
      const moved = new Uint8Array(1010)
      moved.set(bytes, offset)
      for (const length of [0, 1, 3, 4, 15, 16, 17, 31, 1001]) {
        const there = moved.subarray(offset, offset + length)
        expect(xxHash32(there, 5)).toBe(xxHash32(bytes.subarray(0, length), 5))
      }
    }
  })
})

describe('xxHash32 of parts', () => {
  it('is that of the whole, wherever it is cut', () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => (i * 37) & 255)
    const whole = xxHash32(bytes, 7)
    for (let first = 0; first <= bytes.length; first++)
      for (let second = first; second <= bytes.length; second += 7)
        expect(xxHash32([bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)], 7)).toBe(
          whole,
        )
  })

  it('does not depend on where long parts lie', () => {
    const bytes = Uint8Array.from({ length: 200_003 }, (_, i) => (i * 31) & 255)
    expect(xxHash32([bytes.subarray(0, 1), bytes.subarray(1)])).toBe(xxHash32(bytes))
    const moved = new Uint8Array(bytes.length + 1)
    moved.set(bytes, 1)
    expect(xxHash32(moved.subarray(1))).toBe(xxHash32(bytes))
    expect(xxHash32(Buffer.from(moved.buffer, 1))).toBe(xxHash32(bytes))
  })
})

describe('checksumOf', () => {
  it('depends on every bit of head and body, and on where one ends', () => {
    const head = Uint8Array.from({ length: 40 }, (_, i) => i)
    const body = Uint8Array.from({ length: 75 }, (_, i) => 255 - i)
    const seen = new Set([checksumOf(head, body), checksumOf(body, head), checksumOf(head, body.subarray(1))])
    for (const part of [head, body]) {
      for (let bit = 0; bit < part.length * 8; bit++) {
        part[bit >> 3] ^= 1 << (bit & 7)
        seen.add(checksumOf(head, body))
        part[bit >> 3] ^= 1 << (bit & 7)
      }
    }
    expect(seen.size).toBe(3 + 8 * (head.length + body.length))
    expect([...seen].every(digits => /^[0-9a-f]{16}$/.test(digits))).toBe(true)
  })
})
