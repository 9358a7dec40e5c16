/* Time that work costs, whatever else the machine does: the processor's, not the clock's. */

/** Seconds of processor time that the process has spent on `work`. */
export async function processorSeconds(work: () => unknown): Promise<number> {
  const begin = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(begin)
  return (user + system) / 1e6
}
