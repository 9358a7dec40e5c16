/* The lock and the cache behind the native build, what the addon asks of Node on Windows, and the custom sections of a wasm
 * file. */
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cacheFolder, provide } from '../../tools/buildAddon.mjs'
import { withLock } from '../../tools/lock.mjs'
import { withoutCustomSections } from '../../tools/wasm.mjs'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recurra-tools-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('every function of Node-API that the addon calls is one that it finds by name on Windows', async () => {
  const kernels = join(import.meta.dirname, '../../kernels')
  const [addon, host] = await Promise.all(['addon.c', 'host.h'].map(name => readFile(join(kernels, name), 'utf8')))
  const named = (text: string, pattern: RegExp) =>
    [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort()
  const called = named(addon, /\b(napi_\w+)\(/g)
  expect(called.length).toBeGreaterThan(10)
  expect(named(host, /\bX\((napi_\w+)\)/g)).toEqual(called)
  expect(named(host, /#define (napi_\w+) host\.\1\b/g)).toEqual(called)
})

describe('the lock', () => {
  test('lets one in at a time', async () => {
    let inside = 0
    let most = 0
    const enter = () =>
      withLock(join(folder, 'lock'), async () => {
        most = Math.max(most, ++inside)
        await sleep(20)
        inside--
      })
    await Promise.all([enter(), enter(), enter()])
    expect(most).toBe(1)
    expect(await readdir(folder)).toEqual([])
  })

  test('is released by an action that fails', async () => {
    const failing = withLock(join(folder, 'lock'), async () => {
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await withLock(join(folder, 'lock'), async () => 1)).toBe(1)
  })

  test('is taken over from a dead process of this machine, and from a silent one of another', async () => {
    const lock = join(folder, 'lock')
    await mkdir(lock)
    // No system gives out process ids this high.
    await writeFile(join(lock, 'holder'), `999999999 ${hostname()}`)
    expect(await withLock(lock, async () => 1)).toBe(1)
    await mkdir(lock)
    await writeFile(join(lock, 'holder'), '1 elsewhere')
    const before = new Date(Date.now() - 60_000)
    await utimes(lock, before, before)
    expect(await withLock(lock, async () => 2)).toBe(2)
  })
})

describe('the cache of the addon', () => {
  const key = (digit: number) => String(digit).repeat(64)
  const make = (path: string) => writeFile(path, 'binary')

  test('makes a file once, and copies it afterwards', async () => {
    const cache = join(folder, 'cache')
    let made = 0
    const counted = (path: string) => {
      made++
      return make(path)
    }
    const targets = [1, 2, 3].map(each => join(folder, `${each}.node`))
    await Promise.all(targets.map(target => provide(target, key(1), counted, cache)))
    expect(made).toBe(1)
    for (const target of targets) expect(await readFile(target, 'utf8')).toBe('binary')
    expect((await readdir(folder)).sort()).toEqual(['1.node', '2.node', '3.node', 'cache'])
    expect(await readdir(join(cache, key(1)))).toEqual(['recurra.node'])
  })

  test('makes the file in its place where the cache cannot be written', async () => {
    await writeFile(join(folder, 'cache'), 'a file, not a folder')
    const target = join(folder, 'a.node')
    await provide(target, key(1), make, join(folder, 'cache'))
    expect(await readFile(target, 'utf8')).toBe('binary')
  })

  test('leaves nothing behind when making fails', async () => {
    const failing = provide(
      join(folder, 'a.node'),
      key(1),
      async () => {
        throw new Error('syntax')
      },
      join(folder, 'cache'),
    )
    await expect(failing).rejects.toThrow('syntax')
    expect(await readdir(join(folder, 'cache'))).toEqual([])
  })

  test('keeps the five entries that were used last', async () => {
    const cache = join(folder, 'cache')
    for (let digit = 1; digit <= 7; digit++) {
      await provide(join(folder, 'a.node'), key(digit), make, cache)
      const time = new Date(Date.now() - (100 - digit) * 3_600_000)
      await utimes(join(cache, key(digit)), time, time)
    }
    await provide(join(folder, 'a.node'), key(8), make, cache)
    expect((await readdir(cache)).sort()).toEqual([4, 5, 6, 7, 8].map(key))
  })

  test('stands where the system keeps what can be made again', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux')).toBe('/x/recurra')
    expect(cacheFolder({ XDG_CACHE_HOME: 'relative' }, 'linux')).toMatch(/\.cache.recurra$/)
    expect(cacheFolder({}, 'darwin')).toMatch(/Library.Caches.recurra$/)
  })
})

test('custom sections are dropped from a wasm file, and a section past its end is refused', () => {
  const magic = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  const types = [1, 1, 0]
  const custom = [0, 0x82, 0, 1, 0x61]
  expect([...withoutCustomSections(Uint8Array.from([...magic, ...custom, ...types, ...custom]))]).toEqual([
    ...magic,
    ...types,
  ])
  expect(() => withoutCustomSections(Uint8Array.from([...magic, 1, 9, 0]))).toThrow('past the end')
})
