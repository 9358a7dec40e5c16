// A Hugging Face tokenizer.json (https://huggingface.co/docs/tokenizers) as a tokenizer of ours, through the package
// @huggingface/tokenizers, which is an optional dependency: it is loaded when the first such tokenizer is wanted.
import type { Tokenizer as Library } from '@huggingface/tokenizers'
import { BackendError, FileFormatError } from '../../errors.js'
import { checkKeys, field, type SavedFields, show } from '../../formats/savedFields.js'
import { Int32Builder } from '../numberBuilders.js'
import { checkToken, type TokenDecoder } from './tokenDecoder.js'
import { collecting, type TokenEncoder } from './tokenEncoder.js'

/** What a model file keeps: both files as they were. */
export interface HuggingFaceTokenizerJSON {
  readonly unit: 'hugging-face'
  readonly tokenizer: SavedFields
  readonly config: SavedFields
}

let library: typeof import('@huggingface/tokenizers') | undefined

/** Text is encoded at line ends in parts of about this length: some pre-tokenizers slow down on long texts. */
const PART = 8192
/** Tokens that are decoded again with each new one. */
const CONTEXT = 16

export class HuggingFaceTokenizer {
  readonly unit = 'hugging-face'
  readonly size: number
  /** Of its model; −1 where nothing can be unknown. */
  readonly unknown: number
  /** What the line end is encoded as; where it is lost, the first symbol. */
  readonly start: number
  readonly vocabulary: readonly string[]

  private constructor(
    private readonly inner: Library,
    private readonly json: HuggingFaceTokenizerJSON,
  ) {
    const vocabulary: string[] = []
    for (const [symbol, id] of inner.get_vocab(true)) vocabulary[id] = symbol
    this.vocabulary = Array.from(vocabulary, symbol => symbol ?? '')
    this.size = this.vocabulary.length
    const unknown = field((field(json.tokenizer, 'model') ?? {}) as SavedFields, 'unk_token')
    this.unknown = typeof unknown === 'string' ? (inner.token_to_id(unknown) ?? -1) : -1
    this.start = this.encode('\n')[0] ?? 0
  }

  /** Loads the optional dependency. Throws BackendError where it is not installed. */
  static async prepare(): Promise<void> {
    try {
      library ??= await import('@huggingface/tokenizers')
    } catch (error) {
      throw new BackendError(
        'a Hugging Face tokenizer needs the package @huggingface/tokenizers; install it: npm install @huggingface/tokenizers',
        { cause: error },
      )
    }
  }

  /**
   * A tokenizer from the parsed tokenizer.json and, where there is one, tokenizer_config.json.
   * Throws FileFormatError where the package does not understand them, BackendError where it is not installed.
   */
  static async load(tokenizer: unknown, config: unknown = {}, where = 'tokenizer.json'): Promise<HuggingFaceTokenizer> {
    await HuggingFaceTokenizer.prepare()
    return HuggingFaceTokenizer.fromJSON({ unit: 'hugging-face', tokenizer, config }, where)
  }

  /** After `prepare`. */
  static fromJSON(json: SavedFields, where = 'tokenizer'): HuggingFaceTokenizer {
    checkKeys(json, ['unit', 'tokenizer', 'config'], 'hugging-face', where)
    if (!library) throw new BackendError(`${where}: call HuggingFaceTokenizer.prepare() before a saved one is read`)
    const [tokenizer, config] = [field(json, 'tokenizer'), field(json, 'config')]
    for (const part of [tokenizer, config])
      if (typeof part !== 'object' || part === null || Array.isArray(part))
        throw new FileFormatError(`${where}: a Hugging Face tokenizer must be an object; got ${show(part)}`)
    checkIds(tokenizer as SavedFields, where)
    const saved = { unit: 'hugging-face', tokenizer: tokenizer as SavedFields, config: config as SavedFields } as const
    try {
      return new HuggingFaceTokenizer(new library.Tokenizer(saved.tokenizer, saved.config), saved)
    } catch (error) {
      throw new FileFormatError(`${where}: not a tokenizer.json that can be read: ${(error as Error).message}`, {
        cause: error,
      })
    }
  }

  /** The ids, without the marks that its post-processor would put around them. */
  encode(text: string): Int32Array {
    const ids = new Int32Builder(64)
    this.encodeInto(ids, text.slice(this.encodeParts(ids, text)))
    return ids.view()
  }

  encoder(): TokenEncoder {
    let open = ''
    return collecting(ids => ({
      push: text => {
        const whole = open + text
        open = whole.slice(this.encodeParts(ids, whole))
      },
      end: () => {
        this.encodeInto(ids, open)
        open = ''
      },
    }))
  }

  /** Encodes the parts that have come whole, and returns where they end. */
  private encodeParts(ids: Int32Builder, text: string): number {
    let from = 0
    for (let end = text.indexOf('\n', PART); end >= 0; end = text.indexOf('\n', from + PART)) {
      this.encodeInto(ids, text.slice(from, end + 1))
      from = end + 1
    }
    return from
  }

  private encodeInto(ids: Int32Builder, part: string): void {
    if (part === '') return
    for (const id of this.inner.encode(part, { add_special_tokens: false }).ids) ids.push(id)
  }

  decode(tokens: ArrayLike<number>): string {
    const ids = Array.from(tokens)
    for (const [i, id] of ids.entries()) checkToken(id, this.size, `HuggingFaceTokenizer.decode: token ${i}`)
    return ids.length === 0 ? '' : this.inner.decode(ids, { skip_special_tokens: false })
  }

  /** What a token adds depends on those before it: some of them are decoded again with it, and what is new is given. */
  decoder(): TokenDecoder {
    let ids: number[] = []
    let given = ''
    const settled = (end: boolean) => {
      const text = this.decode(ids)
      const cut = end ? 0 : (/\ufffd+$/.exec(text)?.[0].length ?? 0)
      const until = Math.max(given.length, text.length - cut)
      const added = text.slice(given.length, until)
      given = text.slice(0, until)
      if (cut === 0 && ids.length >= 2 * CONTEXT) {
        ids = ids.slice(-CONTEXT)
        given = this.decode(ids)
      }
      return added
    }
    return {
      push: token => {
        ids.push(token)
        return settled(false)
      },
      end: () => settled(true),
    }
  }

  toJSON(): HuggingFaceTokenizerJSON {
    return this.json
  }
}

/** The largest vocabularies in use have some 260,000 symbols. */
const mostIds = 2 ** 22

/** An id is a place in a list, which must not be made as long as a hostile file says. */
function checkIds(tokenizer: SavedFields, where: string): void {
  const model = field(tokenizer, 'model')
  const vocabulary = typeof model === 'object' && model !== null ? field(model as SavedFields, 'vocab') : undefined
  const added = field(tokenizer, 'added_tokens')
  // Of a Unigram model the vocabulary is a list, whose places are the ids.
  const own = typeof vocabulary === 'object' && vocabulary !== null && !Array.isArray(vocabulary) ? vocabulary : {}
  const ids: unknown[] = Object.values(own)
  if (Array.isArray(added)) for (const token of added) ids.push((token as { id?: unknown } | null)?.id)
  for (const id of ids)
    if (!(Number.isInteger(id) && (id as number) >= 0 && (id as number) < mostIds))
      throw new FileFormatError(`${where}: a token's id must be a whole number in 0 … ${mostIds - 1}; got ${show(id)}`)
}
