/* How numbers stand in a file, and what is said of a regressor's errors: shared by `recurra train regress` and `recurra eval`. */
import { z } from 'zod'
import type { ItemSplits, NumberSequence, RegressionEvaluation } from '../../src/index.js'
import { readNumbers } from '../../src/node/index.js'
import { whole } from '../output/output.js'
import { UsageError } from './flags.js'
import { builtInOf } from './givenData.js'

const columns = () => z.array(z.string()).optional()

/** What of a file's numbers is read and asked for. */
export const numbersSchema = z.strictObject({
  inputColumn: columns().describe('a column that is read; give it once for each (default: all that hold numbers)'),
  targetColumn: columns().describe('a column that is predicted; give it once for each (default: the last)'),
  window: z.int().min(1).max(65536).default(32).describe('steps of a time series that are read'),
  ahead: z.int().min(1).max(65536).default(1).describe('steps from there to what is predicted'),
  length: z.int().min(2).max(65536).optional().describe('steps of each sequence of adding (default: 100)'),
})

type NumbersAsked = z.output<typeof numbersSchema> & { readonly seed: number }

/** @throws UsageError for a length of what is no built-in corpus */
export function numbersOf(
  path: string,
  { length, ...asked }: NumbersAsked,
): Promise<ItemSplits<NumberSequence>> | ItemSplits<NumberSequence> {
  const builtIn = builtInOf('regress', path)
  if (builtIn) return builtIn.generate({ seed: asked.seed, length })
  if (length !== undefined) throw new UsageError(`--length is for adding; got ${path}; leave it out`)
  return readNumbers(path, asked)
}

/** How near a regressor came, in one line. */
export const regressionLine = ({
  meanSquaredError,
  rootMeanSquaredError,
  meanAbsoluteError,
  sequences,
}: RegressionEvaluation): string =>
  `mean squared error ${meanSquaredError.toPrecision(4)}, its root ${rootMeanSquaredError.toPrecision(4)}, mean absolute error ${meanAbsoluteError.toPrecision(4)} (${whole(sequences)} sequences)`
