/* Who takes part in a comparison: recurra in this process, or a peer's program. Both are asked for the times of some steps
 * of a task on a number of threads, and keep the task ready between the rounds. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Engine } from '../src/engine/engine.js'
import { openEngine } from '../src/engine/open.js'
import { BackendError } from '../src/errors.js'
import type { Greeting, Reply, Request } from './peers/serve.js'
import { prepare, type ReadyTask, type Task, timesOf } from './tasks.js'

export interface Contestant {
  /** With its version: `PyTorch 2.15.0`. */
  readonly name: string
  /** The numbers of threads that it is tried on. */
  readonly threads: readonly number[]
  /** Milliseconds of each of `steps` steps. */
  times(task: Task, threads: number, steps: number): Promise<readonly number[]>
  close(): Promise<void>
}

/** What there is instead of a contestant that is not installed. */
export interface Missing {
  readonly missing: string
}

/** recurra on one backend. */
export function ourselves(backend: 'native' | 'wasm', threads: number): Contestant {
  const engines = new Map<number, Engine>()
  const ready = new Map<string, ReadyTask>()
  let present = ''
  const drop = () => {
    for (const task of ready.values()) task.close()
    ready.clear()
  }
  return {
    name: `recurra ${backend}`,
    threads: [threads],
    async times(task, threads, steps) {
      if (JSON.stringify(task) !== present) drop()
      present = JSON.stringify(task)
      const engine = engines.get(threads) ?? (await openEngine({ backend, threads }))
      engines.set(threads, engine)
      const key = String(threads)
      const work = ready.get(key) ?? (await prepare(engine, task))
      ready.set(key, work)
      return timesOf(work, steps)
    },
    async close() {
      drop()
      for (const engine of engines.values()) engine.close()
    },
  }
}

/** How a peer's program is started. */
export interface PeerProgram {
  readonly program: string
  readonly args: readonly string[]
  /** The command that installs it where the program itself cannot say. */
  readonly install: string
}

const firstFault = (text: string): string => {
  const lines = text.trim().split('\n')
  return (lines.find(line => /error/i.test(line)) ?? lines[0]).trim()
}

/** A program of benchmarks/ as it is built, wherever this code stands. */
export const programFile = (name: string): string =>
  join(dirname(createRequire(import.meta.url).resolve('recurra/package.json')), 'dist', 'benchmarks', name)

/**
 * Starts a peer's program and reads who it is.
 * @throws BackendError where it ends without a word
 */
export async function startPeer({ program, args, install }: PeerProgram): Promise<Contestant | Missing> {
  let fault = ''
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const started = new Promise<boolean>(done => {
    child.once('spawn', () => done(true))
    child.once('error', () => done(false))
  })
  if (!(await started)) return { missing: install }
  child.stderr.setEncoding('utf8').on('data', piece => {
    fault = (fault + piece).slice(-2000)
  })
  child.stdin.on('error', () => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async <T>(): Promise<T> => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done) throw new BackendError(`bench: ${program} ${args[0]} ended early: ${firstFault(fault)}`)
      // Libraries also write to standard output what is meant for people.
      if (value.startsWith('{')) return JSON.parse(value)
    }
  }
  const greeting = await next<Greeting>()
  if ('missing' in greeting) return greeting
  return {
    ...greeting,
    async times(task, threads, steps) {
      const request: Request = { task, threads, steps }
      child.stdin.write(`${JSON.stringify(request)}\n`)
      const reply = await next<Reply>()
      if ('error' in reply) throw new BackendError(`bench: ${greeting.name}: ${reply.error.replace(/\s+/g, ' ')}`)
      return reply.milliseconds
    },
    close: () =>
      new Promise(closed => {
        child.once('close', () => closed())
        child.stdin.end()
      }),
  }
}
