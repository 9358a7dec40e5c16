/* A run's folder is never torn: whatever call fails, wherever the process is killed, and on a disk that is full. */
import { execFileSync, spawn } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RecurraError } from '../../src/errors.js'
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.js'
import { readMetrics } from '../../src/node/metrics.js'
import { RunFolder } from '../../src/node/runFolder.js'
import { failingFiles } from './failingFiles.js'

let parent: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'recurra-run-'))
})
afterEach(() => rm(parent, { recursive: true, force: true }))

const bytesOf = (version: number, size = 100) =>
  writeSafetensors([{ name: 'weight', shape: [size], data: new Float32Array(size).fill(version) }], {
    version: String(version),
  })

/** The version of a model file, every byte of which is verified; nothing where there is none. */
async function versionOf(path: string): Promise<number | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  if (!bytes) return undefined
  const { metadata, tensors } = readSafetensors(bytes, path, { requireChecksum: true })
  const version = Number(metadata.version)
  expect([...new Set(tensors.get('weight')?.data as Float32Array)]).toEqual([version])
  return version
}

describe('whatever call fails while a run is saved', () => {
  it.each(['ENOSPC', 'EIO', 'EINTR'])('with %s, last and best are the old ones or the new ones', async code => {
    const saved = failingFiles()
    const counted = await RunFolder.create(join(parent, 'counted'), { files: saved })
    await counted.appendMetrics({ step: 1 })
    await counted.saveModel(bytesOf(1), { best: bytesOf(1) })
    await counted.close()
    const calls = saved.calls.length
    expect(calls).toBeGreaterThan(15)
    for (let at = 0; at < calls; at++) {
      const path = join(parent, `${code}-${at}`)
      const before = await RunFolder.create(path)
      await before.writeConfiguration({ seed: 1 })
      await before.appendMetrics({ step: 1 })
      await before.saveModel(bytesOf(1), { best: bytesOf(1) })
      await before.close()
      const faults: RecurraError[] = []
      const files = failingFiles({ at, code, partly: true, lasting: at % 2 === 1 })
      const run = await RunFolder.open(path, { files, onFailedSave: fault => faults.push(fault) })
      await run.appendMetrics({ step: 2 })
      await run.saveModel(bytesOf(2), { best: bytesOf(2) })
      await run.close()
      for (const file of [run.last, run.best]) expect([1, 2]).toContain(await versionOf(file))
      for (const fault of faults) expect(fault.message).toMatch(/^[^\n]*: cannot write the file: [^\n]*; [^\n]+$/)
      const after = await RunFolder.open(path)
      await after.appendMetrics({ step: 3 })
      const steps = (await readMetrics(join(path, 'metrics.jsonl'))).map(({ step }) => step)
      expect([
        [1, 3],
        [1, 2, 3],
      ]).toContainEqual(steps)
      await after.saveModel(bytesOf(3), { best: bytesOf(3) })
      await after.close()
      expect([await versionOf(after.last), await versionOf(after.best)]).toEqual([3, 3])
    }
  })

  it('without a listener it is thrown, and with one it is told once, until the file can be written again', async () => {
    const strict = await RunFolder.create(join(parent, 'strict'), { files: failingFiles({ at: 1, code: 'ENOSPC' }) })
    await expect(strict.saveModel(bytesOf(1))).rejects.toThrow(/the disk is full; free some space/)
    const told: string[] = []
    const files = failingFiles({ at: 1, code: 'ENOSPC', lasting: true })
    const run = await RunFolder.create(join(parent, 'lenient'), {
      files,
      onFailedSave: ({ message }) => told.push(message),
    })
    for (let i = 0; i < 5; i++) await run.saveModel(bytesOf(i))
    expect(told).toHaveLength(1)
    await expect(run.saveModel(bytesOf(9), { final: true })).rejects.toThrow(/the disk is full/)
  })
})

describe('a run that is opened again', () => {
  it('has its torn line and its temporary files removed, and nothing else', async () => {
    const run = await RunFolder.create(join(parent, 'run'))
    await run.writeConfiguration({ seed: 1 })
    await run.appendMetrics({ step: 1 })
    await appendFile(join(run.path, 'metrics.jsonl'), '{"step":2,"lo')
    await run.close()
    for (const writer of ['99999999', '0123456789abcdef0123456789abcdef'])
      await writeFile(join(run.path, `.recurra-${writer}-0123456789ab.tmp`), 'half a model')
    await mkdir(join(run.path, '.lock-0123456789abcdef0123456789abcdef'))
    await (await RunFolder.open(run.path)).close()
    expect((await readdir(run.path)).toSorted()).toEqual(['config.yaml', 'metrics.jsonl'])
    expect(await readFile(join(run.path, 'metrics.jsonl'), 'utf8')).toBe('{"step":1}\n')
  })

  it('must be a run', async () => {
    await expect(RunFolder.open(parent)).rejects.toThrow(/a run's folder holds config\.yaml; this one does not/)
  })
})

const kills = process.env.RECURRA_LONG ? 1000 : 20

describe.skipIf(process.platform === 'win32')(`${kills} kills at random moments`, () => {
  it(
    'leave the last and the best as they were or as they were to be, and every whole line of the metrics',
    async () => {
      const path = join(parent, 'run')
      const made = await RunFolder.create(path)
      await made.writeConfiguration({ seed: 1 })
      await made.saveModel(bytesOf(0), { best: bytesOf(0) })
      let random = 1
      const between = (from: number, to: number) => {
        random = (random * 48271) % 2147483647
        return from + (to - from) * (random / 2147483647)
      }
      let next = 1
      await made.appendMetrics({ step: 0 })
      await made.close()
      for (let round = 0; round < kills; round++) {
        const { begun, saved } = await killed(path, next, between(0, 25))
        const last = (await versionOf(join(path, 'last.safetensors'))) as number
        const best = (await versionOf(join(path, 'best.safetensors'))) as number
        expect(last).toBeGreaterThanOrEqual(saved)
        expect(last).toBeLessThanOrEqual(begun)
        // Every third is the best; of one that was begun only the last may have been saved.
        expect([saved - (saved % 3), begun - (begun % 3)]).toContain(best)
        const steps = (await readMetrics(join(path, 'metrics.jsonl'))).map(({ step }) => step)
        for (let step = 0; step <= saved; step++) expect(steps[step]).toBe(step)
        expect(steps.length).toBeLessThanOrEqual(begun + 1)
        next = last + 1
      }
      await (await RunFolder.open(path)).close()
      expect((await readdir(path)).filter(name => name.startsWith('.'))).toEqual([])
    },
    60_000 + kills * 2_000,
  )

  /** What the child had begun and saved when it was killed, some milliseconds after its first words. */
  function killed(path: string, first: number, after: number): Promise<{ begun: number; saved: number }> {
    const script = fileURLToPath(new URL('savingChild.mjs', import.meta.url))
    const child = spawn(process.execPath, [script, path, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', piece => {
      if (said === '') setTimeout(() => child.kill('SIGKILL'), after)
      said += piece
    })
    return new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (_code, signal) => {
        if (signal !== 'SIGKILL') reject(new Error('the child ended by itself'))
        const latest = (word: string) => Number([...said.matchAll(new RegExp(`${word} (\\d+)\\n`, 'g'))].at(-1)?.[1])
        resolve({ begun: latest('begun'), saved: latest('saved') || first - 1 })
      })
    })
  }
})

describe('a disk that is really full', () => {
  it('is told in one line; the last good models stand, and when there is room again all goes on', async context => {
    const disk = join(parent, 'disk')
    await mkdir(disk)
    try {
      if (process.platform !== 'linux') throw new Error('only Linux has tmpfs')
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'recurra-test', disk], { stdio: 'pipe' })
    } catch (error) {
      return context.skip(`a small disk cannot be mounted here: ${(error as Error).message.split('\n')[0]}`)
    }
    try {
      const told: string[] = []
      const run = await RunFolder.create(join(disk, 'run'), { onFailedSave: ({ message }) => told.push(message) })
      await run.writeConfiguration({ seed: 1 })
      await run.appendMetrics({ step: 1 })
      await run.saveModel(bytesOf(1, 20_000), { best: bytesOf(1, 20_000) })
      const filler = join(disk, 'filler')
      await writeFile(filler, new Uint8Array(1 << 20)).catch(() => {})
      for (let version = 2; version < 5; version++) {
        await run.saveModel(bytesOf(version, 20_000), { best: bytesOf(version, 20_000) })
        await run.appendMetrics({ step: version, samples: 'x'.repeat(10_000) })
      }
      expect(told).toEqual([
        expect.stringMatching(/best\.safetensors: cannot write the file: the disk is full; free some space or/),
        expect.stringMatching(/metrics\.jsonl: cannot write the file: the disk is full; free some space or/),
      ])
      expect([await versionOf(run.last), await versionOf(run.best)]).toEqual([1, 1])
      expect((await readdir(run.path)).toSorted()).toEqual([
        '.lock',
        'best.safetensors',
        'config.yaml',
        'last.safetensors',
        'metrics.jsonl',
      ])
      expect((await readMetrics(join(run.path, 'metrics.jsonl'))).map(({ step }) => step)).toEqual([1])
      await rm(filler)
      await run.saveModel(bytesOf(5, 20_000), { best: bytesOf(5, 20_000) })
      await run.appendMetrics({ step: 5 })
      expect([await versionOf(run.last), await versionOf(run.best)]).toEqual([5, 5])
    } finally {
      execFileSync('umount', [disk])
    }
  })
})
