// safetensors (https://github.com/huggingface/safetensors#format): eight bytes with the header's length, little-endian;
// a JSON header that gives every tensor its dtype, shape and place; then the tensors' bytes without a gap.
//
// The checksum. A file written here begins its header with {"__metadata__":{"recurra.checksum":"<16 digits>" . The
// digits are checksumOf(head, body) of ./checksum.ts, where head is the file from its first byte to the header's end
// with the 16 digits replaced by 16 times "0", and body is every byte after it. So no byte of the file is left out.
// Other readers see one more metadata entry. A program that rewrites the file must drop the entry.
//
// Numbers are little-endian in the file and taken as the machine has them: so is every machine that runs JavaScript
// engines with WebAssembly.
import { ConfigurationError, FileFormatError, ShapeError } from '../errors.js'
import { checksumOf } from './checksum.js'
import { parseStrictObject, type StrictJson, StrictJsonError } from './strictJson.js'

export type TensorDtype = 'F32' | 'F64' | 'I32' | 'I64'
export type TensorValues = Float32Array | Float64Array | Int32Array | BigInt64Array

export interface TensorToWrite {
  readonly name: string
  readonly shape: readonly number[]
  readonly data: TensorValues
}

export interface StoredTensor {
  readonly dtype: TensorDtype
  readonly shape: readonly number[]
  readonly data: TensorValues
}

export interface SafetensorsContent {
  /** In the order of the header. */
  readonly tensors: Map<string, StoredTensor>
  /** Without the checksum; an object without a prototype, so that every key is only a key. */
  readonly metadata: Record<string, string>
}

export interface ReadSafetensorsOptions {
  /** Refuse a file without `recurra.checksum`: for files that recurra must have written. Default false. */
  requireChecksum?: boolean | undefined
}

const elementSize: Record<TensorDtype, number> = { F32: 4, F64: 8, I32: 4, I64: 8 }
// safetensors refuses longer headers too; an honest one has about a hundred bytes a tensor.
const longestHeader = 100_000_000
// The header's object, a tensor's object, its shape. PyTorch's tensors have at most 64 dimensions.
const headerBounds = { depth: 3, elements: 64 }
const checksumKey = 'recurra.checksum'
const ownPrefix = 'recurra.'
const noDigits = '0'.repeat(16)
const headerStart = `{"__metadata__":{${JSON.stringify(checksumKey)}:"`
const digitsAt = 8 + headerStart.length

/**
 * The bytes of a safetensors file. The tensors stand in the given order, but those of 8-byte elements before those of
 * 4-byte elements, as the format allows no gap and each tensor must be aligned to its element.
 *
 * Throws ShapeError when a shape does not hold its data, ConfigurationError for names that cannot be kept.
 */
export function writeSafetensors(
  tensors: readonly TensorToWrite[],
  metadata: Record<string, string>,
): Uint8Array<ArrayBuffer> {
  const typed = tensors.map(tensor => ({ ...tensor, dtype: dtypeOf(tensor.data, tensor.name) }))
  const ordered = [8, 4].flatMap(bytes => typed.filter(({ dtype }) => elementSize[dtype] === bytes))
  const names = new Set<string>()
  const entries: string[] = []
  let size = 0
  for (const { name, shape, data, dtype } of ordered) {
    checkText(name, 'tensor name')
    if (name === '__metadata__' || names.has(name)) {
      const cure = 'give every tensor its own name, and none __metadata__'
      throw new ConfigurationError(`writeSafetensors: the tensor name ${quote(name)} is taken; ${cure}`)
    }
    names.add(name)
    if (elementCount(shape) !== data.length) {
      const came = `[${shape.join(', ')}] for ${data.length} elements`
      throw new ShapeError(`writeSafetensors: ${quote(name)}: the shape must hold the data exactly; got ${came}`)
    }
    const end = size + data.byteLength
    const entry = { dtype, shape, data_offsets: [size, end] }
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`)
    size = end
  }
  const fields = Object.entries(metadata).map(([key, value]) => {
    if (key === checksumKey || typeof value !== 'string') {
      const cure = key === checksumKey ? 'leave it out, it is written here' : 'write its value as a string'
      throw new ConfigurationError(`writeSafetensors: the metadata key ${quote(key)} cannot be kept; ${cure}`)
    }
    return `,${JSON.stringify(checkText(key, 'metadata key'))}:${JSON.stringify(checkText(value, 'metadata value'))}`
  })
  const header = `${headerStart}${noDigits}"${fields.join('')}}${entries.map(entry => `,${entry}`).join('')}}`
  let headerBytes = new TextEncoder().encode(header)
  headerBytes = new TextEncoder().encode(header + ' '.repeat((8 - (headerBytes.length % 8)) % 8))
  if (headerBytes.length > longestHeader) {
    const cure = 'keep less metadata'
    const came = `got ${headerBytes.length}`
    throw new ConfigurationError(`writeSafetensors: a header has at most ${longestHeader} bytes; ${came}; ${cure}`)
  }

  const bytes = new Uint8Array(8 + headerBytes.length + size)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes.length), true)
  bytes.set(headerBytes, 8)
  let place = 8 + headerBytes.length
  const head = bytes.subarray(0, place)
  const body = bytes.subarray(place)
  for (const { data } of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), place)
    place += data.byteLength
  }
  bytes.set(new TextEncoder().encode(checksumOf(head, body)), digitsAt)
  return bytes
}

/**
 * The tensors and the metadata of a safetensors file, copied out of its bytes. Nothing in the file is trusted. A checksum
 * is verified where there is one; there must be one under `requireChecksum`, and where any metadata key begins with
 * `recurra.`: such a file comes from here.
 *
 * Throws FileFormatError, whose message begins with `where`.
 */
export function readSafetensors(
  given: Uint8Array,
  where: string,
  { requireChecksum = false }: ReadSafetensorsOptions = {},
): SafetensorsContent {
  const fail = (problem: string): never => {
    throw new FileFormatError(`${where}: ${problem}`)
  }
  // Of a Buffer of Node's, slice would make no copy.
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength)
  const bodyStart = 8 + headerLength(bytes, fail)
  const checked = verifyChecksum(bytes, bodyStart, fail)
  const { places, metadata } = readHeader(bytes.subarray(8, bodyStart), bytes.length - bodyStart, fail)
  const own = Object.keys(metadata).some(key => key.startsWith(ownPrefix))
  if (!checked && (requireChecksum || own))
    fail(
      `the metadata must begin with ${checksumKey}; it does not: the file is damaged or was not saved by recurra, or ` +
        'another program rewrote it (let that program drop the metadata keys of recurra)',
    )
  delete metadata[checksumKey]

  let end = 0
  for (const place of places.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (place.begin !== end) {
      const fault = place.begin > end ? 'a gap before' : 'an overlap with'
      fail(`${fault} the tensor ${quote(place.name)}: it must begin at byte ${end}; got ${place.begin}; ${cure}`)
    }
    end = place.end
  }
  if (end !== bytes.length - bodyStart) {
    fail(`the tensors must fill the ${bytes.length - bodyStart} bytes after the header; they end at ${end}; ${cure}`)
  }

  const tensors = new Map<string, StoredTensor>()
  for (const { name, dtype, shape, begin, end } of places) {
    // A copy: tensors of other writers need not be aligned, and the caller may drop the file's bytes.
    const { buffer } = bytes.slice(bodyStart + begin, bodyStart + end)
    tensors.set(name, { dtype, shape, data: view(dtype, buffer) })
  }
  return { tensors, metadata }
}

type Fail = (problem: string) => never

const cure = 'the file is damaged: take it from its source again'

function headerLength(bytes: Uint8Array, fail: Fail): number {
  if (bytes.length < 8) fail(`a safetensors file has at least 8 bytes; got ${bytes.length}; ${cure}`)
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)
  if (length > BigInt(longestHeader)) {
    fail(`the header may have ${longestHeader} bytes; the file says ${length}; is this a safetensors file?`)
  }
  if (Number(length) > bytes.length - 8) {
    fail(`the header should have ${length} bytes, but ${bytes.length - 8} follow; ${cure}`)
  }
  return Number(length)
}

interface Header {
  readonly places: readonly Place[]
  readonly metadata: Record<string, string>
}

/** Every entry is checked as it is read: a header of a hundred megabytes that lies at its start is left there. */
function readHeader(bytes: Uint8Array, bodySize: number, fail: Fail): Header {
  if (bytes[0] !== 0x7b) fail('the header must begin with "{"; is this a safetensors file?')
  let metadata: Record<string, string> = Object.create(null)
  try {
    const entries = parseStrictObject(bytes, headerBounds, (name, value) => {
      if (name !== '__metadata__') return readPlace(name, value, bodySize, fail)
      metadata = readMetadata(value, fail)
      return undefined
    })
    entries.delete('__metadata__')
    return { places: [...entries.values()] as Place[], metadata }
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error
    return fail(`the header must be JSON in UTF-8; ${error.message}; ${cure}`)
  }
}

function readMetadata(value: StrictJson, fail: Fail): Record<string, string> {
  const metadata: Record<string, string> = Object.create(null)
  if (!(value instanceof Map)) return fail(`__metadata__ must be an object; got ${show(value)}; ${cure}`)
  for (const [key, entry] of value) {
    if (typeof entry !== 'string') return fail(`metadata ${quote(key)} must be a string; got ${show(entry)}; ${cure}`)
    metadata[key] = entry
  }
  return metadata
}

/** Whether there is a checksum where recurra writes it. It is verified before anything else in the file is believed. */
function verifyChecksum(bytes: Uint8Array, bodyStart: number, fail: Fail): boolean {
  const digitsEnd = digitsAt + noDigits.length
  if (bodyStart < digitsEnd || ascii(bytes.subarray(8, digitsAt)) !== headerStart) return false
  // The digits count as zeros.
  const head = [bytes.subarray(0, digitsAt), new TextEncoder().encode(noDigits), bytes.subarray(digitsEnd, bodyStart)]
  if (checksumOf(head, bytes.subarray(bodyStart)) !== ascii(bytes.subarray(digitsAt, digitsEnd)))
    fail(
      `the bytes must match ${checksumKey}; they do not: the file is damaged (take it from its source again) or ` +
        'another program rewrote it (let that program drop this metadata key)',
    )
  return true
}

interface Place {
  readonly name: string
  readonly dtype: TensorDtype
  readonly shape: number[]
  readonly begin: number
  readonly end: number
}

function readPlace(name: string, entry: StrictJson, bodySize: number, fail: Fail): Place {
  const what = `the tensor ${quote(name)}`
  if (!(entry instanceof Map)) return fail(`${what} must be an object; got ${show(entry)}; ${cure}`)
  for (const key of entry.keys()) {
    if (!['dtype', 'shape', 'data_offsets'].includes(key)) fail(`${what} has an unknown key ${quote(key)}; ${cure}`)
  }
  const dtype = entry.get('dtype')
  if (typeof dtype !== 'string' || !Object.hasOwn(elementSize, dtype)) {
    const known = Object.keys(elementSize).join(', ')
    return fail(`${what}: dtype must be one of ${known}; got ${show(dtype)}; convert it to F32 and save again`)
  }
  const shape = entry.get('shape')
  if (!isSizes(shape)) return fail(`${what}: shape must be a list of whole numbers; got ${show(shape)}; ${cure}`)
  const offsets = entry.get('data_offsets')
  if (!isSizes(offsets) || offsets.length !== 2) {
    return fail(`${what}: data_offsets must be two whole numbers; got ${show(offsets)}; ${cure}`)
  }
  const [begin, end] = offsets
  if (begin > end || end > bodySize) {
    fail(`${what}: data_offsets must ascend within ${bodySize} bytes; got [${begin}, ${end}]; ${cure}`)
  }
  const count = elementCount(shape)
  if (count === undefined || count * elementSize[dtype as TensorDtype] !== end - begin) {
    const wanted = count === undefined ? 'too many' : count * elementSize[dtype as TensorDtype]
    const size = `[${shape.slice(0, 8).join(', ')}${shape.length > 8 ? ', …' : ''}] of ${dtype} has ${wanted} bytes`
    fail(`${what}: ${size}, but data_offsets hold ${end - begin}; ${cure}`)
  }
  return { name, dtype: dtype as TensorDtype, shape, begin, end }
}

function isSizes(value: StrictJson | undefined): value is number[] {
  return Array.isArray(value) && value.every(size => Number.isSafeInteger(size) && (size as number) >= 0)
}

/** The product of the sizes; undefined when a size is no whole number or the product of the non-zero ones is unsafe. */
function elementCount(shape: readonly number[]): number | undefined {
  let count = 1
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return undefined
    // A zero does not excuse the others: their product would be trusted elsewhere.
    if (size > 0) count *= size
    if (!Number.isSafeInteger(count * 8)) return undefined
  }
  return shape.includes(0) ? 0 : count
}

function dtypeOf(data: TensorValues, name: string): TensorDtype {
  if (data instanceof Float32Array) return 'F32'
  if (data instanceof Float64Array) return 'F64'
  if (data instanceof Int32Array) return 'I32'
  if (data instanceof BigInt64Array) return 'I64'
  const known = 'a Float32Array, Float64Array, Int32Array or BigInt64Array'
  throw new ConfigurationError(`writeSafetensors: ${quote(name)}: the data must be ${known}; convert it`)
}

function view(dtype: TensorDtype, buffer: ArrayBuffer): TensorValues {
  if (dtype === 'F32') return new Float32Array(buffer)
  if (dtype === 'F64') return new Float64Array(buffer)
  if (dtype === 'I32') return new Int32Array(buffer)
  return new BigInt64Array(buffer)
}

/** A lone surrogate has no UTF-8; JSON would keep it as an escape that other readers refuse. */
function checkText(text: string, what: string): string {
  if (!/\p{Surrogate}/u.test(text)) return text
  throw new ConfigurationError(`writeSafetensors: a ${what} must be well-formed Unicode; got ${quote(text)}`)
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}

function show(value: StrictJson | undefined): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return quote(value)
  if (value instanceof Map) return 'an object'
  if (Array.isArray(value)) return `[${value.slice(0, 4).map(show).join(', ')}${value.length > 4 ? ', …' : ''}]`
  return String(value)
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
