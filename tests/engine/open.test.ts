/* Which backend is opened, what it is called, and what is said where it cannot be. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type EngineOptions, openEngine } from '../../src/engine/open.js'
import { platform } from '../../src/node/platform.js'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.resetModules()
})

/** The environment is read once, when the library is loaded: so it is loaded anew. */
async function openWith(environment: string, options: EngineOptions = {}) {
  vi.stubEnv('RECURRA_BACKEND', environment)
  vi.resetModules()
  const fresh = await import('../../src/engine/open.js')
  return fresh.openEngine(options)
}

const hasAddon = 'addon' in platform.loadAddon()

describe('openEngine', () => {
  test('opens what RECURRA_BACKEND names', async () => {
    for (const name of ['wasm', 'reference']) {
      using engine = await openWith(name, { threads: 1 })
      expect(engine.backend.name).toBe(name)
      expect(engine.reason).toBe('asked for')
    }
  })

  test('listens to the backend option before RECURRA_BACKEND, and takes an empty one for none', async () => {
    using engine = await openWith('wasm', { backend: 'reference' })
    expect(engine.backend.name).toBe('reference')
    using other = await openWith('', { threads: 1 })
    expect(other.backend.name).toBe(hasAddon ? 'native' : 'wasm')
  })

  test.skipIf(!hasAddon)('opens native by itself, where the addon loads, and has no excuse to make', async () => {
    using engine = await openWith('')
    expect(engine.backend.name).toBe('native')
    expect(engine.reason).toBe('')
    expect(engine.backend.threads).toBe(platform.parallelism)
  })

  test.skipIf(!hasAddon)('describes an engine by backend, instruction set and threads', async () => {
    using native = await openEngine({ backend: 'native', threads: 2 })
    expect(native.description).toMatch(/^native (avx512|avx2|sse2|neon), 2 threads$/)
  })

  test('describes wasm and the reference in the same way', async () => {
    using wasm = await openEngine({ backend: 'wasm', threads: 1, instructionSet: 'simd128' })
    expect(wasm.description).toBe('wasm simd128, 1 thread')
    using reference = await openEngine({ backend: 'reference' })
    expect(reference.description).toBe('reference float64, 1 thread')
  })

  const faults: readonly (readonly [string, EngineOptions, RegExp])[] = [
    ['an unknown backend', { backend: 'nativ' as 'native' }, /^backend must be .*; got nativ; did you mean native\?$/],
    ['a backend like none', { backend: 'cuda' as 'native' }, /^backend must be native, wasm or reference; got cuda$/],
    ['threads: 0', { threads: 0 }, /^threads must be a whole number from 1 to 64; got 0$/],
    ['threads: 65', { threads: 65 }, /from 1 to 64; got 65$/],
    ['threads: 1.5', { threads: 1.5 }, /got 1\.5$/],
    ['threads: NaN', { threads: Number.NaN }, /got NaN$/],
    ['threads: 0 of the reference', { backend: 'reference', threads: 0 }, /from 1 to 64; got 0$/],
    [
      'an instruction set that wasm does not have',
      { backend: 'wasm', instructionSet: 'avx2' },
      /^wasm backend: instruction set must be one of simd128, relaxed-simd128; got avx2$/,
    ],
    [
      'an instruction set that the reference does not have',
      { backend: 'reference', instructionSet: 'avx2' },
      /^reference backend: instruction set must be float64; got avx2$/,
    ],
    ...(hasAddon
      ? ([
          [
            'an instruction set that native does not have',
            { backend: 'native', instructionSet: 'avx1024' },
            /^native backend: instruction set must be one of .*, which this processor runs; got avx1024$/,
          ],
        ] as const)
      : []),
  ]
  test.each(faults)('refuses %s in one line', async (_, options, message) => {
    await expect(openEngine({ threads: 1, ...options })).rejects.toMatchObject({
      name: 'BackendError',
      kind: 'backend',
      message: expect.stringMatching(message),
    })
  })

  test('names RECURRA_BACKEND where that is what is wrong', async () => {
    await expect(openWith('wsam')).rejects.toMatchObject({
      name: 'BackendError',
      message: 'RECURRA_BACKEND must be native, wasm or reference; got wsam; did you mean wasm?',
    })
  })
})
