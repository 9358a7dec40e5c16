/* The number of threads counts what a container may use of the processors. */
import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import { processorQuota, usableProcessors } from '../../src/node/processors.js'

const reader = (files: Record<string, string>) => (path: string) => files[path]

describe('the quota of a container', () => {
  it('is that of cgroup v2, the smallest of the group and those above it', () => {
    const files = {
      '/proc/self/cgroup': '0::/kubepods/pod1/box\n',
      '/sys/fs/cgroup/kubepods/pod1/box/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/kubepods/pod1/cpu.max': '250000 100000\n',
      '/sys/fs/cgroup/kubepods/cpu.max': '800000 100000\n',
    }
    expect(processorQuota(reader(files))).toBe(2.5)
  })

  it('is read at the root, where the container sees no more than its own group', () => {
    const files = { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '150000 100000\n' }
    expect(processorQuota(reader(files))).toBe(1.5)
  })

  it('is that of cgroup v1', () => {
    const files = {
      '/proc/self/cgroup': '5:memory:/docker/a\n4:cpu,cpuacct:/docker/a\n',
      '/sys/fs/cgroup/cpu,cpuacct/docker/a/cpu.cfs_quota_us': '50000\n',
      '/sys/fs/cgroup/cpu,cpuacct/docker/a/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    }
    expect(processorQuota(reader(files))).toBe(0.5)
  })

  it('is none where nothing limits, and where there are no control groups', () => {
    expect(processorQuota(reader({}))).toBeUndefined()
    const files = { '/proc/self/cgroup': '0::/a\n', '/sys/fs/cgroup/a/cpu.max': 'max 100000\n' }
    expect(processorQuota(reader(files))).toBeUndefined()
  })
})

describe('the usable processors', () => {
  it('are whole ones of the quota, at least one, at most those there are', () => {
    expect(usableProcessors(0.5)).toBe(1)
    expect(usableProcessors(1.9)).toBe(1)
    expect(usableProcessors(10_000)).toBe(availableParallelism())
  })
})
