/* Event files that TensorBoard reads, without TensorFlow: a file of records, each an Event in Protocol Buffers.
 *
 *     record   length (64 bits), its masked CRC, the event, its masked CRC      tensorflow/core/lib/io/record_writer.cc
 *     CRC      CRC-32C (Castagnoli), masked: rotated right by 15 bits, plus 0xa282ead8        core/lib/hash/crc32c.h
 *     Event    wall_time = 1, step = 2, file_version = 3 or summary = 5                          core/util/event.proto
 *     Summary  value = 1 each: tag = 1, simple_value = 2 or tensor = 8, metadata = 9       core/framework/summary.proto
 *
 * All numbers are little-endian. A torn record at the end, as a kill leaves it, TensorBoard passes over; whoever goes on
 * with a run begins a new file beside it. */
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { RecurraError } from '../errors.js'
import { explained } from './files.js'
import { type FileOperations, fileSystem, type OpenFile, writeAll } from './writing.js'

export interface TensorBoardOptions {
  /** What time it is, in seconds since 1970. Default the clock's. */
  readonly now?: (() => number) | undefined
  /** Told, once until it works again, what could not be written, in place of an exception. Default: it is thrown. */
  readonly onFailedSave?: ((fault: RecurraError) => void) | undefined
  /** Default the operating system's. */
  readonly files?: FileOperations | undefined
}

/** One writer a process and second would share a name. */
let writers = 0

/** Writes one event file; TensorBoard shows the folder that it lies in as a run. */
export class TensorBoardWriter {
  private failing = false

  private constructor(
    /** Of the file: `events.out.tfevents.<seconds>.<machine>.<process>.<number>`. */
    readonly path: string,
    private readonly file: OpenFile,
    private readonly now: () => number,
    private readonly onFailedSave: TensorBoardOptions['onFailedSave'],
  ) {}

  /**
   * Makes an event file in a folder that is there.
   * @throws ConfigurationError where it cannot be written
   */
  static async create(folder: string, options: TensorBoardOptions = {}): Promise<TensorBoardWriter> {
    const { now = () => Date.now() / 1000, files = fileSystem, onFailedSave } = options
    const seconds = String(Math.floor(now())).padStart(10, '0')
    const path = join(folder, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${writers++}`)
    const file = await files.open(path, 'a').catch(error => {
      throw explained(error, path, 'write')
    })
    const writer = new TensorBoardWriter(path, file, now, onFailedSave)
    // What a file must begin with.
    await writer.write(text(3, 'brain.Event:2'))
    return writer
  }

  /** A number at a step, under `group/name`. @throws ConfigurationError where it cannot be written */
  scalar(tag: string, step: number, value: number): Promise<void> {
    return this.summary(step, [text(1, tag), float(2, value), message(9, plugin('scalars'))])
  }

  /** A text in Markdown at a step. @throws ConfigurationError where it cannot be written */
  text(tag: string, step: number, value: string): Promise<void> {
    const shape = message(2, message(2, integer(1, 1)))
    const tensor = [integer(1, STRING), shape, text(8, value)]
    return this.summary(step, [text(1, tag), message(8, tensor), message(9, plugin('text'))])
  }

  close(): Promise<void> {
    return this.file.close().catch(error => {
      throw explained(error, this.path, 'write')
    })
  }

  private summary(step: number, value: Field[]): Promise<void> {
    return this.write(integer(2, step), message(5, message(1, value)))
  }

  /** Whole or not at all: what was written of a record that fails is taken back, so that later ones can be read. */
  private async write(...fields: Field[]): Promise<void> {
    try {
      const size = await this.file.size()
      await writeAll(this.file, record(joined([double(1, this.now()), ...fields]))).catch(async error => {
        await this.file.truncate(size).catch(() => {})
        throw error
      })
      this.failing = false
    } catch (error) {
      const fault = explained(error, this.path, 'write')
      if (!this.onFailedSave) throw fault
      if (!this.failing) this.onFailedSave(fault)
      this.failing = true
    }
  }
}

/** TensorProto's DT_STRING. */
const STRING = 7

/** SummaryMetadata: which part of TensorBoard shows the value. */
const plugin = (name: string): Field[] => [message(1, text(1, name))]

/** A field of a message, as bytes. */
type Field = Uint8Array

// The wire types of Protocol Buffers.
const VARINT = 0
const SIXTY_FOUR_BITS = 1
const LENGTH = 2
const THIRTY_TWO_BITS = 5

const key = (number: number, wireType: number) => varint((number << 3) | wireType)

/** Zero is what a reader takes for a field that is not there. */
const integer = (number: number, value: number): Field =>
  value === 0 ? new Uint8Array() : joined([key(number, VARINT), varint(value)])

const double = (number: number, value: number): Field => {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, value, true)
  return joined([key(number, SIXTY_FOUR_BITS), bytes])
}

const float = (number: number, value: number): Field => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setFloat32(0, value, true)
  return joined([key(number, THIRTY_TWO_BITS), bytes])
}

const message = (number: number, content: Field | readonly Field[]): Field => {
  const bytes = content instanceof Uint8Array ? content : joined(content)
  return joined([key(number, LENGTH), varint(bytes.length), bytes])
}

const text = (number: number, value: string): Field => message(number, new TextEncoder().encode(value))

/** A whole number from 0 on, seven bits a byte, the lowest first. */
function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Uint8Array.from([...bytes, rest])
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + 4 + data.length + 4)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true)
  bytes.set(data, 12)
  view.setUint32(12 + data.length, masked(crc32c(data)), true)
  return bytes
}

function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** CRC-32C, Castagnoli's polynomial with its bits reversed (RFC 3720, appendix B.4), by table. */
export function crc32c(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff]
  return (crc ^ -1) >>> 0
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})
