/* MODEL on the command line, whatever kind it is: a model that recurra saved (a file, or a run's folder) or an n-gram model
 * (binary, ARPA, ARPA packed by gzip). What the file holds decides, and its name only where that says nothing. A verb says
 * which kinds it takes; for another kind the message names the verbs that take that. */
import { ConfigurationError, FileFormatError } from '../../src/errors.js'
import { Classifier, type EngineOptions, LanguageModel, NGram, Regressor, Tagger, Translator } from '../../src/index.js'
import { openFile, readFileBytes, usingFile } from '../../src/node/files.js'
import { modelFileOf } from '../../src/node/index.js'
import { fileChunks } from '../../src/node/lines.js'

/** As help calls the argument. */
export const modelArgument = 'a model file, the folder of a run, or an n-gram model (binary, ARPA, gzip ARPA)'

/** Every kind of model that a file can hold, with the verbs that use it. The name is the task in a model file's metadata. */
const kinds = {
  'language model': { verbs: ['generate', 'next', 'score', 'eval', 'inspect', 'doctor'], load: LanguageModel.load },
  'n-gram model': { verbs: ['generate', 'next', 'score', 'eval'], load: loadNGram },
  classifier: {
    verbs: ['classify', 'eval', 'inspect saliency', 'inspect attention', 'inspect neurons', 'doctor'],
    load: Classifier.load,
  },
  tagger: { verbs: ['tag', 'eval', 'inspect summary', 'doctor'], load: Tagger.load },
  translator: { verbs: ['translate', 'eval', 'inspect attention', 'doctor'], load: Translator.load },
  regressor: { verbs: ['eval', 'inspect summary', 'doctor'], load: Regressor.load },
} as const

export type ModelKind = keyof typeof kinds
type ModelOf<K extends ModelKind> = Awaited<ReturnType<(typeof kinds)[K]['load']>>

/** Kinds whose hidden states can be looked at. */
export const languageModels = ['language model'] as const

/** Kinds that recur. */
export const recurrentModels = ['language model', 'classifier', 'tagger', 'translator', 'regressor'] as const

/** Kinds that foretell the next token. */
export const predictors = ['language model', 'n-gram model'] as const
export type OpenPredictor = ModelOf<(typeof predictors)[number]>

/** SRILM may have written so much about the model before `\data\`. */
const looked = 1 << 16
/** A safetensors header is no longer. */
const LONGEST_HEADER = 100_000_000

/**
 * Opens a model, lets `use` have it, and gives its memory back.
 * @param wanted the verb that asks, and the kinds of model that it takes
 * @throws FileFormatError for a file that is no model, ConfigurationError for one of another kind
 */
export async function withModel<K extends ModelKind, T>(
  path: string,
  engine: EngineOptions,
  wanted: { readonly verb: string; readonly kinds: readonly K[] },
  use: (model: ModelOf<K>) => T | Promise<T>,
): Promise<T> {
  const { file, kind } = await modelOf(path, wanted)
  const load: (file: string, engine: EngineOptions) => Promise<unknown> = kinds[kind].load
  const model = (await load(file, engine)) as ModelOf<K>
  try {
    return await use(model)
  } finally {
    if ('engine' in model) {
      model.close()
      model.engine.close()
    }
  }
}

/**
 * The file that MODEL is, and what kind of model it holds.
 * @throws FileFormatError for a file that is no model, ConfigurationError for one of another kind than `wanted`
 */
export async function modelOf<K extends ModelKind>(
  path: string,
  wanted: { readonly verb: string; readonly kinds: readonly K[] },
): Promise<{ readonly file: string; readonly kind: K }> {
  const file = await modelFileOf(path)
  const kind = await kindOf(file)
  const known = wanted.kinds.find(each => each === kind)
  if (known === undefined) throw wrongKind(path, kind, wanted)
  return { file, kind: known }
}

/** As help calls the argument where only a recurrent model will do. */
export const recurrentModelArgument = 'a model file or the folder of a run'

function wrongKind(
  path: string,
  kind: ModelKind,
  { verb, kinds: taken }: { readonly verb: string; readonly kinds: readonly ModelKind[] },
): ConfigurationError {
  return new ConfigurationError(`${verb}: MODEL must be ${listed(taken.map(named))}; ${whatItIs(path, kind)}`)
}

/** @throws ConfigurationError where a model stands where a text should: a run's folder, or a file that is called as models are */
export async function checkNoModel(path: string, verb: string): Promise<void> {
  const file = await modelFileOf(path).catch(() => path)
  if (file === path && !/\.(safetensors|ngram|arpa|arpa\.gz)$/.test(path)) return
  const kind = await kindOf(file).catch(() => undefined)
  if (kind === undefined) return
  throw new ConfigurationError(`${verb}: FILE must be a text; ${whatItIs(path, kind)}`)
}

const whatItIs = (path: string, kind: ModelKind) =>
  `${path} is ${named(kind)}, which is for ${kinds[kind].verbs.map(each => `recurra ${each}`).join(', ')}`
const listed = (names: readonly string[]) =>
  names.length > 2 ? `${names.slice(0, -1).join(', ')} or ${names[names.length - 1]}` : names.join(' or ')

const named = (kind: ModelKind) => `${kind === 'n-gram model' ? 'an' : 'a'} ${kind}`

async function loadNGram(file: string): Promise<NGram> {
  const binary = (await readAt(file, 0, 12)).toString('latin1') === 'recurra-gram'
  if (binary || file.endsWith('.ngram')) return NGram.fromBytes(await readFileBytes(file), file)
  return NGram.fromArpa(fileChunks(file), { where: file })
}

async function kindOf(path: string): Promise<ModelKind> {
  const head = await readAt(path, 0, looked)
  const text = head.toString('latin1')
  if (text.startsWith('recurra-gram')) return 'n-gram model'
  if (head[0] === 0x1f && head[1] === 0x8b) return 'n-gram model'
  // A safetensors file begins with its header's length in 8 bytes, then the header, which is JSON.
  if (head[8] === 0x7b) return savedKindOf(path, head)
  if (/^\s*\\data\\\s*$/m.test(text)) return 'n-gram model'
  if (/\.(arpa|arpa\.gz|ngram)$/.test(path)) return 'n-gram model'
  if (path.endsWith('.safetensors')) return 'language model'
  throw new FileFormatError(
    `${path}: it is no model: neither one that recurra saved, nor an n-gram model in binary form or as ARPA; give such a file or the folder of a run`,
  )
}

/** What a safetensors file's metadata say; where they say nothing, the reader of language models tells what is wrong. */
async function savedKindOf(path: string, head: Buffer): Promise<ModelKind> {
  const length = Number(head.readBigUInt64LE(0))
  if (length > LONGEST_HEADER) return 'language model'
  let task: unknown
  try {
    task = JSON.parse((await readAt(path, 8, length)).toString('utf8')).__metadata__?.['recurra.task']
  } catch {
    return 'language model'
  }
  if (typeof task !== 'string') return 'language model'
  if (Object.hasOwn(kinds, task)) return task as ModelKind
  throw new FileFormatError(
    `${path}: it holds a ${task.slice(0, 40)}; known are ${Object.keys(kinds).join(', ')}; a newer recurra may read it`,
  )
}

async function readAt(path: string, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  const file = await openFile(path)
  return usingFile(file, path, async () => {
    const { bytesRead } = await file.read(bytes, 0, length, from)
    return bytes.subarray(0, bytesRead)
  })
}
