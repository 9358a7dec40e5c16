/* Translating with a trained translator: sources are encoded as one batch, and a beam is searched for all of them at once
 * (src/generation/beamSearch.ts). What is written is never the unknown symbol, unless it is replaced by the source's word
 * that the decoder looked at most (Luong et al. 2015). */
import { platform } from '#platform'
import type { MarkedTokenizer } from '../../data/tokenizers/sentenceMarks.js'
import { surfaceOf, surfacesOf } from '../../data/tokenizers/surfaces.js'
import type { Engine } from '../../engine/engine.js'
import { embed } from '../../engine/operations/operations.js'
import type { Tensor } from '../../engine/tensor.js'
import { ConfigurationError } from '../../errors.js'
import { type BeamRows, beamSearch, checkBeam, type Hypothesis } from '../../generation/beamSearch.js'
import type { Memory } from '../../layers/attention.js'
import type { Embedding } from '../../layers/embedding.js'
import type { Linear } from '../../layers/linear.js'
import { encodedSource, type PairTokenizers, sourceBatch } from './batches.js'
import type { Decoder, DecoderState } from './decoder.js'
import type { Encoder } from './encoder.js'
import { embeddingSizeOf, type TranslatorConfiguration } from './options.js'

export interface TranslateOptions {
  /** Hypotheses followed at once; 1 is greedy. Default 4. */
  readonly beamSize?: number | undefined
  /** Translations wanted of each text; at most beamSize. Default 1. */
  readonly nBest?: number | undefined
  /** α of the length penalty (Wu et al. 2016). Default 0.6. */
  readonly lengthPenalty?: number | undefined
  /** Tokens at most. Default twice the source's and 10, at most 1000. */
  readonly maxLength?: number | undefined
  /** Writes the attended source word where the target's vocabulary lacks one. Default false. */
  readonly replaceUnknown?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** What the decoder looked at. */
export interface Alignment {
  /** The source's tokens as they stand in the text; the last is its end. */
  readonly source: readonly string[]
  /** The tokens written, the end last where there is one. */
  readonly target: readonly string[]
  /** [target][source]; each row sums up to 1. */
  readonly weights: readonly (readonly number[])[]
}

export interface Translation {
  readonly text: string
  /** Nats, of all tokens and the end. */
  readonly logProbability: number
  /** logProbability over the length penalty. */
  readonly score: number
  /** Whether it came to its end; else maxLength has cut it. */
  readonly finished: boolean
  /** Undefined without attention. */
  readonly attention: Alignment | undefined
}

/** What translating needs of a translator. */
export interface TranslatorParts {
  readonly engine: Engine
  readonly configuration: TranslatorConfiguration
  readonly tokenizers: PairTokenizers
  readonly encoder: Encoder
  readonly decoder: Decoder
  /** Of the target's tokens. */
  readonly embedding: Embedding
  readonly output: Linear
}

const BEAM = 4
/** Texts encoded at once. */
const AT_ONCE = 64
/** The longest translation that is not asked for. */
const LONGEST = 1000

export async function translateAll(
  model: TranslatorParts,
  texts: readonly string[],
  options: TranslateOptions,
): Promise<Translation[][]> {
  const { beamSize = BEAM, nBest, lengthPenalty, maxLength = LONGEST } = options
  checkBeam({ beamSize, nBest, lengthPenalty, maxLength })
  checkReplacing(model, options)
  const encoded = texts.map(text => encodedSource(model.tokenizers, text))
  const answers: Translation[][] = texts.map(() => [nothing])
  // Of about equal length together. A text of white space alone is itself its translation: nothing.
  const order = [...texts.keys()]
    .filter(i => texts[i].trim() !== '')
    .sort((a, b) => encoded[a].length - encoded[b].length)
  for (let from = 0; from < order.length && !options.signal?.aborted; from += AT_ONCE) {
    const chosen = order.slice(from, from + AT_ONCE)
    const found = await searched(
      model,
      chosen.map(i => encoded[i]),
      options,
    )
    chosen.forEach((i, k) => {
      answers[i] = found.hypotheses[k].map(each =>
        translationOf(model, texts[i], encoded[i], each, found.weightsOf(each), options),
      )
    })
  }
  return answers
}

const nothing: Translation = { text: '', logProbability: 0, score: 0, finished: true, attention: undefined }

async function searched(
  model: TranslatorParts,
  sources: readonly Int32Array[],
  { beamSize = BEAM, nBest, lengthPenalty = 0.6, maxLength, replaceUnknown = false }: TranslateOptions,
) {
  const { target } = model.tokenizers
  const rows = new TranslationRows(model, sources, beamSize)
  const barred = [target.sentenceStart, ...(target.unknown >= 0 && !replaceUnknown ? [target.unknown] : [])]
  try {
    const hypotheses = await beamSearch(
      rows,
      sources.length,
      {
        ...{ beamSize, nBest, lengthPenalty, ends: [target.sentenceEnd] },
        maxLength: maxLength ?? sources.map(({ length }) => Math.min(LONGEST, 2 * length + 10)),
        adjust: row => {
          for (const token of barred) row[token] = -Infinity
        },
      },
      platform.pause,
    )
    return { hypotheses, weightsOf: (hypothesis: Hypothesis) => rows.weightsOf(hypothesis) }
  } finally {
    rows.close()
  }
}

/** The rows of a search: what the decoder carries, kept in the heap from step to step. */
class TranslationRows implements BeamRows {
  private readonly kept: Tensor[]
  private readonly memory: Omit<Memory, 'lengths'> | undefined
  private readonly lengths: Int32Array
  private readonly layers: number
  private readonly hasCell: boolean
  private readonly fed: boolean
  /** The source that each row is of. */
  private sequences: Int32Array
  private logProbabilities: Float32Array | Float64Array = new Float32Array()
  /** Of each step, [rows × source's steps]. */
  private readonly weights: (Float32Array | Float64Array)[] = []
  private readonly time: number

  constructor(
    private readonly model: TranslatorParts,
    sources: readonly Int32Array[],
    beamSize: number,
  ) {
    const { engine, encoder, decoder, tokenizers } = model
    const batch = sourceBatch(sources)
    this.time = batch.sources.length / sources.length
    this.sequences = Int32Array.from(sources.keys())
    const made = engine.scope(() => {
      const encoded = encoder.forward(batch)
      const { cells, fed } = decoder.begin(encoded)
      const memory = decoder.memory(encoded)
      return engine.keepTogether(() => {
        const keep = (tensor: Tensor) => {
          const copy = engine.keep(tensor.shape)
          engine.copy(tensor, copy)
          return copy
        }
        const room = (tensor: Tensor) => {
          const whole = engine.keep([sources.length * beamSize, tensor.shape[1]])
          engine.copy(tensor, engine.view(whole, tensor.shape))
          return whole
        }
        const hidden = cells.map(each => room(each.hidden))
        const cell = cells.flatMap(each => (each.cell ? [room(each.cell)] : []))
        const keys = memory && keep(memory.keys)
        const values = memory && (memory.values === memory.keys ? keys : keep(memory.values))
        return { states: [...hidden, ...cell, ...(fed ? [room(fed)] : [])], keys, values, count: cells.length }
      })
    })
    this.layers = made.count
    this.fed = model.configuration.inputFeeding
    this.hasCell = made.states.length - (this.fed ? 1 : 0) > made.count
    const { keys, values } = made
    this.kept = [...made.states, ...(keys ? [keys] : []), ...(values && values !== keys ? [values] : [])]
    this.memory = keys && values && { keys, values }
    this.lengths = batch.sourceLengths
    this.step(this.sequences, new Int32Array(sources.length).fill(tokenizers.target.sentenceStart))
  }

  next(): Float32Array | Float64Array {
    return this.logProbabilities
  }

  advance(rows: Int32Array, tokens: Int32Array): void {
    this.sequences = rows.map(row => this.sequences[row])
    this.step(rows, tokens)
  }

  private step(rows: Int32Array, tokens: Int32Array): void {
    const { engine, decoder, embedding, output, configuration } = this.model
    engine.scope(() => {
      const count = rows.length
      const places = engine.tokens(rows)
      const states = this.kept.slice(0, this.stateCount).map(each => embed(engine, places, each))
      const x = engine.view(embedding.forward(engine.tokens(tokens)), [count, embeddingSizeOf(configuration)])
      const memory = this.memory && { ...this.memory, lengths: engine.tokens(this.lengths) }
      const made = decoder.step(x, this.stateOf(states), memory, this.sequences)
      this.listed(made.state).forEach((state, i) => {
        engine.copy(state, engine.view(this.kept[i], state.shape))
      })
      if (made.weights) this.weights.push(engine.copyOut(made.weights) as Float32Array | Float64Array)
      this.logProbabilities = output.logProbabilities(made.output)
    })
  }

  private get stateCount(): number {
    return this.layers * (this.hasCell ? 2 : 1) + (this.fed ? 1 : 0)
  }

  private stateOf(states: readonly Tensor[]): DecoderState {
    const cells = states.slice(0, this.layers).map((hidden, k) => ({
      hidden,
      cell: this.hasCell ? states[this.layers + k] : undefined,
    }))
    return { cells, fed: this.fed ? states[states.length - 1] : undefined }
  }

  private listed({ cells, fed }: DecoderState): Tensor[] {
    const cell = cells.flatMap(each => (each.cell ? [each.cell] : []))
    return [...cells.map(each => each.hidden), ...cell, ...(fed ? [fed] : [])]
  }

  /** What each token of a hypothesis looked at, [tokens][source's steps]; none without attention. */
  weightsOf({ rows }: Hypothesis): number[][] | undefined {
    if (this.weights.length === 0) return undefined
    return rows.map((row, t) => Array.from(this.weights[t].subarray(row * this.time, (row + 1) * this.time)))
  }

  close(): void {
    for (const tensor of this.kept) this.model.engine.release(tensor)
  }
}

function translationOf(
  { tokenizers }: TranslatorParts,
  text: string,
  encoded: Int32Array,
  hypothesis: Hypothesis,
  weights: readonly number[][] | undefined,
  { replaceUnknown = false }: TranslateOptions,
): Translation {
  const { tokens, logProbability, score, finished } = hypothesis
  const { source, target } = tokenizers
  const words = weights || replaceUnknown ? [...surfacesOf(source.inner, text, encoded.subarray(0, -1)), '</s>'] : []
  const names = (token: number) => surfaceOf(target, token)
  const attention = weights && {
    source: words,
    target: [...tokens.map(names), ...(finished ? ['</s>'] : [])],
    weights: weights.map(row => row.slice(0, encoded.length)),
  }
  const written =
    replaceUnknown && attention ? replaced(target, tokens, attention) : target.decode(Int32Array.from(tokens))
  return { text: written, logProbability, score, finished, attention }
}

/** The text with the attended source word in the place of each unknown one. */
function replaced(target: MarkedTokenizer, tokens: readonly number[], { source, weights }: Alignment): string {
  const decoder = target.decoder()
  const name = target.decode([target.unknown])
  const pieces = tokens.map((token, t) => {
    const piece = decoder.push(token)
    if (token !== target.unknown) return piece
    // The end mark is no word.
    const row = weights[t].slice(0, source.length - 1)
    const word = source[row.indexOf(Math.max(...row))] ?? name
    return piece.replace(name, () => word)
  })
  return pieces.join('') + decoder.end()
}

function checkReplacing({ configuration, tokenizers }: TranslatorParts, { replaceUnknown }: TranslateOptions): void {
  if (!replaceUnknown) return
  if (configuration.attention === 'none')
    throw new ConfigurationError('translate: replaceUnknown needs a translator with attention; this one has none')
  const { source, target } = tokenizers
  if (target.unknown >= 0 && source.unit !== target.unit)
    throw new ConfigurationError(
      `translate: replaceUnknown needs the same unit on both sides; got ${source.unit} and ${target.unit}`,
    )
}
