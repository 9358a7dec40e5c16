/* MODEL on the command line, whatever it holds: a model that recurra saved (a file, or a run's folder) or an n-gram model. A
 * command says which kinds of model it takes; for another kind the message lists the commands that take that, read from the
 * program itself. */
import type { Command } from 'commander'
import {
  ConfigurationError,
  type Engine,
  type EngineOptions,
  FileFormatError,
  type LoadedModel,
  openEngine,
  type Task,
  type TaskModel,
} from '../../src/index.js'
import { modelFileOf } from '../../src/node/index.js'
import { nameOf } from './flags.js'
import { kindNameOf } from './modelFile.js'

/** A kind of model that a file can hold: every task's, and the n-gram model. */
export interface ModelKind<Model = unknown> extends Pick<Task, 'name' | 'evaluation' | 'dataForm' | 'faults'> {
  /** Default true. */
  readonly needsEngine?: boolean
  load(path: string, options: { readonly engine?: Engine }): Promise<OpenModel<Model>>
}

export interface OpenModel<Model = unknown> extends Pick<LoadedModel, 'evaluate'> {
  readonly model: Model
}

/** As help calls the argument. */
export const modelArgument = 'a model file, the folder of a run, or an n-gram model (binary, ARPA, gzip ARPA)'

/** As help calls the argument where only a recurrent model will do. */
export const recurrentModelArgument = 'a model file or the folder of a run'

const taken = new WeakMap<Command, readonly ModelKind[]>()

/** Says which kinds of model a command takes. */
export function takesModels(command: Command, kinds: readonly ModelKind[]): Command {
  taken.set(command, kinds)
  return command
}

export interface FoundModel<Kind> {
  readonly file: string
  readonly kind: Kind
}

/**
 * The file that MODEL is, and what kind of model it holds, of those that the command takes.
 * @throws FileFormatError for a file that is no model, ConfigurationError for a kind that the command does not take
 */
export async function findModel<Kind extends ModelKind>(
  command: Command,
  path: string,
  kinds: readonly Kind[],
): Promise<FoundModel<Kind>> {
  const file = await modelFileOf(path)
  const name = await knownName(command, file)
  const kind = kinds.find(each => each.name === name)
  if (kind) return { file, kind }
  const wanted = either(kinds.map(each => withArticle(each.name)))
  throw new ConfigurationError(`${nameOf(command)}: MODEL must be ${wanted}; ${described(command, path, name)}`)
}

/** Opens a model of these kinds, lets `use` have it, and gives its memory back. */
export async function withModel<Model, T>(
  command: Command,
  path: string,
  engine: EngineOptions,
  kinds: readonly ModelKind<Model>[],
  use: (model: Model) => T | Promise<T>,
): Promise<T> {
  const { file, kind } = await findModel(command, path, kinds)
  const { model } = await kind.load(file, await engineFor(kind, engine))
  try {
    return await use(model)
  } finally {
    closeModel(model)
  }
}

/** An engine of a model's own, where its kind needs one: `closeModel` closes both. */
export const engineFor = async (
  { needsEngine = true }: Pick<ModelKind, 'needsEngine'>,
  options: EngineOptions,
): Promise<{ readonly engine?: Engine }> => (needsEngine ? { engine: await openEngine(options) } : {})

/** Closes a model and the engine that was opened for it. */
export function closeModel(model: unknown): void {
  if (!hasEngine(model)) return
  model.close()
  model.engine.close()
}

const hasEngine = (model: unknown): model is Pick<TaskModel, 'engine' | 'close'> =>
  typeof model === 'object' && model !== null && 'engine' in model

/** @throws ConfigurationError where a model stands where a text should: a run's folder, or a file that is called as models are */
export async function checkNoModel(command: Command, path: string): Promise<void> {
  const file = await modelFileOf(path).catch(() => path)
  if (file === path && !/\.(safetensors|ngram|arpa|arpa\.gz)$/.test(path)) return
  const name = await knownName(command, file).catch(() => undefined)
  if (name === undefined) return
  throw new ConfigurationError(`${nameOf(command)}: FILE must be a text; ${described(command, path, name)}`)
}

/** @throws FileFormatError for a file that is no model, or one of a task that the program does not have */
async function knownName(command: Command, file: string): Promise<string> {
  const name = await kindNameOf(file)
  const known = new Set(commandsOf(rootOf(command)).flatMap(each => (taken.get(each) ?? []).map(kind => kind.name)))
  if (known.has(name)) return name
  throw new FileFormatError(
    `${file}: it holds a ${name.slice(0, 40)}; known are ${[...known].join(', ')}; a newer recurra may read it`,
  )
}

function described(command: Command, path: string, name: string): string {
  const takers = commandsOf(rootOf(command)).filter(each => taken.get(each)?.some(kind => kind.name === name))
  return `${path} is ${withArticle(name)}, which is for ${takers.map(each => `recurra ${nameOf(each)}`).join(', ')}`
}

function rootOf(command: Command): Command {
  return command.parent ? rootOf(command.parent) : command
}

const commandsOf = (command: Command): Command[] => [command, ...command.commands.flatMap(commandsOf)]

const either = (names: readonly string[]) =>
  names.length > 2 ? `${names.slice(0, -1).join(', ')} or ${names[names.length - 1]}` : names.join(' or ')

const withArticle = (name: string) => `${/^([aeiou]|n-gram)/.test(name) ? 'an' : 'a'} ${name}`
