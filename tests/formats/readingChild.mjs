// @ts-nocheck: it runs the build, which need not be there where types are checked
/* node readingChild.mjs FILE: reads a safetensors file in a process of its own, and says as JSON what came of it, how long
 * it took, in milliseconds, and on Linux how much memory it took at most beyond what the process had, in bytes. */
import { readFileSync } from 'node:fs'
import { readSafetensors } from '../../dist/src/formats/safetensors.js'
import { readFileBytes } from '../../dist/src/node/files.js'

const [path] = process.argv.slice(2)
// Other measures of the highest so far begin with what the parent had. Node's own start may stand above what it now holds.
const highest = () => {
  if (process.platform !== 'linux') return 0
  return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1])
}
// What is compiled on first use is compiled now.
try {
  readSafetensors(new TextEncoder().encode('12345678{"a":1}'), path)
} catch {}
const before = process.platform === 'linux' ? process.memoryUsage().rss : 0
const bytes = await readFileBytes(path)
const begun = performance.now()
let message
try {
  readSafetensors(bytes, 'file')
} catch (error) {
  message = `${error.name}: ${error.message}`
}
const milliseconds = performance.now() - begun
const memory = highest() - before
console.log(JSON.stringify({ message, milliseconds, memory }))
