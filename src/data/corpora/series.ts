// A time series as sequences of numbers: each is a window of the past, and asked for is what stands some steps ahead.
import { ConfigurationError } from '../../errors.js'
import { ItemCorpus, type ItemSplits, type NumberSequence } from './items.js'

/** Columns over time, all as long. */
export interface Series {
  readonly name: string
  /** Column → its numbers, by ascending time. */
  readonly columns: ReadonlyMap<string, Float64Array>
}

export interface WindowOptions {
  /** The columns that are read. Default: all. */
  readonly inputs?: readonly string[] | undefined
  /** The columns that are foretold. Default: the last one. */
  readonly targets?: readonly string[] | undefined
  /** Steps that are read. Default 32. */
  readonly window?: number | undefined
  /** Steps from the window's end to what is foretold, from 1 on. Default 1. */
  readonly ahead?: number | undefined
  /** Share of the time that goes to validation. Default 0.1. */
  readonly validation?: number | undefined
  /** Share of the time that goes to the test. Default 0.1. */
  readonly test?: number | undefined
}

/**
 * Every window of a series. The parts follow one another in time, training, validation, test, and no number that is asked
 * for in one is read in an earlier one: a future that training has seen would be no test.
 * @throws ConfigurationError for a column that is not there, or a series too short for one window in each part
 */
export function windowsOf(series: Series, options: WindowOptions = {}): ItemSplits<NumberSequence> {
  const { name, columns } = series
  const names = [...columns.keys()]
  const { inputs = names, targets = names.slice(-1), window = 32, ahead = 1, validation = 0.1, test = 0.1 } = options
  const chosen = (asked: readonly string[]) =>
    asked.map(column => {
      const found = columns.get(column)
      if (found) return found
      throw new ConfigurationError(`${name}: there is no column ${column} of numbers; there are ${names.join(', ')}`)
    })
  const [read, wanted] = [chosen(inputs), chosen(targets)]
  const length = read[0]?.length ?? 0
  const cuts = [0, Math.round(length * (1 - validation - test)), Math.round(length * (1 - test)), length]
  const part = (from: number, to: number, called: string) => {
    const items: NumberSequence[] = []
    // What is read may reach back before the part; what is asked for may not.
    for (let asked = Math.max(from, window + ahead - 1); asked < to; asked++) {
      const end = asked - ahead + 1
      items.push({
        inputs: Float64Array.from({ length: window * read.length }, (_, i) => {
          const k = i % read.length
          return read[k][end - window + (i - k) / read.length]
        }),
        features: read.length,
        targets: Float64Array.from(wanted, column => column[asked]),
      })
    }
    if (items.length === 0)
      throw new ConfigurationError(
        `${name}: ${length} steps hold no window for ${called}; give a longer series, or a smaller window (${window}) or ahead (${ahead})`,
      )
    return new ItemCorpus(items, `${name} (${called})`)
  }
  return {
    train: part(cuts[0], cuts[1], 'training'),
    validation: part(cuts[1], cuts[2], 'validation'),
    test: part(cuts[2], cuts[3], 'test'),
    duplicates: 0,
  }
}
