/* A file system that fails: the real one, whose n-th call of a kind goes wrong as disks and systems go wrong. */
import { type FileOperations, fileSystem } from '../../src/node/writing.js'

/** What can go wrong, in the order in which writing a file meets it. */
export type Call = 'open' | 'write' | 'sync' | 'close' | 'rename' | 'truncate' | 'remove'

export interface FailingFiles extends FileOperations {
  /** Every call so far. */
  readonly calls: Call[]
}

export interface Failure {
  /** Which call fails, from 0 on; and, with `lasting`, every call of its kind after it. */
  readonly at: number
  readonly code: string
  readonly lasting?: boolean
  /** A write that fails has taken half of its bytes. */
  readonly partly?: boolean
}

export function failingFiles(failure?: Failure): FailingFiles {
  const calls: Call[] = []
  let failed: Call | undefined
  const check = (call: Call) => {
    const due = calls.length === failure?.at || (failure?.lasting === true && failed === call)
    calls.push(call)
    if (!due) return
    failed = call
    throw Object.assign(new Error(`${failure?.code}: ${call}`), { code: failure?.code })
  }
  return {
    calls,
    async open(path, flags) {
      check('open')
      const file = await fileSystem.open(path, flags)
      return {
        async write(bytes) {
          try {
            check('write')
          } catch (error) {
            if (failure?.partly) await file.write(bytes.subarray(0, bytes.length >> 1))
            throw error
          }
          return file.write(bytes)
        },
        size: () => file.size(),
        async truncate(size) {
          check('truncate')
          await file.truncate(size)
        },
        async sync() {
          check('sync')
          await file.sync()
        },
        async close() {
          await file.close()
          check('close')
        },
      }
    },
    async rename(from, to) {
      check('rename')
      await fileSystem.rename(from, to)
    },
    async remove(path) {
      check('remove')
      await fileSystem.remove(path)
    },
  }
}

/** A file system whose writes take a few bytes each. */
export const shortWrites: FileOperations = {
  ...fileSystem,
  async open(path, flags) {
    const file = await fileSystem.open(path, flags)
    return { ...file, write: bytes => file.write(bytes.subarray(0, 3)) }
  },
}
