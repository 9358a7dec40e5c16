/* How training stands, on standard error: a bar on a terminal, plain lines elsewhere. */
import { SingleBar } from 'cli-progress'
import type { Sample, TrainingEvent } from '../../src/index.js'
import { clock, decimals, whole } from '../../src/inspection/index.js'
import { isQuiet, report } from './report.js'

/** Elsewhere than on a terminal, a line at least this often. */
const SECONDS_BETWEEN_LINES = 10

const LONGEST_BAR = 24
const SHORTEST_BAR = 8

/** What a line of progress shows. */
export interface ProgressFields {
  /** From 0 to 1. */
  readonly fraction: number
  readonly fields: readonly string[]
  /** The same, shorter, for a narrow terminal. */
  readonly briefFields: readonly string[]
}

const lengthOf = (fields: readonly string[]) => fields.reduce((length, field) => length + field.length + 2, 0)

/**
 * A bar and as many fields as fit, always shorter than the terminal: a line as long as the terminal makes some
 * terminals wrap. Where not even the shortest bar fits, the bar is as long as it can be, which may be 0.
 * @param columns of the terminal; a pseudo-terminal may say 0 and some say nothing, which counts as 80
 * @param color whether the bar is coloured; the escape sequences take no columns
 */
export function progressLine(
  { fraction, fields, briefFields }: ProgressFields,
  { columns, color }: { readonly columns: number | undefined; readonly color: boolean },
): string {
  const room = (columns || 80) - 1
  const shown = lengthOf(fields) <= room - SHORTEST_BAR ? [...fields] : [...briefFields]
  while (shown.length > 0 && lengthOf(shown) > room - SHORTEST_BAR) shown.pop()
  const length = Math.max(0, Math.min(LONGEST_BAR, room - lengthOf(shown)))
  const done = Math.round(length * Math.max(0, Math.min(1, fraction)))
  const full = '█'.repeat(done)
  const empty = '░'.repeat(length - done)
  const bar = color && length > 0 ? `\x1b[36m${full}\x1b[39m\x1b[2m${empty}\x1b[22m` : full + empty
  return [bar, ...shown].join('  ')
}

export class TrainingProgress {
  private readonly stream = process.stderr
  private readonly bar: SingleBar | undefined
  private readonly color: boolean
  private lastLine = 0
  /** The last validation loss, once there is one. */
  private validation: number[] = []
  private fields: string[] = []
  /** The same for a narrow terminal: all of it fits in 80 columns. */
  private briefFields: string[] = []
  private fraction = 0
  private nonFiniteCause: string | undefined

  /** @param tokens what is counted per second: characters */
  constructor(private readonly tokens: string) {
    const { NO_COLOR, TERM } = process.env
    const terminal = this.stream.isTTY === true && TERM !== 'dumb' && !isQuiet()
    this.color = terminal && !NO_COLOR
    if (terminal)
      this.bar = new SingleBar({
        stream: this.stream,
        format: () => this.line(),
        fps: 5,
        clearOnComplete: true,
        // Ctrl-C is ours, and so is the end of the bar on whatever way the program ends: it has set the terminal not to
        // wrap lines.
        linewrap: false,
        gracefulExit: false,
      })
  }

  /** Begins to show progress. */
  start(): void {
    this.lastLine = performance.now()
    if (!this.bar) return
    this.bar.start(1, 0)
    process.once('exit', () => this.stop())
  }

  /** A line of its own, above the bar. */
  note(line: string): void {
    const active = this.bar?.isActive === true
    if (active) this.bar?.stop()
    report(`${line}\n`)
    if (active) this.bar?.start(1, this.fraction)
  }

  show(event: TrainingEvent): void {
    const { fraction, smoothedLoss: loss, validationLoss, tokensPerSecond, remainingSeconds, step } = event
    this.noteNonFinite(event.nonFinite)
    this.fraction = fraction
    if (validationLoss !== undefined) this.validation = [validationLoss]
    const perplexity = event.perplexity === undefined ? [] : [Math.exp(this.validation[0] ?? loss)]
    const rate = event.learningRate.toPrecision(2)
    const percentage = `${String(Math.floor(fraction * 100)).padStart(3)} %`
    const left = `${clock(remainingSeconds)} left`
    this.fields = [
      percentage,
      left,
      `${whole(tokensPerSecond)} ${this.tokens}/s`,
      `loss ${decimals(loss)}`,
      ...this.validation.map(value => `validation ${Number.isFinite(value) ? decimals(value) : value}`),
      ...perplexity.map(value => `perplexity ${decimals(value, 2)}`),
      `norm ${decimals(event.gradientNorm, 2)}`,
      `rate ${Number(rate)}`,
    ]
    this.briefFields = [
      percentage,
      left,
      `${Math.round(tokensPerSecond / 1000)}k ${this.tokens.slice(0, 4)}/s`,
      `loss ${decimals(loss, 2)}`,
      ...this.validation.map(value => `val ${Number.isFinite(value) ? decimals(value, 2) : value}`),
      ...perplexity.map(value => `perplexity ${decimals(value, 2)}`),
      `norm ${decimals(event.gradientNorm, 1)}`,
      `rate ${Number(rate)}`,
    ]
    this.tellSamples(event.samples ?? [])
    if (this.bar) {
      this.bar.update(fraction)
      return
    }
    const now = performance.now()
    const due = now - this.lastLine >= SECONDS_BETWEEN_LINES * 1000
    if (validationLoss === undefined && !due && fraction < 1) return
    this.lastLine = now
    const rest = this.fields.slice(1)
    report(`${percentage}  step ${step}  ${rest.join('  ')}\n`)
  }

  /** Where a NaN or an infinity comes from: once, however many evaluations meet it again. */
  private noteNonFinite(report: string | undefined): void {
    const cause = report?.replace(/^train: step \d+: /, '')
    if (report && cause !== this.nonFiniteCause) this.note(report)
    this.nonFiniteCause = cause ?? this.nonFiniteCause
  }

  /** Validation examples, each on a line: input, output and target. */
  private tellSamples(samples: readonly Sample[]): void {
    const room = Math.max(40, Math.min(200, this.stream.columns || 120))
    const short = (text: string, most: number) => {
      const line = text.replaceAll('\n', '⏎').replace(/\p{Cc}/gu, ' ')
      return line.length > most ? `${line.slice(0, most - 1)}…` : line
    }
    for (const { input, target, output } of samples) {
      const part = Math.floor((room - 8) / 3)
      this.note(`  ${short(input, part)} → ${short(output, part)} (${short(target, part)})`)
    }
  }

  private line(): string {
    const { fraction, fields, briefFields, color } = this
    return progressLine({ fraction, fields, briefFields }, { columns: this.stream.columns, color })
  }

  /** Ends the bar; it stays as it last stood. */
  stop(): void {
    if (!this.bar?.isActive) return
    this.bar.stop()
    if (this.fields.length > 0) this.stream.write(`${this.line()}\n`)
  }
}
