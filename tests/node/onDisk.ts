/* What tests of files on disk share: a folder for each, whether permissions hold here, and a fault that is one line. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import { RecurraError } from '../../src/errors.js'

/** A folder that is new for each test of the file and gone after it. */
export function folderForEach(name: string): { readonly path: string } {
  const folder = { path: '' }
  beforeEach(async () => {
    folder.path = await mkdtemp(join(tmpdir(), `recurra-${name}-`))
  })
  afterEach(() => rm(folder.path, { recursive: true, force: true }))
  return folder
}

// The superuser may write anywhere, and Windows knows no such permissions.
export const permissionsHold = process.platform !== 'win32' && process.getuid?.() !== 0

/** The error of a promise, which must be one line of recurra's. */
export async function failure(promise: Promise<unknown>): Promise<RecurraError> {
  const error = await promise.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(RecurraError)
  expect((error as RecurraError).message).toMatch(/^[^\n]+$/)
  return error as RecurraError
}
