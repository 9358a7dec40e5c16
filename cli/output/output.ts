/* Standard output, which belongs to data. */
import { once } from 'node:events'

/** Writes and waits while the reader is behind. */
export async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

/** A reader that has seen enough (`| head`) is no fault; neither is a terminal that has gone. */
export function forgiveClosedOutput(): void {
  process.stdout.on('error', error => {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EPIPE' || (code === 'EIO' && process.stdout.isTTY)) process.exit(process.exitCode ?? 0)
    throw error
  })
  process.stderr.on('error', () => {})
}

/** What a verb found: for people, and as JSON. */
export interface Told {
  readonly lines: string
  readonly record: object
}
