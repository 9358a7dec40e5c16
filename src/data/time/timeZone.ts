/* A time zone as the platform's Intl knows it: what its clocks show at an instant, and which instants a reading of its clocks
 * can be. Where clocks go back an hour is shown twice. Where they go forward an hour is never shown: it is taken as if the clocks
 * had not moved yet. */
import { ConfigurationError } from '../../errors.js'
import { daysOf, type LocalTime, SECONDS_OF_DAY, secondsOf } from './calendar.js'

export class TimeZone {
  private readonly format: Intl.DateTimeFormat

  /**
   * @param name an IANA name, as `Europe/Berlin` or `UTC`
   * @throws ConfigurationError for a name that the platform does not know
   */
  constructor(readonly name: string) {
    try {
      this.format = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
        timeZone: name,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      })
    } catch (error) {
      throw new ConfigurationError(`timeZone must be an IANA name as Europe/Berlin; got ${name}`, { cause: error })
    }
  }

  /** What the clocks show at an instant, given in seconds since 1970-01-01T00:00Z. */
  localTime(instant: number): LocalTime {
    const parts = Object.fromEntries(
      this.format.formatToParts(new Date(instant * 1000)).map(({ type, value }) => [type, Number(value)]),
    )
    const { year, month, day, hour, minute, second } = parts
    return { days: daysOf({ year, month, day }), seconds: hour * 3600 + minute * 60 + second }
  }

  /** The instants at which the clocks show a local time, in seconds since 1970-01-01T00:00Z, ascending: one or two. */
  instantsOf(time: LocalTime): readonly number[] {
    const shown = secondsOf(time)
    // Offsets from UTC lie within a day, so the two days around hold every offset that can be meant.
    const before = this.offsetAt(shown - SECONDS_OF_DAY)
    const after = this.offsetAt(shown + SECONDS_OF_DAY)
    const candidates = [...new Set([shown - before, shown - after])].sort((a, b) => a - b)
    const matching = candidates.filter(instant => secondsOf(this.localTime(instant)) === shown)
    return matching.length > 0 ? matching : [shown - before]
  }

  private offsetAt(instant: number): number {
    return secondsOf(this.localTime(instant)) - instant
  }
}
