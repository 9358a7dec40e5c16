/* The program run inside a test, with what it writes to standard output. */
import { vi } from 'vitest'
import { program } from '../../cli/program.js'
import { type Task, tasks } from '../../src/index.js'

/**
 * Runs `recurra …` to its end.
 * @param more tasks beside the house's own
 * @throws what the program would report as a fault
 */
export async function run(args: readonly string[], more: readonly Task[] = []): Promise<string> {
  let output = ''
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(piece => {
    output += piece
    return true
  })
  const err = vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  try {
    await program([...tasks, ...more]).parseAsync([...args], { from: 'user' })
    return output
  } finally {
    out.mockRestore()
    err.mockRestore()
  }
}
