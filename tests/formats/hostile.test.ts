/* A file that was made to harm is refused in less than 100 ms, and reading it takes no more memory than its size and 64 MB:
 * each is read in a process of its own, where both can be measured. Headers as long as the format lets them be are for
 * `npm run test:long`. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recurra-hostile-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const child = fileURLToPath(new URL('readingChild.mjs', import.meta.url))

interface Reading {
  readonly message?: string
  readonly milliseconds: number
  readonly memory: number
}

/** The file of a header, which may say another length than it has. */
function file(header: Buffer | string, { says, body = 0 }: { says?: bigint; body?: number } = {}): Buffer {
  const bytes = Buffer.from(header)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(says ?? BigInt(bytes.length))
  return Buffer.concat([length, bytes, Buffer.alloc(body)])
}

const tensor = (shape: string, offsets: string) => `{"a":{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}}`
const nested = (count: number) => `{"a":${'{"a":'.repeat(count)}1${'}'.repeat(count)}}`

type Case = [what: string, bytes: () => Buffer, message: RegExp]

const short: Case[] = [
  ['a key __proto__', () => file('{"__proto__":{"dtype":1}}'), /"__proto__": dtype must be one of/],
  ['a key constructor', () => file('{"constructor":{"prototype":1}}'), /unknown key "prototype"/],
  ['JSON 10,000 deep', () => file(nested(10_000)), /nesting deeper than 3/],
  ['lists 10,000 deep', () => file(`{"a":${'['.repeat(10_000)}`), /nesting deeper than 3/],
  ['offsets past 2^53', () => file(tensor('[1]', '[0,9007199254740993]')), /data_offsets must be two whole numbers/],
  ['offsets past a double', () => file(tensor('[1]', '[0,1e999]')), /data_offsets must be two whole numbers/],
  ['a product past 2^53', () => file(tensor('[4294967296,4294967296]', '[0,4]'), { body: 4 }), /too many bytes/],
  ['a product that wraps to 0 in 64 bits', () => file(tensor('[4294967296,4294967296]', '[0,0]')), /too many bytes/],
  ['a negative shape', () => file(tensor('[-1]', '[0,4]'), { body: 4 }), /shape must be a list of whole numbers/],
  ['two negative sizes', () => file(tensor('[-1,-1]', '[0,4]'), { body: 4 }), /shape must be a list of whole numbers/],
  ['a broken shape', () => file(tensor('[0.5]', '[0,2]'), { body: 2 }), /shape must be a list of whole numbers/],
  [
    'a header longer than the file',
    () => file('{}', { says: 50_000_000n }),
    /should have 50000000 bytes, but 2 follow/,
  ],
  ['a header longer than any may be', () => file('{}', { says: 2n ** 64n - 1n }), /the file says 18446744073709551615/],
  ['a header of a length past 2^53', () => file('{}', { says: 2n ** 53n + 1n }), /the file says 9007199254740993/],
]

const most = 100_000_000
const filled = (head: string, piece: string) => {
  const bytes = Buffer.alloc(most)
  bytes.fill(piece, bytes.write(head))
  return bytes
}

const long: Case[] = [
  ['spaces', () => file(filled('{', ' ')), /a key was expected/],
  ['one key', () => file(filled('{"', 'x')), /a string that does not end/],
  ['braces', () => file(filled('{"a":', '{"a":')), /nesting deeper than 3/],
  ['one list', () => file(filled('{"a":{"dtype":"F32","shape":[', '1,')), /a list of more than 64 elements/],
  ['one number', () => file(filled('{"a":', '1')), /a number of more than 1100 characters/],
  ['values that are no tensors', () => file(filled('{"a":1,', '"b":1,')), /the tensor "a" must be an object/],
  ['bytes that are no UTF-8', () => file(filled('{"a', '\xff')), /a string that does not end/],
  ['metadata that is a list', () => file(filled('{"__metadata__":[', '"x",')), /a list of more than 64 elements/],
]

async function read(bytes: Buffer): Promise<Reading> {
  const path = join(folder, 'hostile.safetensors')
  await writeFile(path, bytes)
  return JSON.parse(execFileSync(process.execPath, [child, path], { encoding: 'utf8' }))
}

async function check(make: () => Buffer, message: RegExp, mostMilliseconds: number): Promise<void> {
  const bytes = make()
  // A busy machine may be slow now and then: what counts is how fast it can be.
  let best = Infinity
  for (let attempt = 0; attempt < 3 && best >= mostMilliseconds; attempt++) {
    const { message: came, milliseconds, memory } = await read(bytes)
    expect(came).toMatch(/^FileFormatError: file: /)
    expect(came).toMatch(message)
    expect(memory).toBeLessThan(bytes.length + 64 * 2 ** 20)
    best = Math.min(best, milliseconds)
  }
  expect(best).toBeLessThan(mostMilliseconds)
}

describe('a hostile file with', () => {
  it.each(short)('%s', (_, make, message) => check(make, message, 100))
})

describe.skipIf(!process.env.RECURRA_LONG)('a header of a hundred million bytes, full of', () => {
  it.each(long)('%s', (_, make, message) => check(make, message, 10_000))
})
