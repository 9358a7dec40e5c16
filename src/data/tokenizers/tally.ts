// How often each different piece of a text stands in it.
import { ConfigurationError } from '../../errors.js'
import { detached } from './tokenEncoder.js'

/** What one Map of V8 can hold, and a little less. */
export const mostDifferent = 2 ** 24 - 2 ** 10

export class Tally {
  readonly counts = new Map<string, number>()

  /** @param where opens the message of the ConfigurationError for more different pieces than can be counted */
  constructor(private readonly where: string) {}

  /** Counts a piece; of a new one it keeps a copy, as a part of a text would keep the text. */
  add(piece: string, times = 1): void {
    const known = this.counts.get(piece)
    if (known !== undefined) {
      this.counts.set(piece, known + times)
      return
    }
    if (this.counts.size >= mostDifferent)
      throw new ConfigurationError(
        `${this.where}: a text may have ${mostDifferent} different words; take a smaller unit, as byte or character, or a shorter text`,
      )
    this.counts.set(detached(piece), times)
  }
}
