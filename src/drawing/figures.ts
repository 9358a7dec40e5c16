/* Numbers, tokens and tables as people read them: in a terminal, in a report. */

export const whole = (value: number): string => Math.round(value).toLocaleString('en')

/** What is no finite number is a dash. */
export const decimals = (value: number, digits = 3): string => (Number.isFinite(value) ? value.toFixed(digits) : '–')

/** A token in one word: white space and control characters are written by their code point, <U+0020>, as in an ARPA file. */
export const visible = (token: string): string =>
  token.replace(/[\s\p{Cc}]/gu, c => `<U+${c.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}>`)

/** Seconds as 1:05 or 2:01:05. */
export function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–'
  const total = Math.round(seconds)
  const parts = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60]
  const shown = parts[0] > 0 ? parts : parts.slice(1)
  return shown.map((part, k) => (k === 0 ? String(part) : String(part).padStart(2, '0'))).join(':')
}

/** Columns under their heads: the first to the left, the others, which are numbers, to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)))
  return rows
    .map(row => {
      const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      return `${cells.join('  ').trimEnd()}\n`
    })
    .join('')
}
