/* A run has one writer: whoever is stopped, killed or robbed at whatever moment writes nothing to a run that is another's. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { writeSafetensors } from '../../src/formats/safetensors.js'
import { thisProcess } from '../../src/node/processes.js'
import { RunFolder } from '../../src/node/runFolder.js'
import { ownerOf, RunLock, RunTakenError } from '../../src/node/runLock.js'
import { readRun } from '../../src/node/runs.js'
import { type FileOperations, fileSystem } from '../../src/node/writing.js'
import { failure, folderForEach } from './onDisk.js'

const folder = folderForEach('lock')

/** So that a test need not wait for minutes. */
const timing = { heartbeat: 20, silence: 500, watch: 200, poll: 10 }

/** Writes a lock as an owner leaves it that has died. */
async function leaveLock(owner: object, heartbeat = new Date()): Promise<void> {
  const token = '0123456789abcdef0123456789abcdef'
  await mkdir(join(folder.path, '.lock'))
  const file = join(folder.path, '.lock', `${token}.json`)
  await writeFile(file, JSON.stringify({ token, ...(await thisProcess()), since: 'long ago', ...owner }))
  await utimes(file, heartbeat, heartbeat)
}

/** No system has a process of this number. */
const NOBODY = 99_999_999

describe('a lock', () => {
  it('names its owner, and is gone when it is given back', async () => {
    const lock = await RunLock.acquire(folder.path)
    const [name] = await readdir(join(folder.path, '.lock'))
    expect(name).toBe(`${lock.token}.json`)
    const owner = JSON.parse(await readFile(join(folder.path, '.lock', name), 'utf8'))
    expect(owner).toMatchObject({ token: lock.token, process: process.pid })
    expect(await ownerOf(folder.path)).toEqual({ name: `process ${process.pid} on ${owner.host}`, living: true })
    await lock.check()
    await lock.release()
    expect(await readdir(folder.path)).toEqual([])
    expect(await ownerOf(folder.path)).toBeUndefined()
  })

  it('of a living owner is refused by its process and host', async () => {
    await RunLock.acquire(folder.path)
    const { message } = await failure(RunLock.acquire(folder.path))
    expect(message).toContain(
      `process ${process.pid} on ${(await thisProcess()).host} trains this run; wait for its end`,
    )
  })

  it('is waited for', async () => {
    const first = await RunLock.acquire(folder.path)
    const notes: string[] = []
    const second = RunLock.acquire(folder.path, { wait: true, timing, onNote: line => notes.push(line) })
    await sleep(50)
    expect(notes).toEqual([expect.stringMatching(/: waiting for process \d+ on .*, which trains it$/)])
    await first.release()
    expect((await second).tookOver).toBe(false)
  })

  it('is given to one of many that want it at once', async () => {
    for (let round = 0; round < 20; round++) {
      const rivals = await Promise.allSettled(Array.from({ length: 5 }, () => RunLock.acquire(folder.path)))
      const locks = rivals.flatMap(rival => (rival.status === 'fulfilled' ? [rival.value] : []))
      expect(locks).toHaveLength(1)
      await locks[0].check()
      await locks[0].release()
    }
  })
})

describe('an owner is dead', () => {
  it('when there is no such process: its lock is taken over, by one of many, and that is noted', async () => {
    for (let round = 0; round < 20; round++) {
      await leaveLock({ process: NOBODY })
      expect(await ownerOf(folder.path)).toMatchObject({ living: false })
      const notes: string[] = []
      const options = { onNote: (line: string) => notes.push(line) }
      const rivals = await Promise.allSettled(Array.from({ length: 5 }, () => RunLock.acquire(folder.path, options)))
      const locks = rivals.flatMap(rival => (rival.status === 'fulfilled' ? [rival.value] : []))
      expect(locks).toHaveLength(1)
      expect(locks[0].tookOver).toBe(true)
      expect(notes).toEqual([expect.stringMatching(/: taken over from process 99999999 on .*, which is dead$/)])
      await locks[0].check()
      await locks[0].release()
    }
  })

  it.skipIf(process.platform !== 'linux')('when its number is another process’s, started at another time', async () => {
    await leaveLock({ started: '12345' })
    expect((await RunLock.acquire(folder.path)).tookOver).toBe(true)
  })

  it('when it is on another machine and its heartbeat is old and does not change while it is watched', async () => {
    await leaveLock({ host: 'elsewhere', machine: 'elsewhere', process: NOBODY }, new Date(Date.now() - 3600_000))
    expect(await ownerOf(folder.path, timing)).toEqual({ name: 'process 99999999 on elsewhere', living: false })
    const notes: string[] = []
    const lock = await RunLock.acquire(folder.path, { timing, onNote: line => notes.push(line) })
    expect(lock.tookOver).toBe(true)
    expect(notes.join()).toMatch(/process 99999999 on elsewhere gives no sign of life; it is watched for 0.2 s/)
  })

  it('when nobody can read who it is, and nothing changes', async () => {
    await mkdir(join(folder.path, '.lock'))
    const file = join(folder.path, '.lock', '0123456789abcdef0123456789abcdef.json')
    await writeFile(file, 'null')
    await utimes(file, 1, 1)
    expect((await RunLock.acquire(folder.path, { timing })).tookOver).toBe(true)
  })
})

describe('an owner lives', () => {
  const elsewhere = { host: 'elsewhere', machine: 'elsewhere' }

  it('on another machine while its heartbeat is young', async () => {
    await leaveLock(elsewhere)
    expect((await failure(RunLock.acquire(folder.path))).message).toMatch(/on elsewhere trains this run/)
  })

  it.each([-3600_000, 3600_000])('while its heartbeat changes, though its clock is %i ms off', async jump => {
    await leaveLock(elsewhere, new Date(Date.now() + jump))
    const file = join(folder.path, '.lock', '0123456789abcdef0123456789abcdef.json')
    const beating = setInterval(() => {
      const now = new Date(Date.now() + jump)
      void utimes(file, now, now).catch(() => {})
    }, 30)
    const attempt = RunLock.acquire(folder.path, { timing, wait: true, signal: AbortSignal.timeout(1500) })
    await expect(attempt).rejects.toThrow(/aborted/i)
    clearInterval(beating)
  })
})

describe('a lock that is damaged', () => {
  it('is reported in one line', async () => {
    await writeFile(join(folder.path, '.lock'), '')
    expect((await failure(RunLock.acquire(folder.path))).message).toMatch(/a part of its path is a file/)
  })

  it('and holds what is no owner’s is reported too', async () => {
    await mkdir(join(folder.path, '.lock'))
    await writeFile(join(folder.path, '.lock', 'notes'), '')
    expect((await failure(RunLock.acquire(folder.path))).message).toMatch(/\.lock: a run's lock holds its owner's file/)
  })

  it('and empty is free', async () => {
    await mkdir(join(folder.path, '.lock'))
    expect((await RunLock.acquire(folder.path)).tookOver).toBe(false)
  })
})

const bytesOf = (version: number) =>
  writeSafetensors([{ name: 'weight', shape: [50], data: new Float32Array(50).fill(version) }], {})

async function newRun(path: string): Promise<void> {
  const run = await RunFolder.create(path)
  await run.writeConfiguration({ seed: 1 })
  await run.appendMetrics({ step: 1 })
  await run.saveModel(bytesOf(1), { best: bytesOf(1) })
  await run.close()
}

/** Every file of a folder with the hash of its bytes. */
async function hashesOf(path: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {}
  for (const name of (await readdir(path)).toSorted())
    if (name !== '.lock')
      hashes[name] = createHash('sha256')
        .update(await readFile(join(path, name)))
        .digest('hex')
  return hashes
}

describe('a run that is taken over', () => {
  /** Another takes the run over, once, in the midst of the owner's call. */
  function robbed(path: string, call: 'rename' | 'write' | 'sync') {
    let hashes: Record<string, string> | undefined
    let due = true
    const rob = async (at: typeof call) => {
      if (at !== call || !due) return
      due = false
      const thief = await RunFolder.open(path, { takeOver: true })
      await thief.appendMetrics({ step: 100 })
      await thief.saveModel(bytesOf(100), { best: bytesOf(100) })
      hashes = await hashesOf(path)
      await thief.close()
    }
    const files: FileOperations = {
      ...fileSystem,
      async open(name, flags) {
        const file = await fileSystem.open(name, flags)
        return {
          ...file,
          write: async bytes => {
            await rob('write')
            return file.write(bytes)
          },
          sync: async () => {
            await rob('sync')
            await file.sync()
          },
        }
      },
      async rename(from, to) {
        await rob('rename')
        await fileSystem.rename(from, to)
      },
    }
    return { files, taken: () => hashes }
  }

  it.each(['rename', 'write', 'sync'] as const)(
    'between the check and the %s gets nothing of the owner before, which ends',
    async call => {
      const path = join(folder.path, 'run')
      await newRun(path)
      const { files, taken } = robbed(path, call)
      const faults: unknown[] = []
      const run = await RunFolder.open(path, { files, onFailedSave: fault => faults.push(fault) })
      const end = await failure(
        (async () => {
          await run.saveModel(bytesOf(2), { best: bytesOf(2) })
          await run.appendMetrics({ step: 2 })
        })(),
      )
      expect(end).toBeInstanceOf(RunTakenError)
      expect(faults).toEqual([])
      expect(await hashesOf(path)).toEqual(taken())
      await run.discard()
      await run.close()
      expect(await hashesOf(path)).toEqual(taken())
    },
  )

  it('between the check and the adding of a line gets no line of the owner before', async () => {
    const path = join(folder.path, 'run')
    await newRun(path)
    const { files, taken } = robbed(path, 'write')
    const run = await RunFolder.open(path, { files })
    await run.appendMetrics({ step: 2 })
    expect(await hashesOf(path)).toEqual(taken())
    expect(await failure(run.appendMetrics({ step: 3 }))).toBeInstanceOf(RunTakenError)
    expect(await hashesOf(path)).toEqual(taken())
  })

  it('and given back before the owner goes on is not the owner’s again', async () => {
    const path = join(folder.path, 'run')
    await newRun(path)
    const run = await RunFolder.open(path)
    await (await RunFolder.open(path, { takeOver: true })).close()
    expect((await failure(run.saveModel(bytesOf(2)))).message).toMatch(/its lock was removed; this process ends/)
  })

  const rounds = process.env.RECURRA_LONG ? 500 : 10

  it.skipIf(process.platform === 'win32')(
    `by whoever finds its owner suspended, at ${rounds} random moments, gets nothing of it when it goes on`,
    async () => {
      const path = join(folder.path, 'run')
      await newRun(path)
      let random = 1
      for (let round = 0; round < rounds; round++) {
        const child = spawn(process.execPath, [fileURLToPath(new URL('savingChild.mjs', import.meta.url)), path, '1'], {
          stdio: ['ignore', 'pipe', 'pipe'],
        })
        let error = ''
        child.stderr.setEncoding('utf8').on('data', piece => {
          error += piece
        })
        const ended = new Promise<number | null>(resolve => child.once('close', resolve))
        await new Promise(resolve => child.stdout.once('data', resolve))
        random = (random * 48271) % 2147483647
        await sleep(25 * (random / 2147483647))
        child.kill('SIGSTOP')
        await sleep(5)
        expect((await readRun(path)).state).toBe('running')
        expect((await failure(RunFolder.open(path))).message).toMatch(/and is suspended/)
        const thief = await RunFolder.open(path, { takeOver: true })
        await thief.appendMetrics({ step: 100 })
        const taken = await hashesOf(path)
        child.kill('SIGCONT')
        expect(await ended).toBe(1)
        expect(error).toMatch(/RunTakenError: .*has taken the run over/)
        expect(await hashesOf(path)).toEqual(taken)
        await thief.saveModel(bytesOf(100), { best: bytesOf(100) })
        await thief.close()
      }
    },
    60_000 + rounds * 2_000,
  )
})
