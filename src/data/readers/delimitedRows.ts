/* Rows of a table from its lines: comma-separated values as RFC 4180 has them, and their kin with other delimiters. A field
 * in quotes may hold delimiters, line ends and doubled quotes. Every line is read once, from left to right. */
import { FileFormatError } from '../../errors.js'
import type { Row } from './rows.js'

export interface DelimitedOptions {
  /** What stands between two fields: at least one character. */
  readonly delimiter: string
  /** What stands around a field that may hold delimiters and line ends; `null`: nothing does. */
  readonly quote: string | null
  /** What the columns are called, where the first line is a row already. */
  readonly columns?: readonly string[] | undefined
  /** A longer row is refused, in characters: an open quote would otherwise take the rest of the file. */
  readonly longestRow: number
}

/** A table of more columns is none: spreadsheets end here. */
const MAX_COLUMNS = 2 ** 14

/** Takes lines, gives rows. */
export class DelimitedRows {
  /** Of the row at hand, the line that it begins in. */
  line = 0
  private columns: readonly string[] | undefined
  /** Of the row at hand: the fields that have ended, and the parts of one in quotes whose end has not come. */
  private fields: string[] = []
  private open: string[] | undefined
  private openLine = 0
  private openLength = 0

  /** @throws FileFormatError where two of the given columns have one name */
  constructor(
    private readonly name: string,
    private readonly options: DelimitedOptions,
  ) {
    if (options.columns) this.columns = this.checked(options.columns, name)
  }

  /**
   * The row that this line ends, if it ends one; the header and an empty line are none.
   * @param number the line's, from 1 on
   * @throws FileFormatError that names the line
   */
  push(line: string, number: number): Row | undefined {
    if (this.open) this.continueQuoted(line, number)
    else if (line === '') return undefined
    else {
      this.line = number
      this.read(line, 0, number)
    }
    return this.open ? undefined : this.rowOf(this.line)
  }

  /** @throws FileFormatError where a quote is still open at the file's end */
  end(): void {
    if (this.open)
      throw this.fault(this.openLine, 'a quote opens in this line and never closes; close it, or double it')
  }

  private continueQuoted(line: string, number: number): void {
    this.openLength += line.length + 1
    if (this.openLength > this.options.longestRow)
      throw this.fault(
        this.openLine,
        `a quote opens in this line and does not close within ${this.options.longestRow} characters; close it, or double it`,
      )
    this.open?.push('\n')
    const next = this.readQuoted(line, 0, number)
    if (next >= 0) this.read(line, next, number)
  }

  /** Reads fields from a place where one begins. */
  private read(line: string, from: number, number: number): void {
    const { delimiter, quote } = this.options
    if (quote === null || line.indexOf(quote, from) < 0) {
      const fields = (from === 0 ? line : line.slice(from)).split(delimiter, MAX_COLUMNS + 1)
      this.fields = from === 0 ? fields : this.fields.concat(fields)
      return
    }
    for (let at = from; at >= 0 && this.fields.length <= MAX_COLUMNS; ) {
      if (line.startsWith(quote, at)) {
        this.open = []
        this.openLine = number
        this.openLength = line.length - at
        at = this.readQuoted(line, at + quote.length, number)
      } else at = this.readPlain(line, at, quote, number)
    }
  }

  /** Reads a field without quotes; returns where the next begins, −1 where the line ends. */
  private readPlain(line: string, from: number, quote: string, number: number): number {
    const { delimiter } = this.options
    const end = line.indexOf(delimiter, from)
    const field = end < 0 ? line.slice(from) : line.slice(from, end)
    if (field.includes(quote))
      throw this.fault(
        number,
        `a quote stands within a field that does not begin with one; put the field in quotes and double those in it, or give the delimiter`,
      )
    this.fields.push(field)
    return end < 0 ? -1 : end + delimiter.length
  }

  /** Reads a field in quotes, of which what follows `from` comes next; returns as `readPlain`. */
  private readQuoted(line: string, from: number, number: number): number {
    const { delimiter } = this.options
    const quote = this.options.quote as string
    const parts = this.open as string[]
    for (let at = from; ; ) {
      const end = line.indexOf(quote, at)
      if (end < 0) {
        parts.push(line.slice(at))
        return -1
      }
      parts.push(line.slice(at, end))
      at = end + quote.length
      if (!line.startsWith(quote, at)) {
        this.fields.push(parts.length === 1 ? parts[0] : parts.join(''))
        this.open = undefined
        if (at === line.length) return -1
        if (line.startsWith(delimiter, at)) return at + delimiter.length
        const came = JSON.stringify(line.slice(at, at + 1))
        throw this.fault(
          number,
          `a delimiter or the line's end must follow the quote that closes a field; got ${came}; mend the row, or give the delimiter`,
        )
      }
      parts.push(quote)
      at += quote.length
    }
  }

  private rowOf(number: number): Row | undefined {
    const { fields, columns } = this
    this.fields = []
    if (!columns) {
      this.columns = this.checked(fields, `${this.name}, line ${number}`)
      return undefined
    }
    if (fields.length !== columns.length)
      throw this.fault(
        number,
        `a row must have ${columns.length} columns, as the header; got ${fields.length}; mend the row, or give the delimiter`,
      )
    const row: Record<string, string> = {}
    for (let i = 0; i < columns.length; i++) row[columns[i]] = fields[i]
    return row
  }

  private checked(columns: readonly string[], where: string): readonly string[] {
    if (columns.length > MAX_COLUMNS)
      throw new FileFormatError(
        `${where}: a table may have ${MAX_COLUMNS} columns; got more; give the delimiter, or fewer columns`,
      )
    const seen = new Set<string>()
    for (const column of columns) {
      if (seen.has(column))
        throw new FileFormatError(
          `${where}: columns must have names of their own; ${JSON.stringify(column.slice(0, 40))} stands twice; rename one`,
        )
      seen.add(column)
    }
    // A plain object would take it for its prototype.
    if (seen.has('__proto__')) throw new FileFormatError(`${where}: a column cannot be called __proto__; rename it`)
    return [...columns]
  }

  private fault(number: number, problem: string): FileFormatError {
    return new FileFormatError(`${this.name}, line ${number}: ${problem}`)
  }
}
