/* Standard output, which belongs to data, and numbers as people read them. */
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

/** A token in one word: what is white space in it is written by its code point, <U+0020>, as in an ARPA file. */
export const visible = (token: string) =>
  token.replace(/[\s\p{Cc}]/gu, c => `<U+${c.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}>`)

export const whole = (value: number) => Math.round(value).toLocaleString('en')

export const decimals = (value: number, digits = 3) => (Number.isFinite(value) ? value.toFixed(digits) : '–')

/** Seconds as 1:05 or 2:01:05. */
export function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–'
  const total = Math.round(seconds)
  const parts = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60]
  const shown = parts[0] > 0 ? parts : parts.slice(1)
  return shown.map((part, k) => (k === 0 ? String(part) : String(part).padStart(2, '0'))).join(':')
}

/** What a verb found: for people, and as JSON. */
export interface Told {
  readonly lines: string
  readonly record: object
}

/** Columns under their heads, numbers to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)))
  return rows
    .map(row => {
      const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      return `${cells.join('  ').trimEnd()}\n`
    })
    .join('')
}
