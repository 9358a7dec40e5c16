/* The recurrent language model: how likely is each next token, given all that came before?
 *
 *     h_t = σ(U x_t + W h_{t−1} + b)         recurrent layers: src/cells/elman.ts, gru.ts, lstm.ts
 *     o_t = V h_t + c                        output layer: src/layers/linear.ts
 *     p_{t+1} = softmax(o_t)
 *     E_t = −Σ_j y_{t,j} log p_{t,j}         cross-entropy; y_t is the true next token, one-hot
 *
 * The loss is the mean of E_t. Training feeds the true token at every step, whatever the model would have said (teacher
 * forcing), or as scheduledSampling.ts says; what a batch is, languageModelBatches.ts says. */
import { platform } from '#platform'
import type { Cell, CellState } from '../../cells/cell.js'
import { parseConfiguration } from '../../configuration.js'
import type { TextCorpus } from '../../data/corpora/corpus.js'
import { fitTokenizer } from '../../data/tokenizers/fitTokenizer.js'
import type { Tokenizer } from '../../data/tokenizers/tokenizer.js'
import type { WordVectors } from '../../data/wordVectors.js'
import type { Engine } from '../../engine/engine.js'
import { dropout } from '../../engine/operations/operations.js'
import type { Tensor } from '../../engine/tensor.js'
import { ConfigurationError } from '../../errors.js'
import { type Continuation, type ContinueOptions, continuations } from '../../generation/continuations.js'
import { type GenerateOptions, generate } from '../../generation/generate.js'
import {
  type NextToken,
  nextTokens,
  type Predictor,
  type Reading,
  type ReadOptions,
} from '../../generation/predictor.js'
import { AdaptiveSoftmax } from '../../layers/adaptiveSoftmax.js'
import { Embedding, tokenVectors } from '../../layers/embedding.js'
import { Linear, type OutputLayer } from '../../layers/linear.js'
import type { Parameter } from '../../layers/parameter.js'
import { Recurrent, type RecurrentPass, type StateEdit } from '../../layers/recurrent.js'
import { fold, Random, seedKey } from '../../random.js'
import { engineFor, type ModelEngineOptions } from '../shared/modelEngine.js'
import { fileMetadata, modelFromBytes } from '../shared/modelFile.js'
import { knownCell } from '../shared/recurrentOptions.js'
import { SavedModel } from '../shared/savedModel.js'
import { fedInputs } from '../shared/scheduledSampling.js'
import type { BatchLoss, LossPass, Trainable } from '../shared/trainable.js'
import type { TokenBatch } from './batches.js'
import {
  embeddingSizeOf,
  type LanguageModelConfiguration,
  type LanguageModelOptions,
  languageModelContradictions,
  languageModelFileSchema,
  languageModelLayers,
  languageModelParameterCount,
  languageModelSchema,
} from './options.js'
import { openReading, openTokens, type ReadingParts, type TokenStream } from './reading.js'

export interface LanguageModelCreation extends LanguageModelOptions, ModelEngineOptions {
  /** The text whose tokens become the vocabulary. */
  readonly corpus: TextCorpus
  /** Of the weights' start. Default 1. */
  readonly seed?: number | undefined
  /** A tokenizer that exists already, instead of one fitted on the corpus: a Hugging Face one, another model's. */
  readonly tokenizer?: Tokenizer | undefined
  /**
   * Word vectors to begin from instead of random ones, found for the vocabulary's symbols: `readWordVectors` of
   * recurra/node makes them from a file. Their length is the embeddingSize.
   */
  readonly vectors?: ((words: readonly string[]) => WordVectors | Promise<WordVectors>) | undefined
}

/** In a model's file; a file without it holds a model of streams. */
const ALGORITHM = 'recurra.algorithm'

export class LanguageModel extends SavedModel implements Predictor, Trainable<TokenBatch> {
  readonly parameters: readonly Parameter[]
  /** Those that training changes. */
  readonly trained: readonly Parameter[]
  /**
   * How training reads texts: `stream`, all that came before a token counts; `sentence`, each line begins anew. Training sets
   * it, the model's file keeps it, and whatever reads, measures or continues texts follows it.
   */
  algorithm: 'stream' | 'sentence' = 'stream'
  private readonly embedding: Embedding | undefined
  private readonly recurrent: Recurrent
  private readonly output: OutputLayer

  private constructor(
    engine: Engine,
    readonly configuration: LanguageModelConfiguration,
    readonly tokenizer: Tokenizer,
    cells: readonly Cell[],
  ) {
    super(engine, 'LanguageModel')
    const vocabularySize = tokenizer.size
    const parameterCount = languageModelParameterCount(configuration, vocabularySize, cells)
    engine.heap.ensureRoom(parameterCount * engine.backend.elementBytes)
    const made = engine.keepTogether(() => {
      const size = embeddingSizeOf(configuration)
      const table =
        configuration.embedding === 'learned'
          ? new Embedding(engine, { vocabularySize, size, name: 'embedding' })
          : undefined
      const recurrent = new Recurrent(engine, languageModelLayers(configuration, vocabularySize, cells))
      const tied = configuration.tieWeights ? table?.weight : undefined
      const shape = { inputs: recurrent.outputSize, outputs: vocabularySize, name: 'output' }
      const { adaptiveCutoffs: cutoffs } = configuration
      const output = cutoffs
        ? new AdaptiveSoftmax(engine, { ...shape, cutoffs })
        : new Linear(engine, { ...shape, tied })
      return { table, recurrent, output }
    })
    this.embedding = made.table
    this.recurrent = made.recurrent
    this.output = made.output
    this.parameters = this.owned([made.table, made.recurrent, made.output])
    const frozen = configuration.freezeEmbedding ? made.table?.weight : undefined
    this.trained = this.parameters.filter(parameter => parameter !== frozen)
  }

  /**
   * A new model with the vocabulary of a corpus and random weights.
   * @throws ConfigurationError for an option that cannot be, BackendError if the heap cannot hold it
   */
  static async create(creation: LanguageModelCreation): Promise<LanguageModel> {
    const {
      corpus,
      seed = 1,
      vectors,
      tokenizer: given,
      engine,
      backend,
      threads,
      instructionSet,
      cell,
      ...options
    } = creation
    const unit = given ? { unit: given.unit } : {}
    const own = typeof cell === 'object' ? [cell] : []
    const check = (values: object): LanguageModelConfiguration => {
      const named = own.length > 0 ? languageModelFileSchema : languageModelSchema
      return parseConfiguration(named, values, 'LanguageModel.create', { contradictions: languageModelContradictions })
    }
    const asked = check({ ...options, cell: typeof cell === 'object' ? cell.name : cell, ...unit })
    const tokenizer = given ?? fitTokenizer(corpus, asked)
    if (corpus.length === 0 || tokenizer.size < 2)
      throw new ConfigurationError(`LanguageModel.create: the corpus ${corpus.name} is empty; give it some text`)
    const found = await vectors?.(tokenizer.vocabulary.map((_, token) => tokenizer.decode([token])))
    if (found && (asked.embedding !== 'learned' || (asked.embeddingSize ?? found.dimension) !== found.dimension))
      throw new ConfigurationError(
        `LanguageModel.create: vectors of length ${found.dimension} need embedding learned and embeddingSize ${found.dimension}; got ${asked.embedding} and ${asked.embeddingSize}; leave both out`,
      )
    const configuration = found ? check({ ...asked, embeddingSize: found.dimension }) : asked
    const model = new LanguageModel(
      await engineFor({ engine, backend, threads, instructionSet }),
      configuration,
      tokenizer,
      own,
    )
    const random = new Random(fold(seedKey(seed), 'initialisation'))
    model.embedding?.initialise(random)
    model.recurrent.initialise(random, configuration.initialisation, configuration.forgetBias)
    model.output.initialise(random)
    const { initialRange } = configuration
    if (initialRange !== undefined)
      for (const parameter of model.parameters) parameter.fillUniform(random, initialRange)
    if (found && model.embedding) model.engine.write(model.embedding.weight.value, found.table)
    return model
  }

  /**
   * A model from a file that `save` wrote.
   * @param from path in Node, address on a page, or the bytes themselves
   * @param options `cells`: those of one's own that it may be made of
   * @throws FileFormatError where the bytes are not such a model
   */
  static async load(
    from: string | URL | Uint8Array,
    { cells = [], ...options }: ModelEngineOptions & { readonly cells?: readonly Cell[] | undefined } = {},
  ): Promise<LanguageModel> {
    const bytes = from instanceof Uint8Array ? from : await platform.readBytes(from)
    const where = from instanceof Uint8Array ? 'model' : String(from)
    const file = await modelFromBytes(bytes, where, 'language model', languageModelFileSchema, [
      ...languageModelContradictions,
      knownCell(cells),
    ])
    const tokenizer = await file.tokenizer()
    const promised = languageModelParameterCount(file.configuration, tokenizer.size, cells)
    const model = await file.into(
      promised,
      async () => new LanguageModel(await engineFor(options), file.configuration, tokenizer, cells),
    )
    if (file.metadata[ALGORITHM] === 'sentence') model.algorithm = 'sentence'
    return model
  }

  fileMetadata(): Record<string, string> {
    const algorithm = this.algorithm === 'sentence' ? { [ALGORITHM]: this.algorithm } : {}
    return { ...fileMetadata('language model', this.configuration, this.tokenizer), ...algorithm }
  }

  /** The zero state for a batch: what stands before a text. Of the innermost scope. */
  zeroState(batchSize: number): CellState[] {
    return this.recurrent.zeroState(batchSize)
  }

  /**
   * The loss of a batch. To be called in a scope.
   * @returns loss [1], the mean cross-entropy in nats; losses, one a row of [time, batch]; the state after the batch
   */
  loss(batch: TokenBatch, pass: LossPass = {}): BatchLoss & { losses: Tensor; state: CellState[] } {
    this.checkOpen()
    const { engine } = this
    const { timeSteps, batchSize, rowWeights } = batch
    const { state = this.zeroState(batchSize), key, labelSmoothing, teacherForcing: ratio = 1, observer } = pass
    const inputs = ratio < 1 && key ? fedInputs(engine, batch, state, this.feedStep, { key, ratio }) : batch.inputs
    const { inputDropout, outputDropout } = this.configuration
    const drop = (x: Tensor, probability: number, use: 'inputDropout' | 'outputDropout') =>
      key && probability > 0 ? dropout(engine, x, probability, fold(key, use)) : x
    const tokens = engine.tokens(inputs, [timeSteps, batchSize])
    const looked = key && inputDropout > 0 ? this.embedding?.forward(tokens) : undefined
    const entering = pass.vectors ?? (looked ? drop(looked, inputDropout, 'inputDropout') : tokens)
    const hidden = this.hidden(entering, state, { key, lengths: batch.lengths, observer })
    const leaving = drop(hidden.output, outputDropout, 'outputDropout')
    const weights = rowWeights && engine.from(rowWeights)
    const targets = engine.tokens(batch.targets, [timeSteps, batchSize])
    const { loss, losses, count } = this.output.loss(leaving, targets, { labelSmoothing, rowWeights: weights })
    return {
      loss,
      losses,
      count: rowWeights ? batchSize : count,
      state: hidden.state,
      hidden: hidden.output,
      dropped: leaving,
      lengths: batch.lengths,
    }
  }

  private readonly feedStep = (tokens: Tensor, state: readonly CellState[]) => {
    const hidden = this.hidden(tokens, state)
    return { logits: this.output.forward(hidden.output), state: hidden.state }
  }

  /** As what tokens [time, batch] enter the first layer: rows of the embedding, or one-hot. Of the innermost scope. */
  vectors(tokens: Tensor): Tensor {
    const { engine, embedding, tokenizer } = this
    return tokenVectors(engine, tokens, { embedding, vocabularySize: tokenizer.size })
  }

  private hidden(
    tokens: Tensor,
    state: readonly CellState[],
    pass: RecurrentPass = {},
  ): { output: Tensor; state: CellState[] } {
    const table = this.embedding?.weight.value
    return this.recurrent.forward(table && tokens.kind === 'token' ? { tokens, table } : tokens, state, pass)
  }

  /**
   * Opens texts that are read side by side: the state is carried from token to token, the weights are those of now.
   * @param options `edit` changes each layer's state after every run
   */
  stream(batch: number, { edit }: { readonly edit?: StateEdit | undefined } = {}): TokenStream {
    this.checkOpen()
    return openTokens(this.readingParts, batch, { edit })
  }

  /**
   * Opens a reading: the state is carried from token to token, the weights are those of now.
   * @param options `edit` changes each layer's state after every token
   * @throws FileFormatError where `from` is not what a reading of this model saved
   */
  read({ from, edit }: ReadOptions & { readonly edit?: StateEdit | undefined } = {}): Reading {
    this.checkOpen()
    return openReading({ ...this.readingParts, edit }, from)
  }

  private get readingParts(): ReadingParts {
    const { engine, tokenizer, recurrent, output, parameters, sentenceEnd } = this
    return { engine, tokenizer, recurrent, output, parameters, sentenceEnd, table: this.embedding?.weight.value }
  }

  /** The token after which a text begins anew; undefined where texts are read through. */
  get sentenceEnd(): number | undefined {
    if (this.algorithm === 'stream') return undefined
    const { tokenizer } = this
    if ('sentenceEnd' in tokenizer) return tokenizer.sentenceEnd as number
    // Of a vocabulary without line ends, another symbol stands before a text, which may stand inside of it too.
    return tokenizer.decode([tokenizer.start]) === '\n' ? tokenizer.start : undefined
  }

  /** The likeliest next tokens after a text, best first. */
  next(text: string, options: { top?: number } = {}): NextToken[] {
    return nextTokens(this, text, options)
  }

  /** Continues a text; the pieces do not contain the prompt. Leaving the loop early is fine. */
  generate(options: GenerateOptions = {}): AsyncGenerator<string, void, undefined> {
    return generate(this, options, platform.pause)
  }

  /** Several continuations at once: drawn, or the likeliest that a beam finds. */
  continuations(options: ContinueOptions = {}): Promise<Continuation[]> {
    return continuations(this, options, platform.pause)
  }
}
