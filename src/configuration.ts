/* Configuration is checked by schema before any work is done: every fault at once, in one line, each with its key, what
 * came and what is allowed; an unknown key with the nearest known one. Contradictions between keys are told with them. */
import type { z } from 'zod'
import { ConfigurationError, excerpt, nearest } from './errors.js'

/** A rule that several keys must hold together; `contradiction` makes one. */
export interface Contradiction {
  /** What it reads. The first is named in the message. */
  readonly keys: readonly string[]
  /** What would be allowed, where the values contradict each other; nothing where they agree. */
  readonly wanted: (values: Record<string, unknown>, nameOf: (key: string) => string) => string | undefined
}

/**
 * A rule that several keys must hold together, for `parseConfiguration`'s `contradictions`. zod's own refinements of an
 * object do not do: zod asks them only where every key is known and right, so that the user would meet their faults one
 * after another. This rule is asked wherever each key that it reads is right by itself, whatever else may be wrong; it
 * sees defaults filled in. What is outside of the configuration, as a run to be resumed, is caught in a closure.
 *
 *     const trainingContradictions = [
 *       contradiction(trainingSchema, ['momentum', 'optimizer'], ({ momentum, optimizer }, nameOf) =>
 *         momentum > 0 && optimizer !== 'sgd' ? `is for ${nameOf('optimizer')} sgd alone` : undefined),
 *     ]
 *     parseConfiguration(trainingSchema, values, 'train', { contradictions: trainingContradictions })
 *     // ConfigurationError: train: momentum: is for optimizer sgd alone; got 0.9
 *
 * @param schema gives the types, and need not be the one that is parsed: rules go with the keys into a larger schema
 * @param keys what the rule reads; the first is named in the message, with its value
 * @param wanted what is allowed, as it stands after the key and a colon; undefined where the values agree. `nameOf`
 * says how a key is called where the user wrote it: `--hidden-size` on a command line
 */
export function contradiction<S extends z.ZodObject, K extends keyof z.output<S> & string>(
  schema: S,
  keys: readonly [K, ...K[]],
  wanted: (values: Pick<z.output<S>, K>, nameOf: (key: K) => string) => string | undefined,
): Contradiction {
  const unknown = keys.find(key => !Object.hasOwn(schema.shape, key))
  if (unknown !== undefined)
    throw new ConfigurationError(`contradiction: the schema has no key ${unknown}; add it there`)
  return { keys, wanted: wanted as unknown as Contradiction['wanted'] }
}

/** The keys of one schema out of those of all. */
export function picked<S extends z.ZodObject>({ shape }: S, values: Readonly<Record<string, unknown>>): z.output<S> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => Object.hasOwn(shape, key))) as z.output<S>
}

type NameOf = (key: string) => string

export interface ParseOptions {
  /** How keys are called there; `--hidden-size` on a command line. Default as they are. */
  readonly nameOf?: NameOf | undefined
  /** What several keys must hold together. Default nothing. */
  readonly contradictions?: readonly Contradiction[] | undefined
}

/**
 * The values with defaults filled in.
 * @param where what the message begins with: a file, a command
 * @throws ConfigurationError with every fault: unknown keys, wrong values and contradictions
 */
export function parseConfiguration<S extends z.ZodObject>(
  schema: S,
  values: unknown,
  where: string,
  options: ParseOptions = {},
): z.output<S> {
  const { nameOf, contradictions = [] } = options
  const faults = [...faultsIn(schema, values, nameOf), ...contradictionsIn(schema, values, contradictions, nameOf)]
  if (faults.length > 0) throw new ConfigurationError(`${where}: ${faults.join('; ')}`)
  return schema.parse(values)
}

/** `hiddenSize` as the command line has it: `hidden-size`. */
export const dashed = (key: string): string => key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

/** Faults beyond these are counted: nobody reads more, and a file may have a hundred thousand. */
const MOST_FAULTS = 20
const MOST_UNKNOWN = 5

/** What is wrong with each key by itself, in words that need no context but where the values come from. */
export function faultsIn(schema: z.ZodObject, values: unknown, nameOf?: NameOf): string[] {
  const issues = schema.safeParse(values).error?.issues ?? []
  const faults = issues.slice(0, MOST_FAULTS).flatMap(issue => faultsOf(issue, schema, values, nameOf))
  return issues.length > MOST_FAULTS ? [...faults, `and ${issues.length - MOST_FAULTS} more`] : faults
}

/** Where values contradict each other; a rule that reads a wrong value is not asked. */
export function contradictionsIn(
  schema: z.ZodObject,
  values: unknown,
  contradictions: readonly Contradiction[],
  nameOf: NameOf = asItIs,
): string[] {
  const keys = new Set(contradictions.flatMap(rule => rule.keys))
  const right = new Map<string, unknown>()
  for (const key of isObject(values) ? keys : []) {
    const { success, data } = (schema.shape[key] as z.ZodType).safeParse(valueAt(values, [key]))
    if (success) right.set(key, data)
  }
  return contradictions.flatMap(({ keys, wanted }) => {
    if (!keys.every(key => right.has(key))) return []
    const allowed = wanted(Object.fromEntries(keys.map(key => [key, right.get(key)])), nameOf)
    return allowed === undefined ? [] : [`${nameOf(keys[0])}: ${allowed}; got ${show(right.get(keys[0]))}`]
  })
}

const asItIs: NameOf = key => key

type Issue = z.core.$ZodIssue

function faultsOf(issue: Issue, { shape }: z.ZodObject, values: unknown, nameOf: NameOf = asItIs): string[] {
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue.keys, issue.path, Object.keys(shape), nameOf)
  const name = issue.path.length > 0 ? excerpt(nameOf(issue.path.join('.'))) : 'the configuration'
  const value = valueAt(values, issue.path)
  if (value === undefined) return [`${name} is missing`]
  if (issue.code !== 'invalid_value') return [`${name}: ${wanted(issue)}; got ${show(value)}`]
  const allowed = issue.values.map(String)
  const near = typeof value === 'string' ? nearest(value, allowed) : undefined
  return [`${name} must be ${either(allowed)}; got ${show(value)}${near ? `; did you mean ${near}?` : ''}`]
}

function unknownKeys(
  keys: readonly string[],
  path: readonly PropertyKey[],
  known: readonly string[],
  nameOf: NameOf,
): string[] {
  const named = keys.slice(0, MOST_UNKNOWN)
  const more = keys.length > named.length ? [`and ${keys.length - named.length} more keys are not known`] : []
  const nameIn = (key: string) => excerpt(nameOf([...path, excerpt(key)].join('.')))
  // The schema at hand lists the outermost keys alone.
  if (path.length > 0) return [...named.map(key => `${nameIn(key)} is not known`), ...more]
  const near = new Map(named.map(key => [key, nearest(key, known)]))
  const last = named.findLast(key => near.get(key) === undefined)
  const faults = named.map(key => {
    const meant = near.get(key)
    if (meant !== undefined) return `${nameIn(key)} is not known; did you mean ${nameOf(meant)}?`
    // What is known is told once.
    const cure = key === last ? `; known are ${known.map(nameOf).join(', ')}` : ''
    return `${nameIn(key)} is not known${cure}`
  })
  return [...faults, ...more]
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const valueAt = (values: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    values,
  )

/** A value as a message shows it. */
function show(value: unknown): string {
  const text =
    typeof value === 'object' && value !== null
      ? inJSON(value)
      : value === ''
        ? '""'
        : value === undefined
          ? 'nothing'
          : String(value)
  return excerpt(text)
}

function inJSON(value: object): string {
  try {
    return JSON.stringify(value) ?? 'an object'
  } catch {
    // YAML's aliases can make an object that holds itself.
    return 'an object that JSON cannot hold'
  }
}

const either = (allowed: readonly string[]) =>
  allowed.length < 2 ? allowed.join() : `${allowed.slice(0, -1).join(', ')} or ${allowed[allowed.length - 1]}`

function wanted(issue: Issue): string {
  switch (issue.code) {
    case 'too_small':
      return sized(issue.origin, issue.inclusive ? 'at least' : 'above', issue.minimum)
    case 'too_big':
      return sized(issue.origin, issue.inclusive ? 'at most' : 'below', issue.maximum)
    case 'invalid_type':
      return `must be ${typeNames[issue.expected] ?? `a ${issue.expected}`}`
    case 'invalid_value':
      return `must be ${either(issue.values.map(String))}`
    case 'invalid_union': {
      // Each member's first fault says what that member would take.
      const members = issue.errors.flatMap(([first]) => (first ? [wanted(first).replace(/^must be /, '')] : []))
      return members.length > 0 ? `must be ${[...new Set(members)].join(' or ')}` : issue.message
    }
    default:
      return issue.message
  }
}

const typeNames: Record<string, string> = {
  int: 'a whole number',
  array: 'a list',
  object: 'an object of keys and values',
}

function sized(origin: string, bound: string, size: number | bigint): string {
  const unit = origin === 'array' ? 'element' : origin === 'string' ? 'character' : undefined
  return unit ? `must have ${bound} ${size} ${unit}${Number(size) === 1 ? '' : 's'}` : `must be ${bound} ${size}`
}
