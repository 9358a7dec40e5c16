/* Time series on disk: a table or JSON lines with a column of times, plain or gzip. */
import {
  type SeriesCorpus,
  type SeriesSplitOptions,
  type SeriesSplits,
  splitSeries,
} from '../data/corpora/timeSeries.js'
import { jsonRowOf } from '../data/readers/jsonRow.js'
import { type PlacedRow, type SeriesTableOptions, seriesOfRows } from '../data/readers/seriesTable.js'
import { parserOf } from '../data/time/parseTime.js'
import { ConfigurationError } from '../errors.js'
import { corpusOf } from './itemFiles.js'
import { nameOf } from './lines.js'
import { rowsOf, type TableOptions } from './tables.js'

export interface SeriesFileOptions extends SeriesTableOptions, TableOptions, SeriesCuts {}

/** Where the parts of a series are cut. */
export interface SeriesCuts extends Pick<SeriesSplitOptions, 'validation' | 'test'> {
  /** The first time of the validation part, as 2023-07-01, in the place of a share. */
  readonly validationFrom?: string | undefined
  /** The first time of the test part, in the place of a share. */
  readonly testFrom?: string | undefined
}

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

/** @throws ConfigurationError for a cut that is no step of the series */
export function cutSeries(
  corpus: SeriesCorpus,
  { validation, test, validationFrom, testFrom }: SeriesCuts,
): SeriesSplits {
  const step = (time: string | undefined, key: string) => {
    if (time === undefined) return undefined
    const parsed = parserOf([time], undefined, key)(time)
    const index = parsed && 'local' in parsed ? corpus.timeline.indexOf(parsed.local) : undefined
    if (index !== undefined) return index
    throw new ConfigurationError(
      `${key} must be a step of ${corpus.name}, as ${corpus.timeline.label(corpus.from)}; got ${time}`,
    )
  }
  return splitSeries(corpus, {
    ...{ validation, test },
    validationFrom: step(validationFrom, 'validationFrom'),
    testFrom: step(testFrom, 'testFrom'),
  })
}
