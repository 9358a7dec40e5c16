/* Ctrl-C while something is under way: the first asks it to stop and save, a later one ends the program at once. */

/** npx hands a terminal's Ctrl-C on to us, who have had it already: two so near are one. */
const ONE_PRESS = 500

export interface Interrupt {
  readonly signal: AbortSignal
  /** From now on Ctrl-C is the system's again. */
  release(): void
}

/** @param asked called when the first one comes */
export function watchInterrupt(asked: () => void): Interrupt {
  const controller = new AbortController()
  let first: number | undefined
  const listener = () => {
    if (first === undefined) {
      first = performance.now()
      controller.abort()
      asked()
    } else if (performance.now() - first > ONE_PRESS) process.exit(130)
  }
  process.on('SIGINT', listener)
  return { signal: controller.signal, release: () => void process.off('SIGINT', listener) }
}
