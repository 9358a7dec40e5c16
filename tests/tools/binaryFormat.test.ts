/* What is read of a shared library's headers, and that a wrong file is told from a right one. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readBinary } from '../../tools/binaryFormat.mjs'
import { faultsOf, packageFolderOf, packageNameOf, targets } from '../../tools/platforms.mjs'
import { root } from '../../tools/run.mjs'

const here = { platform: process.platform, arch: process.arch }
const local = join(root, 'dist', 'native', 'recurra.node')

describe.skipIf(!existsSync(local))('the addon of this machine', () => {
  const bytes = existsSync(local) ? readFileSync(local) : Buffer.alloc(0)

  test('is for this machine, exports what Node calls and wants Node-API', () => {
    expect(readBinary(bytes)).toMatchObject(here)
    expect(faultsOf(bytes, here)).toEqual([])
  })

  test('is at fault as the addon of another processor or system', () => {
    const otherArch = process.arch === 'x64' ? 'arm64' : 'x64'
    expect(faultsOf(bytes, { ...here, arch: otherArch })).toEqual([`it is for ${process.platform} ${process.arch}`])
    expect(faultsOf(bytes, { platform: 'win32', arch: process.arch })).toContain(
      `it is for ${process.platform} ${process.arch}`,
    )
  })

  test('cut short, is refused where it ends', () => {
    for (const length of [16, 40, 1000, bytes.length / 2]) expect(() => readBinary(bytes.subarray(0, length))).toThrow()
  })
})

/** A DLL's headers with one section that holds an export table: the least that Windows would call one. */
function dll(name: string) {
  const bytes = Buffer.alloc(0x300)
  bytes.write('MZ')
  bytes.writeUInt32LE(0x40, 0x3c)
  bytes.write('PE\0\0', 0x40)
  bytes.writeUInt16LE(0x8664, 0x44)
  bytes.writeUInt16LE(1, 0x46)
  bytes.writeUInt16LE(240, 0x54)
  bytes.writeUInt16LE(0x2000, 0x56)
  bytes.writeUInt16LE(0x20b, 0x58)
  bytes.writeUInt32LE(0x1000, 0x58 + 112)
  const section = 0x58 + 240
  bytes.writeUInt32LE(0x1000, section + 12)
  bytes.writeUInt32LE(0x100, section + 16)
  bytes.writeUInt32LE(0x200, section + 20)
  bytes.writeUInt32LE(1, 0x200 + 24)
  bytes.writeUInt32LE(0x1040, 0x200 + 32)
  bytes.writeUInt32LE(0x1050, 0x240)
  bytes.write(`${name}\0`, 0x250)
  return bytes
}

/** A Mach-O library with one exported and one undefined symbol. */
function dylib(exported: string, wanted: string) {
  const bytes = Buffer.alloc(0x200)
  for (const [at, value] of [
    [0, 0xfeedfacf],
    [4, 0x0100000c],
    [12, 6],
    [16, 1],
    [32, 2],
    [36, 24],
    [40, 0x80],
    [44, 2],
    [48, 0xc0],
  ])
    bytes.writeUInt32LE(value, at)
  bytes.writeUInt32LE(1, 0x80)
  bytes[0x84] = 0x0f
  bytes.writeUInt32LE(0x40, 0x90)
  bytes[0x94] = 0x01
  bytes.write(`_${exported}\0`, 0xc1)
  bytes.write(`_${wanted}\0`, 0x100)
  return bytes
}

describe('a library of another system', () => {
  test('of Windows: its machine and exports are read', () => {
    expect(readBinary(dll('napi_register_module_v1'))).toEqual({
      platform: 'win32',
      arch: 'x64',
      exports: ['napi_register_module_v1'],
      imports: [],
      libraries: [],
    })
    expect(faultsOf(dll('other'), { platform: 'win32', arch: 'x64' })).toEqual([
      'it does not export napi_register_module_v1',
      'it does not export node_api_module_get_api_version_v1',
      'it also exports other',
    ])
  })

  test('of macOS: its processor, exports and wants are read', () => {
    expect(readBinary(dylib('napi_register_module_v1', 'napi_wrap'))).toEqual({
      platform: 'darwin',
      arch: 'arm64',
      exports: ['napi_register_module_v1'],
      imports: ['napi_wrap'],
      libraries: [],
    })
  })

  test('that is none, is refused', () => {
    expect(() => readBinary(Buffer.from('#!/bin/sh\n'))).toThrow('neither ELF')
    expect(() => readBinary(Buffer.alloc(2))).toThrow('ends before')
  })
})

// Those that `npm run release` or tools/platforms.mjs has made in this clone.
for (const target of targets) {
  const file = join(packageFolderOf(target), 'recurra.node')
  test.skipIf(!existsSync(file))(`${packageNameOf(target)} is what its name says`, () => {
    expect(faultsOf(readFileSync(file), target)).toEqual([])
  })
}
