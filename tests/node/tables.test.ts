/* Tables with named columns, as spreadsheets and other programs write them. */
import { createWriteStream, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGzip } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigurationError, FileFormatError } from '../../src/errors.js'
import { readTable, readTablePairs } from '../../src/node/tables.js'
import { processorSeconds } from '../processorTime.js'

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
  it('with quotes, doubled quotes, commas and line ends in fields, a BOM and CRLF is read whole', async () => {
    const text = `\ufeffreview,sentiment,stars\r\n"good, ""very"" good\r\nindeed",positive,5\r\n${rows(40, i => `plain ${i},negative,1\r\n`)}`
    const splits = await readTable(file(text), {
      textColumn: 'review',
      labelColumn: 'sentiment',
      validation: 0.1,
      test: 0.1,
    })
    const items = everything(splits)
    expect(items).toHaveLength(41)
    expect(items).toContainEqual({ text: 'good, "very" good\nindeed', label: 'positive' })
  })

  it('with tabs needs no word about it', async () => {
    const splits = await readTable(file(`text\tlabel\n${rows(40, i => `a, b ${i}\tx\n`)}`), {
      validation: 0.1,
      test: 0.1,
    })
    expect(everything(splits)).toContainEqual({ text: 'a, b 7', label: 'x' })
  })

  it('with tabs takes quotes for characters, unless it is told', async () => {
    const text = `text\tlabel\nshe said "hi\tx\n"so"\ty\n${rows(40, i => `a ${i}\tx\n`)}`
    expect(everything(await readTable(file(text)))).toContainEqual({ text: 'she said "hi', label: 'x' })
    expect(everything(await readTable(file(text)))).toContainEqual({ text: '"so"', label: 'y' })
    const quoted = `text\tlabel\n"so\ttold"\ty\n${rows(40, i => `a ${i}\tx\n`)}`
    expect(everything(await readTable(file(quoted), { quote: '"' }))).toContainEqual({ text: 'so\ttold', label: 'y' })
  })

  it('with semicolons needs no word about it, where no comma stands in the first line', async () => {
    const text = `text;label\n${rows(40, i => `a, ${i};x\n`)}`
    expect(everything(await readTable(file(text)))).toContainEqual({ text: 'a, 7', label: 'x' })
  })

  it('without a line of names gets them', async () => {
    const text = rows(40, i => `x\ta ${i}\n`)
    const items = everything(await readTable(file(text), { columns: ['label', 'text'] }))
    expect(items).toHaveLength(40)
    expect(items).toContainEqual({ text: 'a 0', label: 'x' })
  })

  const sms = fileURLToPath(new URL('../../../shared/data/sms-spam/SMSSpamCollection', import.meta.url))
  it.skipIf(!existsSync(sms))(`of messages (skipped where ${sms} is not there)`, async () => {
    const splits = await readTable(sms, { columns: ['label', 'text'] })
    const items = everything(splits) as { label: string }[]
    expect([items.length, items.filter(({ label }) => label === 'spam').length]).toEqual([5574, 747])
    expect(splits.duplicates).toBe(403)
  })

  it('gives pairs too', async () => {
    const path = file(`en,fr\n${rows(40, i => `cat ${i},chat ${i}\n`)}`)
    const splits = await readTablePairs(path, { sourceColumn: 'en', targetColumn: 'fr', validation: 0.1, test: 0.1 })
    expect(everything(splits)).toContainEqual({ source: 'cat 3', target: 'chat 3' })
  })

  it.each([
    ['a row with too many fields', 'text,label\na,b\nc,d,e\n', FileFormatError, /, line 3: /],
    [
      'a quote that is not closed',
      'text,label\na,b\n"c,d\ne,f\n',
      FileFormatError,
      /, line 3: a quote opens in this line/,
    ],
    [
      'no such column',
      'txt,label\na,b\n',
      ConfigurationError,
      /no column text; the columns are txt, label; did you mean txt\?/,
    ],
    ['two columns of one name', 'text,text,label\na,b,c\n', FileFormatError, /"text" stands twice; rename one/],
    ['an empty class', 'text,label\na,b\nc,\n', FileFormatError, /, line 3: the column label is empty/],
    ['nothing but a header', 'text,label\n', ConfigurationError, /holds no rows/],
    ['nothing', '', ConfigurationError, /holds no rows/],
  ])('with %s is refused in one line', async (_, text, kind, message) => {
    const path = file(text)
    await expect(readTable(path)).rejects.toThrow(kind)
    await expect(readTable(path)).rejects.toThrow(message)
  })

  it('that is not UTF-8 is refused', async () => {
    await expect(readTable(file(Uint8Array.from([116, 44, 255, 10])))).rejects.toThrow(FileFormatError)
  })

  it('with line ends of old Macintoshes is read', async () => {
    expect(everything(await readTable(file(`text,label\r${rows(40, i => `a ${i},x\r`)}`)))).toHaveLength(40)
  })

  it.each([
    ['100,000 columns', rows(100_000, i => `column ${i},`), /line 1: a table may have 16384 columns; got more/],
    [
      'a name of 100,000 spaces',
      `${' '.repeat(100_000)},label\na,b\n`,
      /there is no column text; the columns are {61}, /,
    ],
    ['a name of 100,000 spaces and a line end', `"x${' '.repeat(100_000)}\ny",label\na,b\n`, /there is no column text/],
  ])('with %s is refused within 100 ms', async (_, text, message) => {
    const path = file(text)
    const time = await processorSeconds(() => expect(readTable(path)).rejects.toThrow(message))
    expect(time).toBeLessThan(0.1)
  })

  it('packed, with a field of 1 GB or a quote that opens and never closes, is refused in little memory', async () => {
    const lines = Buffer.from('and so on and on and on and on\n'.repeat(2 ** 15))
    const long = await packed('long', '"', Buffer.alloc(2 ** 20, 0x78), 64)
    const open = await packed('open', 'a,b\n"c\n\n","d', lines, 40)
    const begin = process.memoryUsage.rss()
    let most = 0
    const timer = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss() - begin)
    }, 5)
    await expect(readTable(long)).rejects.toThrow(/line 2: a line must not be longer than 16777216 bytes/)
    await expect(readTable(open)).rejects.toThrow(
      /line 5: a quote opens in this line and does not close within 16777216/,
    )
    clearInterval(timer)
    expect(most).toBeLessThan(200e6)
  })
})

/** A gzip file: a header, what it begins with, and a part many times over. */
async function packed(name: string, begin: string, part: Uint8Array, times: number): Promise<string> {
  const path = join(folder, `${name}.csv.gz`)
  const chunks = function* () {
    yield Buffer.from(`text,label\n${begin}`)
    for (let i = 0; i < times; i++) yield part
  }
  await pipeline(Readable.from(chunks()), createGzip({ level: 1 }), createWriteStream(path))
  return path
}
