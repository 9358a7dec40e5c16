/* What goes to people on standard error beside faults: one door, which --quiet closes. */

let quiet = false

/** From here on nothing is reported. */
export function beQuiet(): void {
  quiet = true
}

export const isQuiet = () => quiet

/** Writes to standard error, unless --quiet is given. Faults do not come this way. */
export function report(text: string): void {
  if (!quiet) process.stderr.write(text)
}
