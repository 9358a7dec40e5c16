/* The compiled addon as a backend: the same heap as wasm, the processor's own instruction set, a team of threads. */
import { BackendError } from '../../errors.js'
import type { Addon, Backend } from '../backend.js'

/**
 * @param instructionSet one of the addon's; the best of them by default
 * @param threads what kernels may use
 */
export function nativeBackend(
  memory: WebAssembly.Memory,
  addon: Addon,
  threads: number,
  instructionSet = addon.instructionSets[0],
): Backend {
  if (!addon.instructionSets.includes(instructionSet))
    throw new BackendError(
      `native backend: instruction set must be one of ${addon.instructionSets.join(', ')}, which this processor runs; got ${instructionSet}`,
    )
  const heap = addon.open(instructionSet, threads, new Uint8Array(memory.buffer))
  return {
    name: 'native',
    instructionSet,
    elementBytes: 4,
    threads,
    panel: heap.panel,
    run: (kernel, record) => heap.run(kernel, record),
    workspace: (kernel, record) => heap.workspace(kernel, record),
    copy: (offset, outside, out) => heap.copy(offset, outside, out),
    attach: () => heap.attach(new Uint8Array(memory.buffer)),
    close: () => {},
  }
}
