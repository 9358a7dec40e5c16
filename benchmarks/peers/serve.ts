/* A peer is a program of its own: it says who it is in a line of JSON, then answers each line that asks for steps of a
 * task with a line of their times. So peers in other languages and processes take turns with ours. */
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import type { Task } from '../tasks.js'

/** A peer's first line. */
export type Greeting =
  | { readonly name: string; readonly threads: readonly number[] }
  /** The command that would install it. */
  | { readonly missing: string }

export interface Request {
  readonly task: Task
  readonly threads: number
  readonly steps: number
}

export type Reply = { readonly milliseconds: readonly number[] } | { readonly error: string }

/** A task made ready: one step, timed here; or the times of several, where another process does them. */
export type PeerTask = { close?(): void | Promise<void> } & (
  | { step(): void | Promise<void> }
  | { times(steps: number): Promise<readonly number[]> }
)

export interface Peer {
  readonly name: string
  /** Settings that are tried; the best counts. */
  readonly threads: readonly number[]
  prepare(task: Task, threads: number): Promise<PeerTask>
}

/** What a package that is no dependency of ours gives: its types are not here. */
// biome-ignore lint/suspicious/noExplicitAny: nothing else can be called
export type Untyped = any

/** A package as it stands where the user has it: in the folder named, the first argument of a peer's program; else ours. */
export async function find(
  packageName: string,
): Promise<{ module: Untyped; version: string; path: string } | undefined> {
  for (const from of [resolve(process.argv[2] ?? '.', 'package.json'), import.meta.url]) {
    const require = createRequire(from)
    let path: string
    try {
      path = require.resolve(packageName)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
      continue
    }
    const module = await import(pathToFileURL(path).href)
    return { module: module.default ?? module, version: versionOf(require, packageName), path }
  }
  return undefined
}

function versionOf(require: NodeJS.Require, packageName: string): string {
  for (const folder of require.resolve.paths(packageName) ?? []) {
    try {
      return require(join(folder, packageName, 'package.json')).version
    } catch {
      // It stands in the next one.
    }
  }
  return ''
}

const say = (line: Greeting | Reply) => void process.stdout.write(`${JSON.stringify(line)}\n`)

/** Serves until standard input ends. The task and threads asked for last stay ready. */
export async function serve(open: () => Promise<Peer | { missing: string }>): Promise<void> {
  const peer = await open()
  if ('missing' in peer) return say(peer)
  say({ name: peer.name, threads: peer.threads })
  const ready = new Map<number, PeerTask>()
  let present = ''
  for await (const line of createInterface({ input: process.stdin })) {
    const { task, threads, steps } = JSON.parse(line) as Request
    try {
      // One task at a time, on each number of threads.
      if (JSON.stringify(task) !== present) {
        for (const each of ready.values()) await each.close?.()
        ready.clear()
        present = JSON.stringify(task)
      }
      const work = ready.get(threads) ?? (await peer.prepare(task, threads))
      ready.set(threads, work)
      const milliseconds = await timesOf(work, steps)
      say({ milliseconds })
    } catch (error) {
      say({
        error:
          error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 3).join(' ') : String(error),
      })
    }
  }
}

async function timesOf(task: PeerTask, steps: number): Promise<readonly number[]> {
  if ('times' in task) return task.times(steps)
  const milliseconds: number[] = []
  for (let i = 0; i < steps; i++) {
    const begun = performance.now()
    await task.step()
    milliseconds.push(performance.now() - begun)
  }
  return milliseconds
}
