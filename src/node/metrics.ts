/* metrics.jsonl of a run's folder: one training event a line, appended while training goes on. The last line may be torn,
 * as a kill leaves it; fields that are not known here are left alone, so that older and newer files are read alike. */
import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import { faultsIn } from '../configuration.js'
import { FileFormatError } from '../errors.js'
import { readFileBytes } from './files.js'

/** JSON has no NaN and no infinity: they are written as null. */
const optionalNumber = z
  .number()
  .nullish()
  .transform(value => value ?? undefined)

const eventSchema = z.object({
  step: z.int().min(0),
  steps: optionalNumber,
  epoch: optionalNumber,
  fraction: optionalNumber,
  loss: optionalNumber,
  validationLoss: optionalNumber,
  perplexity: optionalNumber,
  gradientNorm: optionalNumber,
  learningRate: optionalNumber,
  tokensPerSecond: optionalNumber,
  elapsedSeconds: optionalNumber,
})

/** A training event as far as those who look at runs need it; losses in nats per token. Not every task has a perplexity. */
export type Metric = z.output<typeof eventSchema>

/**
 * The events of a run, by ascending step. A run that was resumed has written the steps after its checkpoint twice: the
 * later ones count.
 * @throws FileFormatError when a line but a torn last one is no event; it names the line
 */
export function parseMetrics(bytes: Uint8Array, where: string): Metric[] {
  const events: Metric[] = []
  let number = 0
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(0x0a, from)
    const line = bytes.subarray(from, end < 0 ? bytes.length : end)
    from = end < 0 ? bytes.length : end + 1
    number++
    const event = eventOf(line, `${where}, line ${number}`, end < 0)
    if (!event) continue
    while (events.length > 0 && (events.at(-1) as Metric).step >= event.step) events.pop()
    events.push(event)
  }
  return events
}

export async function readMetrics(path: string): Promise<Metric[]> {
  return parseMetrics(await readFileBytes(path), path)
}

/** @param unended the line has no end, so it may be torn: then it is no event, and no fault */
function eventOf(line: Uint8Array, where: string, unended: boolean): Metric | undefined {
  const fault = (problem: string) => {
    if (unended) return undefined
    throw new FileFormatError(`${where}: ${problem}; remove the line, or what stands after the last good one`)
  }
  if (!isUtf8(line)) return fault('an event must be UTF-8')
  const text = Buffer.from(line.buffer, line.byteOffset, line.length).toString('utf8').trim()
  if (text === '') return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fault('an event must be a JSON object; it is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fault('an event must be a JSON object')
  const { data } = eventSchema.safeParse(value)
  return data ?? fault(faultsIn(eventSchema, value).join('; '))
}
