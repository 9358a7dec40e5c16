/* A time series as sequences of numbers: each is a window of the past, and its targets stand some steps ahead. */
import { ConfigurationError } from '../../errors.js'
import { ItemCorpus, type ItemSplits, type NumberSequence } from './items.js'

/** Columns over time, all as long. */
export interface Series {
  readonly name: string
  /** Column → its numbers, by ascending time. */
  readonly columns: ReadonlyMap<string, Float64Array>
}

export interface WindowOptions {
  /** One or several columns that are read. Default: all. */
  readonly inputColumn?: string | readonly string[] | undefined
  /** One or several columns that are predicted. Default: the last one. */
  readonly targetColumn?: string | readonly string[] | undefined
  /** Steps that are read. Default 32. */
  readonly window?: number | undefined
  /** Steps from the window's end to the targets, from 1 on. Default 1. */
  readonly ahead?: number | undefined
  /** Share of the time that goes to validation. Default 0.1. */
  readonly validation?: number | undefined
  /** Share of the time that goes to the test. Default 0.1. */
  readonly test?: number | undefined
}

/**
 * Every window of a series; windows that overlap share memory. The parts follow one another in time, training, validation,
 * test, and no target of one part is read in an earlier one: a future that training has seen would be no test.
 * @throws ConfigurationError for a column that is not there, or a series too short for one window in each part
 */
export function windowsOf(series: Series, options: WindowOptions = {}): ItemSplits<NumberSequence> {
  const { name, columns } = series
  const names = [...columns.keys()]
  const {
    inputColumn = names,
    targetColumn = names.slice(-1),
    window = 32,
    ahead = 1,
    validation = 0.1,
    test = 0.1,
  } = options
  const chosen = (wanted: string | readonly string[]) =>
    [wanted].flat().map(column => {
      const numbers = columns.get(column)
      if (numbers) return numbers
      throw new ConfigurationError(`${name}: there is no column ${column} of numbers; there are ${names.join(', ')}`)
    })
  const [read, predicted] = [chosen(inputColumn), chosen(targetColumn)]
  const length = read[0]?.length ?? 0
  const features = read.length
  /** [time, feature] */
  const steps = new Float64Array(length * features)
  read.forEach((column, k) => {
    for (let t = 0; t < length; t++) steps[t * features + k] = column[t]
  })
  const cuts = [0, Math.round(length * (1 - validation - test)), Math.round(length * (1 - test)), length]
  const part = (from: number, to: number, called: string) => {
    const items: NumberSequence[] = []
    // A window may reach back before the part, its targets may not.
    for (let time = Math.max(from, window + ahead - 1); time < to; time++) {
      const end = time - ahead + 1
      items.push({
        inputs: steps.subarray((end - window) * features, end * features),
        features,
        targets: Float64Array.from(predicted, column => column[time]),
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
