/* A long text as batches for a recurrent model: the text is cut into lanes, one a row of the batch, and each lane into
 * stretches that follow one another in time, so that the state after one is the state before the next. */
import { ConfigurationError } from '../../errors.js'

/** A stretch of text: what goes in at each step, and what is to come out. Tokens int32 [time, batch]. */
export interface Stretch {
  readonly inputs: Int32Array
  /** -1 where nothing is to be foretold. */
  readonly targets: Int32Array
  readonly timeSteps: number
  readonly batchSize: number
}

export interface StretchOptions {
  readonly batchSize: number
  readonly timeSteps: number
}

/** Tokens as lanes: lane b begins at token b × laneLength; its targets are the same one token on. */
export class Lanes {
  /** Targets in each lane. */
  readonly laneLength: number

  /** @throws ConfigurationError where the text does not fill one stretch of every lane */
  constructor(
    private readonly tokens: Int32Array,
    private readonly options: StretchOptions,
    name: string,
  ) {
    const { batchSize, timeSteps } = options
    this.laneLength = Math.floor((tokens.length - 1) / batchSize)
    if (this.laneLength < timeSteps)
      throw new ConfigurationError(
        `${name}: ${tokens.length} tokens do not fill one stretch; batchSize × timeSteps + 1 = ${batchSize * timeSteps + 1} are needed; give a longer text or a smaller batchSize or timeSteps`,
      )
  }

  /** Stretches until the lanes end; the last may be shorter. */
  get stretchesPerEpoch(): number {
    return Math.ceil(this.laneLength / this.options.timeSteps)
  }

  /** The stretch with this number, [time, batch]. */
  stretch(index: number): Stretch {
    const { batchSize } = this.options
    const from = index * this.options.timeSteps
    const timeSteps = Math.min(this.options.timeSteps, this.laneLength - from)
    const inputs = new Int32Array(timeSteps * batchSize)
    const targets = new Int32Array(timeSteps * batchSize)
    for (let b = 0; b < batchSize; b++)
      for (let t = 0; t < timeSteps; t++) {
        const at = b * this.laneLength + from + t
        inputs[t * batchSize + b] = this.tokens[at]
        targets[t * batchSize + b] = this.tokens[at + 1]
      }
    return { inputs, targets, timeSteps, batchSize }
  }
}
