// Tables with named columns, as spreadsheets and other programs write them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ConfigurationError, FileFormatError } from '../../src/errors.js'
import { readTable, readTablePairs } from '../../src/node/tables.js'

const folder = mkdtempSync(join(tmpdir(), 'recurra-tables-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
function file(text: string | Uint8Array, name = `table-${++files}.csv`): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const rows = (count: number, row: (i: number) => string) => Array.from({ length: count }, (_, i) => row(i)).join('')
const everything = ({
  train,
  validation,
  test,
}: {
  train: { items: unknown }
  validation: { items: unknown }
  test: { items: unknown }
}) => [train, validation, test].flatMap(part => part.items as unknown[])

describe('a table', () => {
  test('with quotes, doubled quotes, commas and line ends in fields, a BOM and CRLF is read whole', async () => {
    const text = `\ufeffreview,sentiment,stars\r\n"good, ""very"" good\r\nindeed",positive,5\r\n${rows(40, i => `plain ${i},negative,1\r\n`)}`
    const splits = await readTable(file(text), { text: 'review', label: 'sentiment', validation: 0.1, test: 0.1 })
    const items = everything(splits)
    expect(items).toHaveLength(41)
    expect(items).toContainEqual({ text: 'good, "very" good\nindeed', label: 'positive' })
  })

  test('with tabs needs no word about it', async () => {
    const splits = await readTable(file(`text\tlabel\n${rows(40, i => `a, b ${i}\tx\n`)}`), {
      validation: 0.1,
      test: 0.1,
    })
    expect(everything(splits)).toContainEqual({ text: 'a, b 7', label: 'x' })
  })

  test('gives pairs too', async () => {
    const path = file(`en,fr\n${rows(40, i => `cat ${i},chat ${i}\n`)}`)
    const splits = await readTablePairs(path, { source: 'en', target: 'fr', validation: 0.1, test: 0.1 })
    expect(everything(splits)).toContainEqual({ source: 'cat 3', target: 'chat 3' })
  })

  test.each([
    ['a row with too many fields', 'text,label\na,b\nc,d,e\n', FileFormatError, /, line 3: /],
    ['a quote that is not closed', 'text,label\na,b\n"c,d\n', FileFormatError, /, line \d+: /],
    [
      'no such column',
      'txt,label\na,b\n',
      ConfigurationError,
      /no column text; the columns are txt, label; did you mean txt\?/,
    ],
    ['nothing but a header', 'text,label\n', ConfigurationError, /holds no rows/],
    ['nothing', '', ConfigurationError, /holds no rows/],
  ])('with %s is refused in one line', async (_, text, kind, message) => {
    const path = file(text)
    await expect(readTable(path)).rejects.toThrow(kind)
    await expect(readTable(path)).rejects.toThrow(message)
  })

  test('that is not UTF-8 is refused', async () => {
    await expect(readTable(file(Uint8Array.from([116, 44, 255, 10])))).rejects.toThrow(FileFormatError)
  })
})
