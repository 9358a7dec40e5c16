/* The program that `recurra bench --memory` starts: trains five steps of the task in its argument and prints the peak of
 * its resident memory. */
import { readFileSync } from 'node:fs'
import { openEngine } from '../src/engine/open.js'
import type { Peak } from './memory.js'
import { stepMemory } from './stepMemory.js'
import { prepare, type TrainingTask, timesOf } from './tasks.js'

/** Linux counts a program's own from its start; getrusage also counts what the one that started it had. */
function peakKilobytes(): number {
  try {
    return Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
  } catch {
    return process.resourceUsage().maxRSS
  }
}

const task = JSON.parse(process.argv[2]) as TrainingTask
const engine = await openEngine()
timesOf(await prepare(engine, task), 5)
const { kept, step } = stepMemory(task, engine.backend.panel)
const peak: Peak = {
  name: `recurra ${engine.backend.name}`,
  kilobytes: peakKilobytes(),
  modelKilobytes: Math.round((kept + step) / 1024),
}
process.stdout.write(`${JSON.stringify(peak)}\n`)
