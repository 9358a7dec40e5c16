/* The recurrent classifier (many to one): reads a text and says which class it is of.
 *
 *     h_t = σ(U x_t + W h_{t−1} + b)         recurrent layers, one direction or both: src/cells/elman.ts, gru.ts, lstm.ts
 *     s = h_T, or mean, maximum or attention over all h_t                             src/layers/pooling.ts
 *     s' = max(0, A s + a)                   where there is a layer between (classifierHidden)
 *     o = V s + c                            output layer: src/layers/linear.ts
 *     p = softmax(o), E = −w_y log p_y       one label: cross-entropy, w_y the weight of the true class
 *     p = 1 / (1 + exp(−o))                  several labels: src/layers/binaryCrossEntropy.ts
 *
 * The loss is Σ E / Σ w_y, PyTorch's weighted mean. */
import { platform } from '#platform'
import type { CellState } from '../../cells/cell.js'
import { parseConfiguration } from '../../configuration.js'
import { type PaddedBatch, padded } from '../../data/batches/buckets.js'
import { TextCorpus } from '../../data/corpora/corpus.js'
import type { ItemCorpus, LabelledText } from '../../data/corpora/items.js'
import { fitTokenizer } from '../../data/tokenizers/fitTokenizer.js'
import type { Tokenizer } from '../../data/tokenizers/tokenizer.js'
import type { WordVectors } from '../../data/wordVectors.js'
import type { Engine } from '../../engine/engine.js'
import { joinColumns } from '../../engine/operations/columns.js'
import { activate, dropout, embed, reshape, slice } from '../../engine/operations/operations.js'
import { sumOverTime } from '../../engine/operations/overTime.js'
import type { Tensor } from '../../engine/tensor.js'
import { ConfigurationError, FileFormatError } from '../../errors.js'
import { binaryCrossEntropy } from '../../layers/binaryCrossEntropy.js'
import { Embedding, tokenVectors } from '../../layers/embedding.js'
import { Linear } from '../../layers/linear.js'
import type { Parameter } from '../../layers/parameter.js'
import { Pooling } from '../../layers/pooling.js'
import { Recurrent } from '../../layers/recurrent.js'
import { fold, Random, seedKey } from '../../random.js'
import { labelCounts, labelWeightsOf } from '../shared/labels.js'
import { engineFor, type ModelEngineOptions } from '../shared/modelEngine.js'
import { fileMetadata, modelFromBytes } from '../shared/modelFile.js'
import { SavedModel } from '../shared/savedModel.js'
import { byLength } from '../shared/sequencesAtOnce.js'
import { withUnknown } from '../shared/textDropout.js'
import type { BatchLoss, LossPass, Trainable } from '../shared/trainable.js'
import { type LabelledBatch, tokensOf } from './batches.js'
import {
  type ClassifierConfiguration,
  type ClassifierOptions,
  classifierContradictions,
  classifierFileSchema,
  classifierLayers,
  classifierParameterCount,
  classifierSchema,
  vectorSizeOf,
} from './options.js'
import { beginFrom, wordEvidence } from './wordEvidence.js'

const TASK = 'classifier'

export interface ClassifierCreation extends ClassifierOptions, ModelEngineOptions {
  /** The texts whose tokens become the vocabulary, and whose labels the classes. */
  readonly corpus: ItemCorpus<LabelledText>
  /** Of the weights' start. Default 1. */
  readonly seed?: number | undefined
  /** A tokenizer that exists already, instead of one fitted on the corpus. */
  readonly tokenizer?: Tokenizer | undefined
  /**
   * Word vectors to begin from instead of random ones, found for the vocabulary's symbols: `readWordVectors` of
   * recurra/node makes them from a file. Their length is the embeddingSize.
   */
  readonly vectors?: ((words: readonly string[]) => WordVectors | Promise<WordVectors>) | undefined
}

export interface Classification {
  /** The likeliest. */
  readonly label: string
  /** Where a text may have several: all that are likelier than not. Else the likeliest alone. */
  readonly labels: readonly string[]
  /** Of every label. They sum up to 1, unless a text may have several. */
  readonly probabilities: Readonly<Record<string, number>>
}

/** A batch of texts before the output layer. */
export interface ClassifierReading {
  /** What the output layer reads, [batch, …]: the text's vector, or the layer between. */
  readonly vector: Tensor
  /** [time, batch, width] of the last recurrent layer; 0 where a text is over. */
  readonly hidden: Tensor
  /** After each text's end (backward: its beginning), one entry a layer and direction. */
  readonly state: readonly CellState[]
  /** The text's vector, [batch, width]. */
  readonly pooled: Tensor
  /** With pooling by attention what each step weighs, [time, batch, 1]. */
  readonly weights?: Tensor | undefined
}

export class Classifier extends SavedModel implements Trainable<LabelledBatch> {
  readonly parameters: readonly Parameter[]
  /** Those that training changes. */
  readonly trained: readonly Parameter[]
  private readonly embedding: Embedding | undefined
  private readonly recurrent: Recurrent
  private readonly pooling: Pooling
  private readonly between: Linear | undefined
  /** What each word says for each class. */
  private readonly bag: Embedding | undefined
  private readonly output: Linear

  private constructor(
    engine: Engine,
    readonly configuration: ClassifierConfiguration,
    readonly tokenizer: Tokenizer,
  ) {
    super(engine, 'Classifier')
    const vocabularySize = tokenizer.size
    engine.heap.ensureRoom(classifierParameterCount(configuration, vocabularySize) * engine.backend.elementBytes)
    const { embedding, embeddingSize, hiddenSize, bidirectional, pooling: kind } = configuration
    const made = engine.keepTogether(() => {
      const size = embeddingSize ?? hiddenSize
      const table =
        embedding === 'learned' ? new Embedding(engine, { vocabularySize, size, name: 'embedding' }) : undefined
      const recurrent = new Recurrent(engine, classifierLayers(configuration, vocabularySize))
      const width = vectorSizeOf(configuration)
      const pooling = new Pooling(engine, { kind, width, directions: bidirectional ? 2 : 1, name: 'pooling' })
      const units = configuration.classifierHidden
      const between =
        units === undefined ? undefined : new Linear(engine, { inputs: width, outputs: units, name: 'hidden' })
      const outputs = configuration.labels.length
      const bag = configuration.bagOfWords
        ? new Embedding(engine, { vocabularySize, size: outputs, name: 'bag' })
        : undefined
      const output = new Linear(engine, { inputs: (units ?? width) + (bag ? outputs : 0), outputs, name: 'output' })
      return { table, recurrent, pooling, between, bag, output }
    })
    this.embedding = made.table
    this.recurrent = made.recurrent
    this.pooling = made.pooling
    this.between = made.between
    this.bag = made.bag
    this.output = made.output
    this.parameters = this.owned([made.table, made.recurrent, made.pooling, made.between, made.bag, made.output])
    const frozen = configuration.freezeEmbedding ? made.table?.weight : undefined
    this.trained = this.parameters.filter(parameter => parameter !== frozen)
  }

  /**
   * A new model with the vocabulary and the labels of a corpus and random weights.
   * @throws ConfigurationError for an option that cannot be or a corpus of fewer than two classes, BackendError if the heap
   * cannot hold it
   */
  static async create(creation: ClassifierCreation): Promise<Classifier> {
    const {
      corpus,
      seed = 1,
      tokenizer: given,
      vectors,
      engine,
      backend,
      threads,
      instructionSet,
      ...options
    } = creation
    const check = (values: object) =>
      parseConfiguration(classifierSchema, values, 'Classifier.create', { contradictions: classifierContradictions })
    const asked = check({ ...options, ...(given && { unit: given.unit }) })
    const counts = labelCounts(corpus, asked)
    const { items } = corpus
    const labelWeights = labelWeightsOf(asked.classWeights, counts, { ...asked, items: items.length })
    const text = new TextCorpus(items.map(item => `${item.text.trim()}\n`).join(''), corpus.name)
    const tokenizer = given ?? fitTokenizer(text, asked)
    const found = await vectors?.(tokenizer.vocabulary.map((_, token) => tokenizer.decode([token])))
    if (found && (asked.embedding !== 'learned' || (asked.embeddingSize ?? found.dimension) !== found.dimension))
      throw new ConfigurationError(
        `Classifier.create: vectors of length ${found.dimension} need embedding learned and embeddingSize ${found.dimension}; got ${asked.embedding} and ${asked.embeddingSize}; leave both out`,
      )
    const configuration = {
      ...asked,
      ...(found && { embeddingSize: found.dimension }),
      labels: [...counts.keys()],
      labelWeights,
    }
    const model = new Classifier(
      await engineFor({ engine, backend, threads, instructionSet }),
      configuration,
      tokenizer,
    )
    model.initialise(seed, corpus)
    if (found && model.embedding) model.engine.write(model.embedding.weight.value, found.table)
    return model
  }

  /** Weights as a new model has them: random, and with `bagOfWords` what is counted on a corpus. */
  initialise(seed: number, corpus: ItemCorpus<LabelledText>): void {
    const random = new Random(fold(seedKey(seed), 'initialisation'))
    const { initialisation, forgetBias } = this.configuration
    this.embedding?.initialise(random)
    this.recurrent.initialise(random, initialisation, forgetBias)
    this.pooling.initialise(random)
    this.between?.initialise(random)
    this.output.initialise(random)
    if (this.bag) beginFrom(this.bag, this.output, wordEvidence(this.tokenizer, corpus, this.configuration))
  }

  /**
   * A model from a file that `save` wrote.
   * @param from path in Node, address on a page, or the bytes themselves
   * @throws FileFormatError where the bytes are not such a model
   */
  static async load(from: string | URL | Uint8Array, options: ModelEngineOptions = {}): Promise<Classifier> {
    const bytes = from instanceof Uint8Array ? from : await platform.readBytes(from)
    const where = from instanceof Uint8Array ? 'model' : String(from)
    const file = await modelFromBytes(bytes, where, TASK, classifierFileSchema, classifierContradictions)
    const { configuration } = file
    if (configuration.labelWeights.length !== configuration.labels.length)
      throw new FileFormatError(`${where}: it must have one weight a label; give a model that recurra saved`)
    const tokenizer = await file.tokenizer()
    const promised = classifierParameterCount(configuration, tokenizer.size)
    return file.into(promised, async () => new Classifier(await engineFor(options), configuration, tokenizer))
  }

  fileMetadata(): Record<string, string> {
    return fileMetadata(TASK, this.configuration, this.tokenizer)
  }

  /** In the order of the outputs. */
  get labels(): readonly string[] {
    return this.configuration.labels
  }

  /** The loss of a batch. To be called in a scope. */
  loss(batch: LabelledBatch, pass: LossPass = {}): BatchLoss {
    const { engine, output, configuration } = this
    const { labelSmoothing } = pass
    const { labelWeights, multiLabel } = configuration
    const { vector, hidden } = this.read(batch, pass)
    const common = { count: batch.batchSize, hidden, dropped: hidden }
    if (multiLabel) {
      const logits = output.forward(vector)
      return {
        ...common,
        loss: binaryCrossEntropy(engine, logits, batch.targets, { weights: labelWeights, labelSmoothing }),
      }
    }
    const weights = Float64Array.from(batch.targets, label => labelWeights[label])
    const all = weights.reduce((sum, weight) => sum + weight, 0)
    const even = labelWeights.every(weight => weight === 1)
    const rowWeights = even ? undefined : engine.from(weights.map(weight => weight / all))
    const { loss } = output.loss(vector, engine.tokens(batch.targets), { labelSmoothing, rowWeights })
    return { ...common, loss }
  }

  /** −log p [1] of one label, by its number, for a batch of one text. To be called in a scope. */
  labelLoss(batch: PaddedBatch, label: number, pass: LossPass = {}): Tensor {
    const { engine, output, labels, configuration } = this
    const { vector } = this.read(batch, pass)
    if (!configuration.multiLabel) return output.loss(vector, engine.tokens([label])).loss
    const logits = reshape(engine, output.forward(vector), [labels.length, 1])
    return binaryCrossEntropy(engine, slice(engine, logits, label, label + 1), [1])
  }

  /** As what tokens [time, batch] enter the first layer: rows of the embedding, or one-hot. Of the innermost scope. */
  vectors(tokens: Tensor): Tensor {
    const { engine, embedding, tokenizer } = this
    return tokenVectors(engine, tokens, { embedding, vocabularySize: tokenizer.size })
  }

  /** What each token says for each class by itself, [vocabulary × labels]; undefined without `bagOfWords`. */
  get wordScores(): Float64Array | undefined {
    return this.bag && this.engine.read(this.bag.weight.value)
  }

  /** What becomes of a batch before the output layer, for whoever looks inside. To be called in a scope. */
  read({ tokens, lengths, timeSteps, batchSize }: PaddedBatch, pass: LossPass = {}): ClassifierReading {
    this.checkOpen()
    const { engine, configuration, tokenizer, recurrent, between } = this
    const { key, observer } = pass
    const { inputDropout, wordDropout, outputDropout } = configuration
    const taken = key ? withUnknown(tokens, tokenizer.unknown, wordDropout, key) : tokens
    const ids = engine.tokens(taken, [timeSteps, batchSize])
    const table = this.embedding?.weight.value
    const drop = (x: Tensor, probability: number, use: 'inputDropout' | 'outputDropout' | 'hiddenDropout') =>
      key && probability > 0 ? dropout(engine, x, probability, fold(key, use)) : x
    const lookup =
      table &&
      (key && inputDropout > 0 ? drop(embed(engine, ids, table), inputDropout, 'inputDropout') : { tokens: ids, table })
    const x = pass.vectors ?? lookup ?? ids
    const { output, state } = recurrent.forward(x, recurrent.zeroState(batchSize), { lengths, key, observer })
    const { vector: pooled, weights } = this.pooling.forward({ output, state, lengths })
    const reading = { hidden: output, state, pooled, weights }
    const whole = drop(pooled, outputDropout, 'outputDropout')
    const vector = between
      ? drop(activate(engine, 'relu', between.forward(whole)), outputDropout, 'hiddenDropout')
      : whole
    if (!this.bag) return { ...reading, vector }
    // Padding says nothing.
    const words = taken.map((token, i) => (Math.floor(i / batchSize) < lengths[i % batchSize] ? token : -1))
    const said = sumOverTime(engine, this.bag.forward(engine.tokens(words, [timeSteps, batchSize])))
    return { ...reading, vector: joinColumns(engine, [vector, said]) }
  }

  /**
   * The outputs o of each text, before softmax or sigmoid.
   * @param texts whatever they hold; of an empty one nothing is read but the symbol that stands before a text
   */
  async logits(
    texts: readonly string[],
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<Float64Array[]> {
    this.checkOpen()
    const { engine, labels, tokenizer, configuration } = this
    const encoded = texts.map(text => tokensOf(tokenizer, text, configuration.maxLength))
    const answers = new Array<Float64Array>(texts.length)
    for (const group of byLength(encoded.map(({ length }) => length))) {
      if (signal?.aborted) break
      const batch = padded(group.map(i => encoded[i]))
      const read = engine.scope(() => engine.read(this.output.forward(this.read(batch).vector)))
      group.forEach((i, b) => {
        answers[i] = read.slice(b * labels.length, (b + 1) * labels.length)
      })
      await platform.pause()
    }
    return answers
  }

  /**
   * Which class a text is of, or each of several.
   * @throws ConfigurationError for a text without anything to read
   */
  async classify(text: string): Promise<Classification>
  async classify(texts: readonly string[]): Promise<Classification[]>
  async classify(given: string | readonly string[]): Promise<Classification | Classification[]> {
    const texts = typeof given === 'string' ? [given] : given
    const empty = texts.findIndex(text => text.trim() === '')
    if (empty >= 0)
      throw new ConfigurationError(
        `Classifier.classify: ${typeof given === 'string' ? 'the text' : `text ${empty}`} is empty; give it words, or leave it out`,
      )
    const answers = (await this.logits(texts)).map(logits => this.classification(logits))
    return typeof given === 'string' ? answers[0] : answers
  }

  private classification(logits: Float64Array): Classification {
    const { labels, configuration } = this
    const probabilities = probabilitiesOf(logits, configuration)
    const best = probabilities.indexOf(Math.max(...probabilities))
    return {
      label: labels[best],
      labels: configuration.multiLabel ? labels.filter((_, i) => probabilities[i] > 0.5) : [labels[best]],
      probabilities: Object.fromEntries(labels.map((label, i) => [label, probabilities[i]])),
    }
  }
}

/** The softmax of outputs, or their sigmoids. */
export function probabilitiesOf(logits: Float64Array, { multiLabel }: { readonly multiLabel: boolean }): Float64Array {
  if (multiLabel) return logits.map(o => 1 / (1 + Math.exp(-o)))
  const most = Math.max(...logits)
  const exponentials = logits.map(o => Math.exp(o - most))
  const total = exponentials.reduce((sum, each) => sum + each, 0)
  return exponentials.map(each => each / total)
}
