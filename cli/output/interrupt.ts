/* Signals that ask a program to end (Ctrl-C, kill, a terminal that closes) while something is under way: the first asks it
 * to stop and save, a later one ends the program at once. Whichever it was, the exit code is 130, "stopped by the user": a
 * run that saved and can go on has ended the same way. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The exit code of whatever a user has stopped. */
export const STOPPED = 130

/**
 * In milliseconds. npx hands a terminal's Ctrl-C on to the program, which has had it already, and a service manager may
 * send two signals in a row: two so near count as one.
 */
const ONE_REQUEST = 500

export interface Interrupt {
  readonly signal: AbortSignal
  /** Leaves signals to the system again. */
  release(): void
}

/** @param onFirst called when the first signal comes */
export function watchInterrupt(onFirst: () => void): Interrupt {
  const controller = new AbortController()
  let first: number | undefined
  const listener = () => {
    if (first === undefined) {
      first = performance.now()
      controller.abort()
      onFirst()
    } else if (performance.now() - first > ONE_REQUEST) process.exit(STOPPED)
  }
  for (const name of SIGNALS) process.on(name, listener)
  return {
    signal: controller.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, listener)
    },
  }
}
