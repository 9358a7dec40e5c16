/* How many processors this process may use at a time: those that it is allowed to run on, and no more than a container's quota
 * of their time, which availableParallelism() of Node 20 does not know. A thread that has used up the quota stands still for
 * most of a tenth of a second, and all threads of a kernel wait for it. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { posix } from 'node:path'

type ReadText = (path: string) => string | undefined

const readText: ReadText = path => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Quota over period; undefined where either is missing or there is no limit (`max`, −1). */
function shareOf(quota: string | undefined, period: string | undefined): number | undefined {
  const share = Number(quota) / Number(period)
  return share > 0 && Number.isFinite(share) ? share : undefined
}

/**
 * Processors' worth of time that control groups of Linux allow (cgroup v2: `cpu.max`; v1: `cpu.cfs_quota_us` over
 * `cpu.cfs_period_us`), of this process's group and those above it; undefined where there is no quota.
 * @param read the text of a file; undefined where it cannot be read
 */
export function processorQuota(read: ReadText = readText): number | undefined {
  const shares: number[] = []
  for (const line of read('/proc/self/cgroup')?.split('\n') ?? []) {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (path === '' || (controllers !== '' && !controllers.split(',').includes('cpu'))) continue
    const root = controllers === '' ? '/sys/fs/cgroup' : `/sys/fs/cgroup/${controllers}`
    for (let group = path; ; group = posix.dirname(group)) {
      const folder = posix.join(root, group)
      const [quota, period] =
        controllers === ''
          ? (read(posix.join(folder, 'cpu.max'))?.trim().split(/\s+/) ?? [])
          : [read(posix.join(folder, 'cpu.cfs_quota_us')), read(posix.join(folder, 'cpu.cfs_period_us'))]
      const share = shareOf(quota, period)
      if (share !== undefined) shares.push(share)
      if (group === '/' || group === '.') break
    }
  }
  return shares.length > 0 ? Math.min(...shares) : undefined
}

/** Threads that can run at one time: the quota's part of a processor counts only where there is no whole one. */
export function usableProcessors(quota = processorQuota()): number {
  const processors = availableParallelism()
  return quota === undefined ? processors : Math.max(1, Math.min(processors, Math.floor(quota)))
}
