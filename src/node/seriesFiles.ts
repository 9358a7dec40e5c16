/* Time series on disk: a table or JSON lines with a column of times, plain or gzip. */
import type { SeriesCorpus, SeriesSplits } from '../data/corpora/timeSeries.js'
import { jsonRowOf } from '../data/readers/jsonRow.js'
import { cutSeries, type SeriesCuts } from '../data/readers/seriesCuts.js'
import { type PlacedRow, type SeriesTableOptions, seriesOfRows } from '../data/readers/seriesTable.js'
import { corpusOf } from './itemFiles.js'
import { nameOf } from './lines.js'
import { rowsOf, type TableOptions } from './tables.js'

export interface SeriesFileOptions extends SeriesTableOptions, TableOptions, SeriesCuts {}

/** The series of a file, whole. @throws ConfigurationError, FileFormatError that names the line */
export async function readSeriesCorpus(
  path: string,
  options: SeriesTableOptions & TableOptions,
): Promise<SeriesCorpus> {
  const place = (row: PlacedRow['row'], where: string): PlacedRow => ({ row, where })
  const rows = /\.(jsonl|ndjson)(\.gz)?$/.test(path)
    ? (await corpusOf(path, 'rows', {}, (line, where) => place(jsonRowOf(line, where), where))).items
    : await rowsOf(path, options, place)
  return seriesOfRows(rows, options, nameOf(path))
}

/**
 * The series of a file in three parts that follow one another in time: training, validation, test.
 * @throws ConfigurationError, FileFormatError that names the line
 */
export async function readSeries(path: string, options: SeriesFileOptions): Promise<SeriesSplits> {
  return cutSeries(await readSeriesCorpus(path, options), options)
}
