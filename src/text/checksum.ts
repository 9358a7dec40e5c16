// xxHash32 (Yann Collet, 2014, https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md), and the 64-bit checksum of
// a file of two parts made from it. It finds damage, not tampering: whoever changes a file can change its checksum.

const prime1 = 0x9e3779b1 | 0
const prime2 = 0x85ebca77 | 0
const prime3 = 0xc2b2ae3d | 0
const prime4 = 0x27d4eb2f | 0
const prime5 = 0x165667b1 | 0

/** The xxHash32 of `bytes`, unsigned. */
export function xxHash32(bytes: Uint8Array, seed = 0): number {
  const length = bytes.length
  // Words are read through an Int32Array, which must start at a multiple of 4: bytes that do not are moved.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, length >>> 2)
  const stripes = words.length & ~3
  let hash: number
  if (stripes > 0) {
    let a = (seed + prime1 + prime2) | 0
    let b = (seed + prime2) | 0
    let c = seed | 0
    let d = (seed - prime1) | 0
    for (let i = 0; i < stripes; i += 4) {
      a = (a + Math.imul(words[i], prime2)) | 0
      a = Math.imul((a << 13) | (a >>> 19), prime1)
      b = (b + Math.imul(words[i + 1], prime2)) | 0
      b = Math.imul((b << 13) | (b >>> 19), prime1)
      c = (c + Math.imul(words[i + 2], prime2)) | 0
      c = Math.imul((c << 13) | (c >>> 19), prime1)
      d = (d + Math.imul(words[i + 3], prime2)) | 0
      d = Math.imul((d << 13) | (d >>> 19), prime1)
    }
    hash = (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0
  } else {
    hash = (seed + prime5) | 0
  }
  hash = (hash + length) | 0
  for (let i = stripes; i < words.length; i++) {
    hash = (hash + Math.imul(words[i], prime3)) | 0
    hash = Math.imul(rotate(hash, 17), prime4)
  }
  for (let i = words.length * 4; i < length; i++) {
    hash = (hash + Math.imul(aligned[i], prime5)) | 0
    hash = Math.imul(rotate(hash, 11), prime1)
  }
  hash = Math.imul(hash ^ (hash >>> 15), prime2)
  hash = Math.imul(hash ^ (hash >>> 13), prime3)
  return (hash ^ (hash >>> 16)) >>> 0
}

/**
 * Sixteen lower-case hexadecimal digits over a head and a body. With a = xxHash32(head, seed 0) and
 * b = xxHash32(head, seed 1), they are xxHash32(body, seed a) and xxHash32(body, seed b), eight digits each.
 */
export function checksumOf(head: Uint8Array, body: Uint8Array): string {
  return [0, 1].map(seed => hex(xxHash32(body, xxHash32(head, seed)))).join('')
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by))
}

function hex(x: number): string {
  return x.toString(16).padStart(8, '0')
}
