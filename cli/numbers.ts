/* How numbers stand in a file, and what is said of a regressor's errors: shared by `recurra train regress` and `recurra eval`. */
import { z } from 'zod'
import type { RegressionEvaluation } from '../src/index.js'
import { whole } from './output.js'

const columns = () => z.array(z.string()).optional()

/** What of a file's numbers is read and asked for. */
export const numbersSchema = z.strictObject({
  inputs: columns().describe('a column that is read; give it once for each (default: all that hold numbers)'),
  targets: columns().describe('a column that is foretold; give it once for each (default: the last)'),
  window: z.int().min(1).max(65536).default(32).describe('steps of a time series that are read'),
  ahead: z.int().min(1).max(65536).default(1).describe('steps from there to what is foretold'),
})

/** How near a regressor came, in one line. */
export const regressionLine = ({
  meanSquaredError,
  rootMeanSquaredError,
  meanAbsoluteError,
  sequences,
}: RegressionEvaluation): string =>
  `mean squared error ${meanSquaredError.toPrecision(4)}, its root ${rootMeanSquaredError.toPrecision(4)}, mean absolute error ${meanAbsoluteError.toPrecision(4)} (${whole(sequences)} sequences)`
