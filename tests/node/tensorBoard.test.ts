/* Event files are, byte for byte, those that TensorBoard's own code writes: tests/golden/tensorBoard.py. */
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { crc32c, TensorBoardWriter } from '../../src/node/tensorBoard.js'
import { failingFiles } from './failingFiles.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recurra-tensorboard-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('an event file', () => {
  it('is what TensorBoard writes and reads', async () => {
    const writer = await TensorBoardWriter.create(folder, { now: () => 1700000000.25 })
    await writer.scalar('loss/training', 0, 4.5)
    await writer.scalar('loss/training', 1, 0.1)
    await writer.scalar('loss/validation', 300, 0)
    await writer.scalar('learning rate', 2 ** 31 + 5, 1e-3)
    await writer.scalar('größe', 2 ** 40, -1.5)
    await writer.text('samples/continued', 300, 'The **quick** fox\nümläut \u{1f600}')
    await writer.text('samples/continued', 301, 'x'.repeat(300))
    await writer.close()
    const golden = readFileSync(new URL('../golden/tensorBoard.tfevents', import.meta.url))
    expect((await readFile(writer.path)).toString('hex')).toBe(golden.toString('hex'))
    expect(await readdir(folder)).toEqual([
      expect.stringMatching(/^events\.out\.tfevents\.1700000000\.[^/]+\.\d+\.\d+$/),
    ])
  })

  it('has a name of its own, also where two are made in the same second', async () => {
    const first = await TensorBoardWriter.create(folder, { now: () => 1 })
    const second = await TensorBoardWriter.create(folder, { now: () => 1 })
    expect(first.path).not.toBe(second.path)
    await first.close()
    await second.close()
  })

  it('tells a full disk, and a folder that is not there, in one line', async () => {
    await expect(TensorBoardWriter.create(join(folder, 'none'))).rejects.toThrow(/its folder does not exist/)
    const writer = await TensorBoardWriter.create(folder, { files: failingFiles({ at: 2, code: 'ENOSPC' }) })
    await expect(writer.scalar('loss', 1, 1)).rejects.toThrow(/tfevents.*: cannot write the file: the disk is full/)
    await writer.close()
  })

  it('is still whole where a record could not be written, which is told once', async () => {
    const told: string[] = []
    const options = { now: () => 1, onFailedSave: ({ message }: Error) => told.push(message) }
    const files = failingFiles({ at: 2, code: 'ENOSPC', partly: true })
    const writer = await TensorBoardWriter.create(folder, { ...options, files })
    await writer.scalar('loss', 1, 1)
    await writer.scalar('loss', 2, 2)
    await writer.close()
    const whole = await TensorBoardWriter.create(folder, options)
    await whole.scalar('loss', 2, 2)
    await whole.close()
    expect(told).toHaveLength(1)
    expect((await readFile(writer.path)).equals(await readFile(whole.path))).toBe(true)
  })
})

describe('crc32c', () => {
  // RFC 3720, appendix B.4.
  it.each([
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    [new TextEncoder().encode('123456789'), 0xe3069283],
  ])('gives the published values', (bytes, crc) => {
    expect(crc32c(bytes)).toBe(crc)
  })
})
