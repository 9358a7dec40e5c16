/* The generator of records.ts: where C puts each field, and that what is written is read back. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { dropout, kernels, matmul, outputLoss, RECORD_BYTES, sgd } from '../../src/engine/records.js'
import { generate, makeRecords, parseHeader, recordsFile } from '../../tools/records.mjs'

const header = (fields: string, bytes: number) => `
enum kernel {
  KERNEL_SOME,
  KERNEL_COUNT
};

/* What it
 * does. */
struct some_record {
${fields}
};

#define RECORD_BYTES 64
_Static_assert(sizeof(struct some_record) == ${bytes}, "some_record");
`

describe('the generator of records', () => {
  test('places fields by natural C alignment', () => {
    const fields = '  place a;\n  double b; /* middle, or 0 */\n  uint32_t c_d;'
    const [record] = parseHeader(header(fields, 24)).records
    expect(record?.comment).toBe('What it does.')
    expect(record?.fields.map(({ name, offset }) => [name, offset])).toEqual([
      ['a', 0],
      ['b', 8],
      ['c_d', 16],
    ])
    const source = generate(parseHeader(header(fields, 24)))
    expect(source).toContain('words[word + 4] = record.cD')
    expect(source).toContain('doubles[double + 1] = record.b ?? 0')
    expect(source).toContain('b?: number | undefined')
  })

  test('refuses a header that asserts another size', () => {
    expect(() => parseHeader(header('  place a;\n  double b;', 12))).toThrow('12 bytes; its fields make 16')
  })

  test('refuses a line that it does not understand, a kernel without a record, and a record too large', () => {
    expect(() => parseHeader(header('  float a;', 4))).toThrow('no field: float a;')
    expect(() => parseHeader(header('  place a;', 4).replace('KERNEL_SOME', 'KERNEL_OTHER'))).toThrow('KERNEL_OTHER')
    expect(() => parseHeader(header('  place a;', 4).replace('BYTES 64', 'BYTES 2'))).toThrow('RECORD_BYTES')
  })

  test('gives the file that stands in the engine', async () => {
    expect(readFileSync(recordsFile, 'utf8')).toBe(await makeRecords())
  })
})

describe('a record', () => {
  const heap = new ArrayBuffer(4 * RECORD_BYTES)
  const words = new Int32Array(heap)
  const doubles = new Float64Array(heap)

  test('is read back as it was written, with 0 for what was left out', () => {
    const given = { count: 7, x: 0xffff_ffc0, y: 64, seed: 0xdead_beef, step: 3, site: 9, probability: 0.1 }
    dropout.write(words, doubles, RECORD_BYTES, given, 0)
    expect(dropout.read(words, doubles, RECORD_BYTES)).toEqual({ ...given, accumulate: 0 })
  })

  test('clears optional fields that an earlier record in the same place had', () => {
    const sizes = { m: 1, n: 2, k: 3, a: 64, b: 128, y: 192, aStride: 3, bStride: 2, yStride: 2 }
    matmul.write(words, doubles, 0, { ...sizes, bias: 256, accumulate: 1 }, 0)
    matmul.write(words, doubles, 0, sizes, 0xc000_0000)
    expect(matmul.read(words, doubles, 0)).toMatchObject({ ...sizes, bias: 0, accumulate: 0 })
    expect(words[0] >>> 0).toBe(0xc000_0000)
  })

  test('has its doubles where C aligns them', () => {
    const rest = { w: 64, dW: 128, learningRate: 0.5, momentum: 0.9, weightDecay: 0, gradientScale: 2 }
    sgd.write(words, doubles, 0, { count: 5, ...rest }, 0)
    expect(doubles[3]).toBe(0.5)
    expect(sgd.bytes).toBe(56)
    expect(outputLoss.usesWorkspace).toBe(true)
  })

  test('of every kernel stands at its number and fits its room', () => {
    kernels.forEach((definition, number) => {
      expect(definition.number).toBe(number)
      expect(definition.bytes).toBeLessThanOrEqual(RECORD_BYTES)
    })
  })
})
