/* A language model reading a text token by token: the state, and what it foretells. A reading can be forked, which costs a copy
 * of the state, and saved as bytes (safetensors), so that a continuation costs only its own tokens. */
import type { CellState } from '../../cells/cell.js'
import type { Tokenizer } from '../../data/tokenizers/tokenizer.js'
import type { Engine } from '../../engine/engine.js'
import { logSoftmaxRows } from '../../engine/operations/logSoftmax.js'
import type { Tensor } from '../../engine/tensor.js'
import { FileFormatError } from '../../errors.js'
import { checksumOf } from '../../formats/checksum.js'
import { readSafetensors, type TensorToWrite, writeSafetensors } from '../../formats/safetensors.js'
import { type Reading, tailAfter } from '../../generation/predictor.js'
import type { OutputLayer } from '../../layers/linear.js'
import type { Parameter } from '../../layers/parameter.js'
import type { Recurrent, StateEdit } from '../../layers/recurrent.js'
import { RecurrentStream } from '../../layers/stream.js'

export interface ReadingParts {
  readonly engine: Engine
  readonly tokenizer: Tokenizer
  readonly recurrent: Recurrent
  readonly output: OutputLayer
  readonly parameters: readonly Parameter[]
  /** The embedding's; undefined where tokens enter as one-hot vectors. */
  readonly table: Tensor | undefined
  /** Before this token each text begins anew; undefined where a text is read through. */
  readonly sentenceEnd: number | undefined
  /** Changes each layer's state after every token. */
  readonly edit?: StateEdit | undefined
}

/** Texts that are being read side by side. Owns memory: close it. */
export interface TokenStream {
  /** Of each layer, after the last run; kept, and overwritten by the next one. */
  readonly state: readonly CellState[]
  /**
   * Reads on. To be called in a scope.
   * @param tokens int32 [time, batch]
   * @returns logits [batch, vocabulary] of what follows the last of them
   */
  run(tokens: Tensor): Tensor
  /** Gives one of the texts the state that a text begins with. */
  reset(row: number): void
  /** Another that has read the same, and goes its own way from here. Close it too. */
  fork(): TokenStream
  close(): void
}

/** @param options `edit` changes each layer's state after every run */
export function openTokens(
  parts: Omit<ReadingParts, 'tokenizer' | 'parameters' | 'sentenceEnd' | 'edit'>,
  batch: number,
  { edit, fork }: { readonly edit?: StateEdit | undefined; readonly fork?: RecurrentStream | undefined } = {},
): TokenStream {
  const { engine, recurrent, output, table } = parts
  const stream = new RecurrentStream(engine, recurrent, { batch, input: table ?? 'one-hot', fork })
  return {
    state: stream.state,
    run: tokens => {
      const hidden = stream.run(table ? { tokens, table } : tokens, { edit })
      const last = [batch, recurrent.outputSize]
      return output.forward(engine.view(hidden, last, hidden.size - batch * recurrent.outputSize))
    },
    reset: row => stream.reset(row),
    fork: () => openTokens(parts, batch, { edit, fork: stream }),
    close: () => stream.close(),
  }
}

/** Tokens read at once when a prompt is long. */
const LONGEST_PUSH = 1024
const TASK = 'reading'

/** @throws FileFormatError where `from` is not what a reading of this model saved */
export function openReading(parts: ReadingParts, from?: Uint8Array): Reading {
  const stream = openTokens(parts, 1, parts)
  try {
    if (from === undefined) return readingOf(parts, { stream, logits: undefined, tail: [] })
    const { logits, tail } = restored(parts, stream, from)
    return readingOf(parts, { stream, logits, tail })
  } catch (error) {
    stream.close()
    throw error
  }
}

interface Standing {
  readonly stream: TokenStream
  /** Of the token that comes next; undefined before the start symbol has been read. */
  readonly logits: Float64Array | undefined
  readonly tail: readonly number[]
}

function readingOf(parts: ReadingParts, standing: Standing): Reading {
  const { engine, tokenizer, sentenceEnd } = parts
  const { stream } = standing
  const longest = parts.edit ? 1 : LONGEST_PUSH
  let { logits, tail } = standing
  let open = true
  const push = (tokens: ArrayLike<number>) => {
    const all = logits ? Array.from(tokens) : [tokenizer.start, ...Array.from(tokens)]
    tail = tailAfter(tail, tokens)
    for (let from = 0; from < all.length; ) {
      const begins = all[from] === sentenceEnd
      if (begins) stream.reset(0)
      let to = Math.min(from + longest, all.length)
      const end = sentenceEnd === undefined ? -1 : all.indexOf(sentenceEnd, from + 1)
      if (end >= 0) to = Math.min(to, end)
      const part = begins ? [tokenizer.start, ...all.slice(from + 1, to)] : all.slice(from, to)
      logits = engine.scope(() => engine.read(stream.run(engine.tokens(part, [part.length, 1]))))
      from = to
    }
  }
  const begun = (): Float64Array => {
    if (!logits) push([])
    return logits as Float64Array
  }
  return {
    push,
    next: () => logSoftmaxRows(begun().slice()),
    fork: () => {
      begun()
      return readingOf(parts, { stream: stream.fork(), logits, tail })
    },
    save: () => saved(parts, stream, begun(), tail),
    get tail() {
      return tail
    },
    close: () => {
      if (!open) return
      open = false
      stream.close()
    },
  }
}

/** The state's tensors by name. */
const tensorsOf = ({ state }: TokenStream): [name: string, tensor: Tensor][] =>
  state.flatMap(({ hidden, cell }, k): [string, Tensor][] => [
    [`hidden_${k}`, hidden],
    ...(cell ? [[`cell_${k}`, cell] satisfies [string, Tensor]] : []),
  ])

/** What tells the model from every other one. */
function fingerprint({ engine, parameters }: ReadingParts): string {
  const bytes = ({ value }: Parameter) => {
    const { buffer, byteOffset, byteLength } = engine.copyOut(value)
    return new Uint8Array(buffer, byteOffset, byteLength)
  }
  return checksumOf(parameters.map(bytes), new Uint8Array())
}

function saved(
  parts: ReadingParts,
  stream: TokenStream,
  logits: Float64Array,
  tail: readonly number[],
): Uint8Array<ArrayBuffer> {
  const { engine } = parts
  const state = tensorsOf(stream).map(
    ([name, tensor]): TensorToWrite => ({ name, shape: tensor.shape, data: engine.copyOut(tensor) }),
  )
  return writeSafetensors([...state, { name: 'logits', shape: [logits.length], data: logits }], {
    'recurra.format': '1',
    'recurra.task': TASK,
    'recurra.model': fingerprint(parts),
    'recurra.tail': JSON.stringify(tail),
  })
}

function restored(parts: ReadingParts, stream: TokenStream, from: Uint8Array): Omit<Standing, 'stream'> {
  const where = 'reading'
  const { engine, tokenizer } = parts
  const { tensors, metadata } = readSafetensors(from, where, { requireChecksum: true })
  const task = metadata['recurra.task']
  if (task !== TASK)
    throw new FileFormatError(`${where}: a saved reading is wanted; got a ${task ?? 'safetensors file'}`)
  if (metadata['recurra.model'] !== fingerprint(parts))
    throw new FileFormatError(`${where}: it was saved by another model; give that model, or read the text anew`)
  const numbers = (name: string, size: number) => {
    const stored = tensors.get(name)
    if (!stored || stored.data.length !== size || stored.data instanceof BigInt64Array)
      throw new FileFormatError(`${where}: ${name} must hold ${size} numbers; save the reading anew`)
    return stored.data
  }
  for (const [name, tensor] of tensorsOf(stream)) engine.write(tensor, numbers(name, tensor.size))
  const logits = Float64Array.from(numbers('logits', tokenizer.size))
  return { logits, tail: tailIn(metadata['recurra.tail'], tokenizer.size, where) }
}

function tailIn(text: string | undefined, size: number, where: string): number[] {
  let tail: unknown
  try {
    tail = JSON.parse(text ?? '')
  } catch {}
  const sound = (token: unknown) => Number.isInteger(token) && (token as number) >= 0 && (token as number) < size
  if (Array.isArray(tail) && tail.every(sound)) return tail
  throw new FileFormatError(`${where}: recurra.tail must be a list of tokens; save the reading anew`)
}
