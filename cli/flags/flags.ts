/* Flags from zod schemas: a key `hiddenSize` is the flag `--hidden-size`, with the schema's description, default and
 * choices in the help. All faults of a command line are found before any work, and told in one line. */
import { type Command, Option } from 'commander'
import { z } from 'zod'
import {
  ConfigurationError,
  type Contradiction,
  contradictionsIn,
  dashed,
  faultsIn,
  parseConfiguration,
} from '../../src/index.js'

/** Wrong usage: exit code 2. */
export class UsageError extends ConfigurationError {}

/** Runs `work`; its configuration errors are the user's wrong usage. */
export async function asUsage<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ConfigurationError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}

/** What stands inside a schema's default and optional wrappers. */
function fieldOf(field: unknown): { type: unknown; fallback: unknown } {
  let type = field
  let fallback: unknown
  for (;;) {
    if (type instanceof z.ZodDefault) {
      fallback = type.def.defaultValue
      type = type.unwrap()
    } else if (type instanceof z.ZodOptional) type = type.unwrap()
    else return { type, fallback }
  }
}

const METAVARIABLE: Record<string, string> = {
  out: 'PATH',
  folder: 'PATH',
  config: 'FILE',
  data: 'FILE',
  prompt: 'TEXT',
  text: 'TEXT',
  stop: 'TEXT',
  peersFrom: 'FOLDER',
  python: 'PROGRAM',
  source: 'FILE',
  target: 'FILE',
  validationFile: 'FILE',
  testFile: 'FILE',
  attention: 'FILE.svg',
  loadState: 'FILE',
  saveState: 'FILE',
}

/** A number where the text is one; else the text, so that the schema's message shows what came. */
const numberIn = (text: string): number | string =>
  text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text

/**
 * Gives a command the flags of a schema, and lets it take unknown ones, which `readFlags` reports with the other faults.
 * @param negatable keys of booleans that a configuration file may set, so that a flag must be able to unset them
 */
export function addFlags(command: Command, schema: z.ZodObject, { negatable = [] as readonly string[] } = {}): Command {
  for (const [key, field] of Object.entries(schema.shape)) {
    const { type, fallback } = fieldOf(field)
    const described = (field as z.ZodType).description ?? ''
    const bare = fallback === undefined && type !== field && !described.includes('(default')
    const description = bare ? `${described} (default: none)` : described
    const flag = `--${dashed(key)}`
    if (type instanceof z.ZodBoolean && fallback === true && !negatable.includes(key)) {
      // There is nothing to give but the negative.
      command.option(`--no-${dashed(key)}`, described)
      continue
    }
    const option =
      type instanceof z.ZodBoolean
        ? new Option(flag, description)
        : new Option(`${flag} <${METAVARIABLE[key] ?? valueNameOf(type)}>`, description)
    if (fallback !== undefined) option.default(fallback, String(fallback))
    if (type instanceof z.ZodNumber) option.argParser(numberIn)
    if (type instanceof z.ZodArray) {
      // Numbers may also stand in one value, with commas: --prune 0,0,1.
      const read =
        type.element instanceof z.ZodNumber
          ? (text: string) => text.split(',').map(part => numberIn(part))
          : (text: string) => [text]
      option.argParser((text: string, before: unknown[] | undefined) => [...(before ?? []), ...read(text)])
    }
    if (type instanceof z.ZodEnum) {
      // `choices` would refuse a value at once, alone and without the nearest one.
      option.choices(type.options.map(String)).argParser(text => text)
    }
    command.addOption(option)
    if (negatable.includes(key)) command.addOption(new Option(`--no-${dashed(key)}`, `not ${flag}`))
  }
  return command.allowUnknownOption().allowExcessArguments()
}

const valueNameOf = (type: unknown) =>
  type instanceof z.ZodNumber || (type instanceof z.ZodArray && type.element instanceof z.ZodNumber)
    ? 'N'
    : type instanceof z.ZodEnum
      ? 'NAME'
      : 'VALUE'

/** As the user has written it; of a list, the flag that each element is given by. */
export const flagOf = (key: string) => (key.startsWith('-') ? key : `--${dashed(key.replace(/\.\d+$/, ''))}`)

/** What stands before the message: the command without the program, as `train lm`. */
export function nameOf(command: Command): string {
  const names: string[] = []
  for (let at: Command | null = command; at?.parent; at = at.parent) names.unshift(at.name())
  return names.join(' ')
}

export interface ConfigurationFile {
  /** Of the whole file, which may hold more than flags say. */
  readonly schema: z.ZodObject
  readonly path: string
  readonly values: unknown
}

export interface FlagReading {
  /** Where one is given. */
  readonly file?: ConfigurationFile | undefined
  /** What flags and file must hold together. Default nothing. */
  readonly contradictions?: readonly Contradiction[] | undefined
}

/**
 * The values of a command's flags, over those of a configuration file where one is given, checked and with defaults.
 * @throws UsageError with all faults: of the file, of the flags, and where both together contradict themselves
 */
export function readFlags<S extends z.ZodObject>(
  command: Command,
  schema: S,
  { file, contradictions = [] }: FlagReading = {},
): z.output<S> {
  const values = givenFlags(command)
  const name = nameOf(command)
  const settings = Object.entries((file?.values ?? {}) as object).filter(([key]) => Object.hasOwn(schema.shape, key))
  const together = { ...Object.fromEntries(settings), ...values }
  const ofFile = file ? faultsIn(file.schema, file.values ?? {}) : []
  const ofFlags = [...faultsIn(schema, values, flagOf), ...contradictionsIn(schema, together, contradictions, flagOf)]
  const lines: string[] = []
  if (ofFile.length > 0) lines.push(`${file?.path}: ${ofFile.join('; ')}`)
  if (ofFlags.length > 0) lines.push(`${name}: ${ofFlags.join('; ')}`)
  const { args, registeredArguments } = command
  const excess = args.slice(registeredArguments.length)
  if (excess.length > 0 && !args.some(isFlag))
    lines.push(
      `${name}: ${excess.join(' ')} is too much; it takes ${registeredArguments.map(each => each.name()).join(' ') || 'flags alone'}`,
    )
  if (lines.length > 0) throw new UsageError(lines.join('; '))
  return parseConfiguration(schema, together, name, { nameOf: flagOf })
}

const isFlag = (arg: string) => /^-./.test(arg)

/** The flags that stand on the command line; an unknown one with its dashes, so that no schema has it. */
export function givenFlags(command: Command): Record<string, unknown> {
  const given: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(command.opts()))
    if (command.getOptionValueSource(key) === 'cli') given[key] = value
  for (const arg of command.args) if (isFlag(arg)) given[arg.replace(/=.*/s, '')] = true
  return given
}
