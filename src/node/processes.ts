/* Which process is which. A process id is given to another process when its own has ended, so a process is known by its
 * id, the machine that it runs on and the time at which it was started:
 *
 *     machine   Linux: the kernel's boot id and the namespace of process ids, which differ between containers; elsewhere
 *               the host's name alone
 *     started   Linux: field 22 of /proc/PID/stat, in ticks since the boot, which no change of the clock moves; macOS and
 *               BSD: what ps says; Windows: unknown
 *
 * Source: proc(5), pid_namespaces(7). */
import { execFile } from 'node:child_process'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'

export interface ProcessIdentity {
  readonly process: number
  readonly host: string
  /** Two processes with the same value share their process ids. */
  readonly machine: string
  /** Equal for one process whenever it is read. Undefined where the system does not say. */
  readonly started: string | undefined
}

/** The process that runs this. */
export async function thisProcess(): Promise<ProcessIdentity> {
  return {
    process: process.pid,
    host: hostname(),
    machine: await machineIdentity(),
    started: (await lookUpProcess(process.pid))?.started,
  }
}

async function machineIdentity(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '')
  return [hostname(), boot.trim(), namespace].filter(part => part !== '').join(' ')
}

/** Whether a process of this id is there, a user's own or another's. */
export function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

export interface RunningProcess {
  readonly started: string | undefined
  /** Stopped by SIGSTOP, Ctrl-Z or a debugger. */
  readonly suspended: boolean
}

/** The process of an id on this machine; undefined where there is none, or it has ended and waits for its parent. */
export async function lookUpProcess(pid: number): Promise<RunningProcess | undefined> {
  if (!isProcess(pid)) return undefined
  const line = process.platform === 'linux' ? await procStat(pid) : await psLine(pid)
  // All that the system says of it is that it is there.
  if (line === undefined) return isProcess(pid) ? { started: undefined, suspended: false } : undefined
  if (/^[ZX]/.test(line.state)) return undefined
  return { started: line.started, suspended: /^[Tt]/.test(line.state) }
}

interface ProcessLine {
  readonly state: string
  readonly started: string
}

async function procStat(pid: number): Promise<ProcessLine | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // Field 2 is the program's name in brackets, which may hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields.length >= 20 ? { state: fields[0], started: fields[19] } : undefined
}

function psLine(pid: number): Promise<ProcessLine | undefined> {
  if (process.platform === 'win32') return Promise.resolve(undefined)
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }
  return new Promise(resolve => {
    execFile('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { env }, (error, stdout) => {
      const parts = error ? null : /^\s*(\S+)\s+(.*\S)\s*$/.exec(stdout)
      resolve(parts ? { state: parts[1], started: parts[2] } : undefined)
    })
  })
}
