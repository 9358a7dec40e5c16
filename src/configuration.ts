/* Configuration is checked by schema before any work is done: every fault at once, in one line, each with its key, what
 * came and what is allowed; an unknown key with the nearest known one. */
import type { z } from 'zod'
import { ConfigurationError, nearest } from './errors.js'

/** A value as a message shows it. */
const show = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

const valueAt = (values: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce(
    (value, key) =>
      value === null || typeof value !== 'object' ? undefined : (value as Record<PropertyKey, unknown>)[key],
    values,
  )

/** `hiddenSize` as the command line has it: `hidden-size`. */
export const dashed = (key: string): string => key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

/**
 * The values with defaults filled in.
 * @param where what the message begins with: a file, a command
 * @param nameOf how keys are called there; `--hidden-size` on a command line
 * @throws ConfigurationError
 */
export function parseConfiguration<S extends z.ZodObject>(
  schema: S,
  values: unknown,
  where: string,
  nameOf: (key: string) => string = key => key,
): z.output<S> {
  const result = schema.safeParse(values)
  if (result.success) return result.data
  const known = Object.keys(schema.shape)
  const faults = result.error.issues.flatMap((issue): string[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map(key => {
        const near = nearest(key, known)
        return `${nameOf(key)} is not known${near ? `; did you mean ${nameOf(near)}?` : `; known are ${known.map(nameOf).join(', ')}`}`
      })
    const name = issue.path.length > 0 ? nameOf(issue.path.join('.')) : 'the configuration'
    const value = valueAt(values, issue.path)
    if (value === undefined) return [`${name} is missing`]
    if (issue.code === 'invalid_value') {
      const allowed = issue.values.map(String)
      const near = typeof value === 'string' ? nearest(value, allowed) : undefined
      return [
        `${name} must be ${allowed.join(', ').replace(/, ([^,]*)$/, ' or $1')}; got ${show(value)}${near ? `; did you mean ${near}?` : ''}`,
      ]
    }
    return [`${name}: ${wanted(issue)}; got ${show(value)}`]
  })
  throw new ConfigurationError(`${where}: ${faults.join('; ')}`)
}

type Issue = z.core.$ZodIssue

function wanted(issue: Issue): string {
  switch (issue.code) {
    case 'too_small':
      return `must be ${issue.inclusive ? 'at least' : 'above'} ${issue.minimum}`
    case 'too_big':
      return `must be ${issue.inclusive ? 'at most' : 'below'} ${issue.maximum}`
    case 'invalid_type':
      return `must be ${issue.expected === 'int' ? 'a whole number' : `a ${issue.expected}`}`
    default:
      return issue.message
  }
}
