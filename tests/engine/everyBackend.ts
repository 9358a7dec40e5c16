/* Every backend there is, as vitest suites: each instruction set of the native addon and of wasm, and the reference.
 * What this machine cannot run is a skipped suite that says why. */
import { setFlagsFromString } from 'node:v8'
import { afterAll, beforeAll, describe } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import { type EngineOptions, openEngine } from '../../src/engine/open.js'
import { platform } from '../../src/node/platform.js'

export interface BackendCase {
  readonly name: string
  readonly options: EngineOptions
  /** Why it cannot run here. */
  readonly skipped?: string
}

const nativeSets: Readonly<Record<string, readonly string[]>> = {
  x64: ['sse2', 'avx2', 'avx512', 'avx512_pairs'],
  arm64: ['neon'],
}

function nativeCases(): BackendCase[] {
  const loaded = platform.loadAddon()
  return (nativeSets[process.arch] ?? []).map(instructionSet => {
    const own = { name: `native ${instructionSet}`, options: { backend: 'native', instructionSet } } as const
    if ('reason' in loaded) return { ...own, skipped: loaded.reason }
    if (loaded.addon.instructionSets.includes(instructionSet)) return own
    return { ...own, skipped: 'this processor does not run it' }
  })
}

// Node 20 has relaxed SIMD behind a flag of V8; later ones have it.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd')

async function wasmCase(instructionSet: string): Promise<BackendCase> {
  const options = { backend: 'wasm', instructionSet } as const
  const name = `wasm ${instructionSet}`
  try {
    const engine = await openEngine({ ...options, threads: 1 })
    engine.close()
    return { name, options }
  } catch (error) {
    return { name, options, skipped: (error as Error).message }
  }
}

export const nativeBackends: readonly BackendCase[] = nativeCases()
export const wasmBackends: readonly BackendCase[] = [await wasmCase('simd128'), await wasmCase('relaxed-simd128')]
export const float32Backends: readonly BackendCase[] = [...nativeBackends, ...wasmBackends]
export const reference: BackendCase = { name: 'reference float64', options: { backend: 'reference' } }
export const everyBackend: readonly BackendCase[] = [...float32Backends, reference]

/** A suite for each backend. `engine` gives the one that is open while its tests run. */
export function describeEach(
  backends: readonly BackendCase[],
  suite: (engine: () => Engine, backend: BackendCase) => void,
  more: EngineOptions = {},
): void {
  for (const backend of backends) {
    const { name, skipped } = backend
    describe.skipIf(skipped)(skipped ? `${name}, skipped: ${skipped}` : name, () => {
      let engine: Engine
      beforeAll(async () => {
        engine = await openEngine({ ...backend.options, ...more })
      })
      afterAll(() => engine?.close())
      suite(() => engine, backend)
    })
  }
}
