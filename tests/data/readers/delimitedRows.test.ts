/* Rows of comma-separated values, and what is refused in them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DelimitedRows } from '../../../src/data/readers/delimitedRows.js'
import type { Row } from '../../../src/data/readers/rows.js'
import { FileFormatError } from '../../../src/errors.js'
import { processorSeconds } from '../../processorTime.js'

interface Options {
  delimiter?: string
  quote?: string | null
  columns?: string[]
  longestRow?: number
}

function rowsOf(text: string, { delimiter = ',', quote = '"', columns, longestRow = 1000 }: Options = {}): Row[] {
  const reader = new DelimitedRows('f', { delimiter, quote, columns, longestRow })
  const rows = text.split('\n').map((line, i) => reader.push(line, i + 1))
  reader.end()
  return rows.filter(row => row !== undefined)
}

const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`
const columns = ['a', 'b', 'c']

describe('rows', () => {
  it('are read back as they were written, whatever their fields hold, in quotes or not', () => {
    const field = fc.string({ unit: fc.constantFrom('x', 'é', ' ', ',', '"', '\n', ';'), maxLength: 6 })
    const table = fc.array(fc.record({ fields: fc.tuple(field, field, field), always: fc.boolean() }), { maxLength: 6 })
    fc.assert(
      fc.property(table, fc.constantFrom(',', ';', '::', '\t'), (rows, delimiter) => {
        const needsQuotes = new RegExp(`["\n]|${delimiter}`)
        const text = rows.map(({ fields, always }) =>
          fields.map(field => (always || field.includes(':') || needsQuotes.test(field) ? quoted(field) : field)),
        )
        // An empty line is no row, so a row of empty fields has delimiters.
        const lines = text.map(fields => fields.join(delimiter)).join('\n')
        expect(rowsOf(lines, { delimiter, columns })).toEqual(rows.map(({ fields: [a, b, c] }) => ({ a, b, c })))
      }),
      { numRuns: 2000 },
    )
  })

  it('take quotes for characters where there are none to be', () => {
    expect(rowsOf('a\tb\nsay "hi\t"so"', { delimiter: '\t', quote: null })).toEqual([{ a: 'say "hi', b: '"so"' }])
  })

  it('are refused by the line in which they begin, and an open quote by the line in which it opens', () => {
    const refused = (text: string, message: RegExp, options: Options = {}) => {
      expect(() => rowsOf(text, options)).toThrow(FileFormatError)
      expect(() => rowsOf(text, options)).toThrow(message)
    }
    refused('a,b\n"x\ny",1,2\n', /^f, line 2: a row must have 2 columns, as the header; got 3; mend the row/)
    refused('a,b\n1,2\n\n"x\ny","z\n1,2\n1,2', /^f, line 5: a quote opens in this line and never closes; close it/)
    refused('a,b\n1,2\n1,"2\n3\n4\n5', /^f, line 3: a quote opens in this line and does not close within 5 char/, {
      longestRow: 5,
    })
    refused('a,b\nx"y,2', /^f, line 2: a quote stands within a field that does not begin with one; put/)
    refused('a,b\n"x"y,2', /^f, line 2: a delimiter or the line's end must follow the quote .*; got "y"; mend/)
    refused('a,b,a\n', /^f, line 1: columns must have names of their own; "a" stands twice/)
    refused('a,__proto__\n1,2', /^f, line 1: a column cannot be called __proto__/)
    refused('a', /^f: columns must have names of their own; "b" stands twice/, { columns: ['b', 'b'] })
  })

  it('of too many columns are refused at once, and cost time that is linear in the line', async () => {
    const wide = (count: number) => Array.from({ length: count }, (_, i) => `c${i}`).join(',')
    expect(Object.keys(rowsOf(`${wide(16_384)}\n${wide(16_384)}`)[0])).toHaveLength(16_384)
    const time = await processorSeconds(() => {
      expect(() => rowsOf(wide(1_000_000))).toThrow(
        /^f, line 1: a table may have 16384 columns; got more; give the deli/,
      )
      expect(() => rowsOf(`a,b\n${','.repeat(1_000_000)}`)).toThrow(/^f, line 2: a row must have 2 columns/)
      expect(() => rowsOf(`a,b\n"x"${',"y"'.repeat(1_000_000)}`)).toThrow(/^f, line 2: a row must have 2 columns/)
    })
    expect(time).toBeLessThan(1)
  })
})
