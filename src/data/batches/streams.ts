/* A long text as batches for a recurrent model: the text is cut into streams, one a row of the batch, and each stream into
 * segments that follow one another in time, so that the state after one is the state before the next (truncated
 * backpropagation through time). */
import { ConfigurationError } from '../../errors.js'

/** A segment of each stream: the token that goes in at each step, and the one that is to be predicted. int32 [time, batch] */
export interface Segment {
  readonly inputs: Int32Array
  /** -1 where nothing is to be predicted. */
  readonly targets: Int32Array
  readonly timeSteps: number
  readonly batchSize: number
}

export interface SegmentOptions {
  readonly batchSize: number
  readonly timeSteps: number
}

/** Tokens as streams: stream b begins at token b × streamLength; its targets are the same one token on. */
export class TextStreams {
  /** Targets in each stream. */
  readonly streamLength: number

  /** @throws ConfigurationError where the text does not fill one segment of every stream */
  constructor(
    private readonly tokens: Int32Array,
    private readonly options: SegmentOptions,
    name: string,
  ) {
    const { batchSize, timeSteps } = options
    this.streamLength = Math.floor((tokens.length - 1) / batchSize)
    if (this.streamLength < timeSteps)
      throw new ConfigurationError(
        `${name}: ${tokens.length} tokens do not fill one segment; batchSize × timeSteps + 1 = ${batchSize * timeSteps + 1} are needed; give a longer text or a smaller batchSize or timeSteps`,
      )
  }

  /** Segments until the streams end; the last may be shorter. */
  get segmentsPerEpoch(): number {
    return Math.ceil(this.streamLength / this.options.timeSteps)
  }

  /** The segment with this number, [time, batch]. */
  segment(index: number): Segment {
    const { batchSize } = this.options
    const from = index * this.options.timeSteps
    const timeSteps = Math.min(this.options.timeSteps, this.streamLength - from)
    const inputs = new Int32Array(timeSteps * batchSize)
    const targets = new Int32Array(timeSteps * batchSize)
    for (let b = 0; b < batchSize; b++)
      for (let t = 0; t < timeSteps; t++) {
        const at = b * this.streamLength + from + t
        inputs[t * batchSize + b] = this.tokens[at]
        targets[t * batchSize + b] = this.tokens[at + 1]
      }
    return { inputs, targets, timeSteps, batchSize }
  }
}
