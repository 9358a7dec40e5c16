/* Series from files: tables and JSON lines, and where parts are cut by date. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readSeries, readSeriesCorpus } from '../../src/node/index.js'
import { folderForEach } from './onDisk.js'

const folder = folderForEach('series')
const path = (name: string) => join(folder.path, name)

const days = Array.from({ length: 30 }, (_, t) => `2024-01-${String(t + 1).padStart(2, '0')}`)
const columns = { timeColumn: 'date', targetColumn: 'units' } as const

it('reads a table and JSON lines as the same series', async () => {
  await writeFile(path('sales.csv'), `date;units\n${days.map((day, t) => `${day};${t}`).join('\n')}\n`)
  await writeFile(path('sales.jsonl'), `${days.map((day, t) => JSON.stringify({ date: day, units: t })).join('\n')}\n`)
  const [table, lines] = [
    await readSeriesCorpus(path('sales.csv'), columns),
    await readSeriesCorpus(path('sales.jsonl'), columns),
  ]
  expect(lines.series).toEqual(table.series)
})

it('cuts parts at dates, and refuses one that is no step', async () => {
  await writeFile(path('sales.csv'), `date,units\n${days.map((day, t) => `${day},${t}`).join('\n')}\n`)
  const cuts = { ...columns, validationFrom: '2024-01-11', testFrom: '2024-01-21' }
  const { train, test } = await readSeries(path('sales.csv'), cuts)
  expect(train.series[0].length).toBe(10)
  expect(test.timeline.label(test.from)).toBe('2024-01-21')
  await expect(readSeries(path('sales.csv'), { ...cuts, testFrom: '2024-01-21T05:00' })).rejects.toThrow(
    /testFrom must be a step/,
  )
})
