/* The recurrent tagger (many to many, aligned): reads a sentence and gives each word its tag.
 *
 *     x_t = word's learned vector beside that of its characters     src/layers/characterVectors.ts
 *     h_t = σ(U x_t + W h_{t−1} + b)         recurrent layers, one direction or both: src/cells/elman.ts, gru.ts, lstm.ts
 *     e_t = V h_t + c                        output layer: src/layers/linear.ts
 *     p_t = softmax(e_t), E_t = −log p_{t,y_t}                      each tag by itself; the loss is the mean
 *     p(y) ∝ exp Σ_t (e_{t,y_t} + A_{y_{t−1},y_t})                  or all tags together: src/layers/crf.ts */
import { platform } from '#platform'
import { parseConfiguration } from '../../configuration.js'
import { TextCorpus } from '../../data/corpora/corpus.js'
import type { ItemCorpus, TaggedSentence } from '../../data/corpora/items.js'
import { CharacterTokenizer } from '../../data/tokenizers/characterTokenizer.js'
import { WordTokenizer } from '../../data/tokenizers/wordTokenizer.js'
import type { WordVectors } from '../../data/wordVectors.js'
import type { Engine } from '../../engine/engine.js'
import { joinColumns } from '../../engine/operations/columns.js'
import { dropout, embed } from '../../engine/operations/operations.js'
import type { Tensor } from '../../engine/tensor.js'
import { ConfigurationError, FileFormatError } from '../../errors.js'
import { CharacterVectors } from '../../layers/characterVectors.js'
import { Crf, sequenceOf } from '../../layers/crf.js'
import { Embedding } from '../../layers/embedding.js'
import { Linear } from '../../layers/linear.js'
import { largestAt } from '../../layers/linearChain.js'
import type { Parameter } from '../../layers/parameter.js'
import { Recurrent } from '../../layers/recurrent.js'
import { fold, Random, seedKey } from '../../random.js'
import { engineFor, type ModelEngineOptions } from '../shared/modelEngine.js'
import { fileMetadata, modelFromBytes } from '../shared/modelFile.js'
import { SavedModel } from '../shared/savedModel.js'
import { byLength } from '../shared/sequencesAtOnce.js'
import { withUnknown } from '../shared/textDropout.js'
import type { BatchLoss, LossPass, Trainable } from '../shared/trainable.js'
import { checkSentence, type TaggedBatch, type Vocabularies, type WordBatch, wordBatch } from './batches.js'
import {
  characterOptionsOf,
  type TaggerConfiguration,
  type TaggerOptions,
  taggerContradictions,
  taggerFileSchema,
  taggerLayers,
  taggerParameterCount,
  taggerSchema,
} from './options.js'

const TASK = 'tagger'

export interface TaggerCreation extends TaggerOptions, ModelEngineOptions {
  /** The sentences whose words become the vocabulary, and whose tags the model's. */
  readonly corpus: ItemCorpus<TaggedSentence>
  /** Of the weights' start. Default 1. */
  readonly seed?: number | undefined
  /**
   * Word vectors to begin from instead of random ones, found for the vocabulary's words: `readWordVectors` of recurra/node
   * makes them from a file. Their length is the embeddingSize.
   */
  readonly vectors?: ((words: readonly string[]) => WordVectors | Promise<WordVectors>) | undefined
}

/** What the model says of a sentence. */
export interface SentenceScores {
  /** [words, tags]: e */
  readonly emissions: Float64Array
  /** The likeliest tags by number. */
  readonly tags: Int32Array
}

export class Tagger extends SavedModel implements Trainable<TaggedBatch> {
  readonly parameters: readonly Parameter[]
  /** Those that training changes. */
  readonly trained: readonly Parameter[]
  /** The chain, where there is one. */
  readonly crf: Crf | undefined
  private readonly embedding: Embedding
  private readonly characterVectors: CharacterVectors | undefined
  private readonly recurrent: Recurrent
  private readonly output: Linear

  private constructor(
    engine: Engine,
    readonly configuration: TaggerConfiguration,
    readonly vocabularies: Vocabularies,
  ) {
    super(engine, 'Tagger')
    const sizes = { words: vocabularies.words.size, characters: vocabularies.characters.size }
    engine.heap.ensureRoom(taggerParameterCount(configuration, sizes) * engine.backend.elementBytes)
    const made = engine.keepTogether(() => {
      const embedding = new Embedding(engine, {
        ...{ vocabularySize: sizes.words, size: configuration.embeddingSize, name: 'embedding' },
      })
      const characters = characterOptionsOf(configuration, sizes)
      const vectors = characters && new CharacterVectors(engine, characters)
      const recurrent = new Recurrent(engine, taggerLayers(configuration))
      const tags = configuration.tags.length
      const output = new Linear(engine, { inputs: recurrent.outputSize, outputs: tags, name: 'output' })
      const crf = configuration.crf ? new Crf(engine, { tags, name: 'crf' }) : undefined
      return { embedding, vectors, recurrent, output, crf }
    })
    this.embedding = made.embedding
    this.characterVectors = made.vectors
    this.recurrent = made.recurrent
    this.output = made.output
    this.crf = made.crf
    this.parameters = this.owned([made.embedding, made.vectors, made.recurrent, made.output, made.crf])
    const frozen = configuration.freezeEmbedding ? made.embedding.weight : undefined
    this.trained = this.parameters.filter(parameter => parameter !== frozen)
  }

  /**
   * A new model with the vocabulary and the tags of a corpus and random weights.
   * @throws ConfigurationError for an option that cannot be or a corpus without sentences or with fewer than two tags,
   * BackendError if the heap cannot hold it
   */
  static async create(creation: TaggerCreation): Promise<Tagger> {
    const { corpus, seed = 1, vectors, engine, backend, threads, instructionSet, ...options } = creation
    const asked = parseConfiguration(taggerSchema, options, 'Tagger.create', { contradictions: taggerContradictions })
    const { items, name } = corpus
    for (const [i, item] of items.entries()) checkSentence(item, `${name}: sentence ${i}`)
    const tags = [...new Set(items.flatMap(item => item.tags))].sort((a, b) => (a < b ? -1 : 1))
    if (tags.length < 2)
      throw new ConfigurationError(`Tagger.create: ${name} must have two tags or more; got ${tags.join() || 'none'}`)
    const text = new TextCorpus(items.map(({ words }) => words.join(' ')).join(' '), name)
    const { minCount, vocabularySize: maxSize, foldCase } = asked
    const words = WordTokenizer.fit(text, { minCount, maxSize, foldCase })
    const characters = CharacterTokenizer.fit(text)
    const found = await vectors?.(words.vocabulary)
    if (found && options.embeddingSize !== undefined && options.embeddingSize !== found.dimension)
      throw new ConfigurationError(
        `Tagger.create: vectors of length ${found.dimension} need embeddingSize ${found.dimension}; got ${options.embeddingSize}; leave it out`,
      )
    const configuration = { ...asked, ...(found && { embeddingSize: found.dimension }), tags }
    const opened = await engineFor({ engine, backend, threads, instructionSet })
    const model = new Tagger(opened, configuration, { words, characters })
    model.initialise(seed)
    if (found) model.engine.write(model.embedding.weight.value, found.table)
    return model
  }

  /** Random weights, as a new model has them. */
  initialise(seed: number): void {
    const random = new Random(fold(seedKey(seed), 'initialisation'))
    const { initialisation, forgetBias } = this.configuration
    this.embedding.initialise(random)
    this.characterVectors?.initialise(random)
    this.recurrent.initialise(random, initialisation, forgetBias)
    this.output.initialise(random)
    this.crf?.initialise(random)
  }

  /**
   * A model from a file that `save` wrote.
   * @param from path in Node, address on a page, or the bytes themselves
   * @throws FileFormatError where the bytes are not such a model
   */
  static async load(from: string | URL | Uint8Array, options: ModelEngineOptions = {}): Promise<Tagger> {
    const bytes = from instanceof Uint8Array ? from : await platform.readBytes(from)
    const where = from instanceof Uint8Array ? 'model' : String(from)
    const file = await modelFromBytes(bytes, where, TASK, taggerFileSchema, taggerContradictions)
    const [words, characters] = [await file.tokenizer(), await file.tokenizer('characters')]
    if (!(words instanceof WordTokenizer && characters instanceof CharacterTokenizer))
      throw new FileFormatError(`${where}: it must have a vocabulary of words and one of characters; train it anew`)
    const promised = taggerParameterCount(file.configuration, { words: words.size, characters: characters.size })
    return file.into(
      promised,
      async () => new Tagger(await engineFor(options), file.configuration, { words, characters }),
    )
  }

  fileMetadata(): Record<string, string> {
    const { words, characters } = this.vocabularies
    const metadata = fileMetadata(TASK, this.configuration, words)
    return { ...metadata, 'recurra.characters': JSON.stringify(characters.toJSON()) }
  }

  /** In the order of the outputs. */
  get tags(): readonly string[] {
    return this.configuration.tags
  }

  /** The loss of a batch, a mean over its words. To be called in a scope. */
  loss(batch: TaggedBatch, pass: LossPass = {}): BatchLoss {
    const { labelSmoothing = 0 } = pass
    const { output: hidden, dropped: entering } = this.read(batch, pass)
    const count = batch.lengths.reduce((sum, length) => sum + length, 0)
    const common = { count, hidden, dropped: entering }
    if (!this.crf) {
      const targets = this.engine.tokens(batch.targets)
      return { ...common, loss: this.output.loss(entering, targets, { labelSmoothing }).loss }
    }
    if (labelSmoothing > 0)
      throw new ConfigurationError(
        'Tagger.loss: a CRF judges tags together, which labelSmoothing cannot; leave one out',
      )
    return { ...common, loss: this.crf.loss(this.output.forward(entering), batch.targets, batch.lengths) }
  }

  /** [time, batch, width] of the recurrent layers, and the same as it enters the output layer. */
  private read(batch: WordBatch, { key, observer }: LossPass = {}): { output: Tensor; dropped: Tensor } {
    this.checkOpen()
    const { engine, configuration, vocabularies, recurrent } = this
    const { inputDropout, wordDropout, outputDropout } = configuration
    const { timeSteps, batchSize, lengths } = batch
    const drop = (x: Tensor, probability: number, use: 'inputDropout' | 'outputDropout') =>
      key && probability > 0 ? dropout(engine, x, probability, fold(key, use)) : x
    const numbers = key ? withUnknown(batch.tokens, vocabularies.words.unknown, wordDropout, key) : batch.tokens
    const words = this.embedding.forward(engine.tokens(numbers, [timeSteps, batchSize]))
    const vectors = this.characterVectors?.forward(batch.spellings)
    const x = vectors
      ? joinColumns(engine, [words, embed(engine, engine.tokens(batch.spelt, [timeSteps, batchSize]), vectors)])
      : words
    const state = recurrent.zeroState(batchSize)
    const { output } = recurrent.forward(drop(x, inputDropout, 'inputDropout'), state, { lengths, key, observer })
    return { output, dropped: drop(output, outputDropout, 'outputDropout') }
  }

  /** Emissions and likeliest tags of each sentence. @throws ConfigurationError for a sentence without words */
  async scores(sentences: readonly (readonly string[])[]): Promise<SentenceScores[]> {
    this.checkOpen()
    const { engine, crf, tags } = this
    for (const [i, words] of sentences.entries()) checkSentence({ words, tags: words }, `Tagger.tag: sentence ${i}`)
    const width = tags.length
    const answers = new Array<SentenceScores>(sentences.length)
    for (const group of byLength(sentences.map(({ length }) => length))) {
      const chosen = group.map(i => sentences[i])
      const batch = wordBatch(chosen, this.vocabularies)
      engine.scope(() => {
        const emissions = this.output.forward(this.read(batch).dropped)
        const decoded = crf?.decode(emissions, batch.lengths)
        const all = engine.read(emissions)
        group.forEach((i, b) => {
          const own = sequenceOf(all, { b, batch: group.length, width, length: batch.lengths[b] })
          const each = () =>
            Int32Array.from(sentences[i], (_, t) => largestAt(own.subarray(t * width, (t + 1) * width)))
          answers[i] = { emissions: own, tags: decoded?.[b] ?? each() }
        })
      })
      await platform.pause()
    }
    return answers
  }

  /**
   * The tag of each word, of a text whose words are set apart by white space, or of sentences given as words.
   * @throws ConfigurationError for a sentence without words
   */
  async tag(text: string): Promise<TaggedSentence>
  async tag(sentences: readonly (readonly string[])[]): Promise<TaggedSentence[]>
  async tag(given: string | readonly (readonly string[])[]): Promise<TaggedSentence | TaggedSentence[]> {
    const sentences = typeof given === 'string' ? [wordsOf(given)] : given
    const scores = await this.scores(sentences)
    const answers = sentences.map((words, i) => ({
      words: [...words],
      tags: Array.from(scores[i].tags, tag => this.tags[tag]),
    }))
    return typeof given === 'string' ? answers[0] : answers
  }
}

/** What stands between white space. */
export const wordsOf = (text: string): string[] => text.split(/\s+/).filter(word => word !== '')
