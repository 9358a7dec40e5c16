// A tensor file comes back as it was; damage anywhere and lies in the header are found.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigurationError, FileFormatError, ShapeError } from '../../src/errors.js'
import { readSafetensors, type TensorToWrite, writeSafetensors } from '../../src/formats/safetensors.js'

const weights: TensorToWrite = { name: 'rnn.weight_ih_l0', shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, NaN, 6) }
const moments: TensorToWrite = { name: 'adam.m', shape: [2], data: Float64Array.of(Math.PI, -0) }
const steps: TensorToWrite = { name: '2', shape: [], data: BigInt64Array.of(-(2n ** 62n)) }
const tokens: TensorToWrite = { name: '1 – größe', shape: [3], data: Int32Array.of(-1, 0, 2 ** 31 - 1) }
const empty: TensorToWrite = { name: '__proto__', shape: [0, 4], data: new Float32Array(0) }
const all = [weights, moments, steps, tokens, empty]
const metadata = { 'recurra.config': '{"cell":"lstm"}', ['__proto__']: 'x', note: 'ümläut "quoted" \n \u{1f600}' }

/** A file of the given header and payload, without a checksum. */
function file(header: unknown, payload = 0): Uint8Array {
  const text = typeof header === 'string' ? header : JSON.stringify(header)
  const bytes = new TextEncoder().encode(text)
  const out = new Uint8Array(8 + bytes.length + payload)
  new DataView(out.buffer).setBigUint64(0, BigInt(bytes.length), true)
  out.set(bytes, 8)
  return out
}

const f32 = (shape: unknown, ...data_offsets: unknown[]) => ({ dtype: 'F32', shape, data_offsets })

describe('a safetensors file', () => {
  it('comes back as it was written', () => {
    const { tensors, metadata: read } = readSafetensors(writeSafetensors(all, metadata), 'm', { requireChecksum: true })
    expect(tensors.size).toBe(5)
    for (const { name, shape, data } of all) {
      expect(tensors.get(name)?.shape).toEqual(shape)
      expect(tensors.get(name)?.data).toEqual(data)
    }
    expect([...tensors.values()].map(tensor => tensor.dtype).toSorted()).toEqual(['F32', 'F32', 'F64', 'I32', 'I64'])
    expect(Object.entries(read)).toEqual(Object.entries(metadata))
  })

  it('comes back as it was written, for any tensors and any metadata', () => {
    const tensor = fc.oneof(
      fc.float32Array({ maxLength: 20 }),
      fc.float64Array({ maxLength: 20 }),
      fc.int32Array({ maxLength: 20 }),
      fc.bigInt64Array({ maxLength: 20 }),
    )
    const name = fc.string({ unit: 'grapheme', maxLength: 12 }).filter(text => text !== '__metadata__')
    const entries = fc.uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key, maxLength: 6 })
    fc.assert(
      fc.property(
        entries,
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })),
        (list, meta) => {
          const written = list.map(([key, data]) => ({ name: key, shape: [data.length], data }))
          const bytes = writeSafetensors(written, meta)
          const read = readSafetensors(bytes, 'm', { requireChecksum: true })
          expect(new Map(written.map(t => [t.name, t.data]))).toEqual(
            new Map([...read.tensors].map(([k, t]) => [k, t.data])),
          )
          expect(Object.entries(read.metadata)).toEqual(Object.entries(meta))
          expect(
            writeSafetensors(
              [...read.tensors].map(([key, t]) => ({ name: key, ...t })),
              read.metadata,
            ),
          ).toEqual(bytes)
        },
      ),
    )
  })

  it('begins its tensors at a multiple of 8 and aligns each to its element', () => {
    const bytes = writeSafetensors(
      [weights, { ...weights, name: 'odd', shape: [1], data: Float32Array.of(1) }, moments],
      {},
    )
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
    expect((8 + length) % 8).toBe(0)
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))
    expect(Object.keys(header)).toEqual(['__metadata__', 'adam.m', 'rnn.weight_ih_l0', 'odd'])
    expect(header['adam.m'].data_offsets).toEqual([0, 16])
  })

  it('may hold no tensors', () => {
    expect(readSafetensors(writeSafetensors([], {}), 'm').tensors.size).toBe(0)
    expect(readSafetensors(file({}), 'm').tensors.size).toBe(0)
  })

  it('takes views into larger buffers, and bytes at any place', () => {
    const data = new Float32Array([9, 1, 2, 9]).subarray(1, 3)
    const bytes = writeSafetensors([{ name: 'x', shape: [2], data }], {})
    const moved = new Uint8Array(bytes.length + 3)
    moved.set(bytes, 3)
    expect(readSafetensors(moved.subarray(3), 'm').tensors.get('x')?.data).toEqual(Float32Array.of(1, 2))
  })

  it('may come in a Buffer of Node’s, at any place of its pool', () => {
    const bytes = writeSafetensors(all, metadata)
    for (const offset of [0, 1, 4]) {
      const pooled = Buffer.alloc(bytes.length + 16)
      pooled.set(bytes, offset)
      const { tensors } = readSafetensors(pooled.subarray(offset, offset + bytes.length), 'm')
      for (const { name, data } of all) expect(tensors.get(name)?.data).toEqual(data)
    }
  })

  it('may come from another program, unaligned, in any order, with no checksum', () => {
    const bytes = file({ b: { dtype: 'F64', shape: [1], data_offsets: [4, 12] }, a: f32([1], 0, 4) }, 12)
    new DataView(bytes.buffer).setFloat64(bytes.length - 8, 2.5, true)
    const { tensors } = readSafetensors(bytes, 'm')
    expect([...tensors.keys()]).toEqual(['b', 'a'])
    expect(tensors.get('b')?.data).toEqual(Float64Array.of(2.5))
  })
})

describe('damage', () => {
  const bytes = writeSafetensors(all, metadata)
  const read = (changed: Uint8Array, requireChecksum: boolean) => () =>
    readSafetensors(changed, 'm', { requireChecksum })

  it('is found whatever byte is changed to whatever value', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (place, flip) => {
        const changed = bytes.slice()
        changed[place] ^= flip
        expect(read(changed, true)).toThrow(FileFormatError)
      }),
      { numRuns: 2000 },
    )
  })

  it('is found at ten thousand random places of a payload', () => {
    const data = new Float32Array(10_000).map((_, i) => Math.sin(i))
    const whole = writeSafetensors([{ name: 'x', shape: [100, 100], data }], {})
    const body = 4 * data.length
    let random = 1
    const next = (below: number) => {
      random = (random * 48271) % 2147483647
      return random % below
    }
    for (let flip = 0; flip < 10_000; flip++) {
      const place = whole.length - 1 - next(body)
      const mask = 1 << next(8)
      whole[place] ^= mask
      expect(read(whole, true)).toThrow(/must match recurra\.checksum/)
      whole[place] ^= mask
    }
    expect(read(whole, true)).not.toThrow()
  })

  it('is found for each bit of the file, and where no checksum is asked for too', () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice()
      changed[bit >> 3] ^= 1 << (bit & 7)
      expect(read(changed, true)).toThrow(FileFormatError)
      expect(read(changed, false)).toThrow(FileFormatError)
    }
  })

  it('is found wherever the file is cut, and when something is added', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(read(bytes.slice(0, length), false)).toThrow(FileFormatError)
    }
    for (const more of [1, 8, 100]) {
      const longer = new Uint8Array(bytes.length + more)
      longer.set(bytes)
      expect(read(longer, true)).toThrow(FileFormatError)
    }
  })

  it('is found when the checksum is taken away', () => {
    const header = { __metadata__: { 'recurra.config': '{}' }, x: f32([1], 0, 4) }
    expect(() => readSafetensors(file(header, 4), 'm')).toThrow(/must begin with recurra\.checksum/)
    expect(() => readSafetensors(file({ x: f32([1], 0, 4) }, 4), 'm', { requireChecksum: true })).toThrow(
      FileFormatError,
    )
  })

  it('makes any bytes a FileFormatError or a file', () => {
    const pieces = ['{', '}', '"', ':', ',', '[', ']', '"a"', '"dtype"', '"F32"', '"shape"', '"data_offsets"', '0', '4']
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces)), fc.nat(16), (parts, payload) => {
        try {
          readSafetensors(file(parts.join(''), payload), 'm')
        } catch (error) {
          expect(error).toBeInstanceOf(FileFormatError)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('a hostile header', () => {
  const long = file({})
  new DataView(long.buffer).setBigUint64(0, 2n ** 63n, true)
  const past = file({})
  new DataView(past.buffer).setBigUint64(0, 3n, true)
  const invalid = file('{"\u00e9":1}')
  invalid[10] = 0xff
  const deep = '['.repeat(100_000)

  const refused: [string, Uint8Array, RegExp][] = [
    ['that is missing', new Uint8Array(7), /at least 8 bytes; got 7/],
    ['of no bytes', new Uint8Array(8), /must begin with "\{"/],
    ['longer than 100 MB', long, /may have 100000000 bytes; the file says 9223372036854775808/],
    ['longer than the file', past, /should have 3 bytes, but 2 follow/],
    ['that does not begin with {', file(' {}'), /must begin with "\{"/],
    ['that is not UTF-8', invalid, /must be JSON in UTF-8; a string that is not UTF-8 at byte 1;/],
    ['that is not JSON', file('{"a":}'), /must be JSON in UTF-8; a value was expected at byte 5/],
    ['with more after its end', file('{}{}'), /the end was expected/],
    ['with a tensor twice', file(`{"a":${JSON.stringify(f32([0], 0, 0))},"a":0}`), /"a" stands twice/],
    ['with a key twice in a tensor', file('{"a":{"dtype":"F32","dtype":"F64"}}'), /"dtype" stands twice/],
    ['with its metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), /stands twice/],
    ['nested deep', file(`{"a":${deep}`), /nesting deeper than 3/],
    ['whose metadata is a list', file({ __metadata__: [] }), /__metadata__ must be an object; got \[\]/],
    ['whose metadata holds a number', file({ __metadata__: { a: 1 } }), /metadata "a" must be a string; got 1/],
    ['whose tensor is a string', file({ a: 'F32' }), /the tensor "a" must be an object/],
    [
      'of an unknown dtype',
      file({ a: { ...f32([1], 0, 2), dtype: 'BF16' } }, 2),
      /dtype must be one of F32.*got "BF16"/,
    ],
    ['of an inherited dtype', file({ a: { ...f32([1], 0, 4), dtype: 'toString' } }, 4), /dtype must be one of/],
    ['without a dtype', file({ a: { shape: [], data_offsets: [0, 4] } }, 4), /got nothing/],
    ['without a shape', file({ a: { dtype: 'F32', data_offsets: [0, 4] } }, 4), /shape must be a list/],
    ['without offsets', file({ a: { dtype: 'F32', shape: [1] } }, 4), /data_offsets must be two/],
    ['with an unknown key', file({ a: { ...f32([1], 0, 4), strides: [1] } }, 4), /unknown key "strides"/],
    ['of a negative size', file({ a: f32([-1], 0, 4) }, 4), /shape must be a list of whole numbers; got \[-1\]/],
    ['of a broken size', file({ a: f32([1.5], 0, 6) }, 6), /shape must be a list of whole numbers/],
    ['of an unsafe size', file({ a: f32([2 ** 53], 0, 4) }, 4), /shape must be a list of whole numbers/],
    ['of an unsafe product', file({ a: f32([2 ** 40, 2 ** 40], 0, 4) }, 4), /too many/],
    ['of an unsafe product times zero', file({ a: f32([2 ** 40, 2 ** 40, 0], 0, 0) }), /too many/],
    ['of another size than its bytes', file({ a: f32([2], 0, 4) }, 4), /has 8 bytes, but data_offsets hold 4/],
    ['with three offsets', file({ a: f32([1], 0, 4, 4) }, 4), /data_offsets must be two/],
    ['with descending offsets', file({ a: f32([1], 4, 0) }, 4), /must ascend/],
    ['with offsets past the file', file({ a: f32([2], 0, 8) }, 4), /within 4 bytes; got \[0, 8\]/],
    ['with a gap', file({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), /a gap before the tensor "b"/],
    ['with a gap at the start', file({ a: f32([1], 4, 8) }, 8), /a gap before the tensor "a"/],
    ['with an overlap', file({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8), /an overlap with the tensor "b"/],
    ['with bytes that belong to no tensor', file({ a: f32([1], 0, 4) }, 8), /must fill the 8 bytes.*they end at 4/],
    ['with a false checksum', file({ __metadata__: { 'recurra.checksum': '0'.repeat(16) } }), /must match recurra/],
  ]

  it.each(refused)('%s is refused in one line that begins with the file', (_, bytes, message) => {
    expect(() => readSafetensors(bytes, 'dir/m.safetensors')).toThrow(FileFormatError)
    expect(() => readSafetensors(bytes, 'dir/m.safetensors')).toThrow(message)
    expect(() => readSafetensors(bytes, 'dir/m.safetensors')).toThrow(/^dir\/m\.safetensors: [^\n]{10,400}$/)
  })
})

describe('writeSafetensors', () => {
  it('refuses a shape that does not hold its data', () => {
    for (const shape of [[2], [1, 2], [], [-1, -1], [0.5, 2], [Number.NaN]]) {
      const tensor = { name: 'x', shape, data: new Float32Array(3) }
      expect(() => writeSafetensors([tensor], {})).toThrow(ShapeError)
    }
  })

  it('refuses names and metadata that cannot be kept', () => {
    const data = new Float32Array(1)
    const named = (...names: string[]) => names.map(name => ({ name, shape: [1], data }))
    expect(() => writeSafetensors(named('x', 'x'), {})).toThrow(ConfigurationError)
    expect(() => writeSafetensors(named('__metadata__'), {})).toThrow(ConfigurationError)
    expect(() => writeSafetensors(named('a\ud800'), {})).toThrow(/well-formed/)
    const bytes = new Uint8Array(1) as unknown as Float32Array
    expect(() => writeSafetensors([{ name: 'x', shape: [1], data: bytes }], {})).toThrow(/the data must be/)
    expect(() => writeSafetensors([], { 'recurra.checksum': '' })).toThrow(ConfigurationError)
    expect(() => writeSafetensors([], { a: 1 as unknown as string })).toThrow(ConfigurationError)
    expect(() => writeSafetensors([], { a: '\udc00' })).toThrow(ConfigurationError)
  })
})
