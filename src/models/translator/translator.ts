/* The recurrent translator (Sutskever, Vinyals & Le 2014; Cho et al. 2014): one network reads the source, another writes the
 * target.
 *
 *     m_s, last = encoder(x_1 … x_S)              src/models/translator/encoder.ts
 *     h_0 = bridge(last)                          src/models/translator/bridge.ts
 *     h̃_t = decoder(y_{t−1}, h_{t−1}, m)          src/models/translator/decoder.ts, src/layers/attention.ts
 *     p(y_t | y_<t, x) = softmax(V h̃_t + b)
 *     E = −log p(y_t) of the true y_t             mean over all target tokens, the end mark among them
 *
 * Training feeds the true y_{t−1} (teacher forcing), or as scheduledSampling.ts says. How a text is found that is likely,
 * translation.ts says. */
import { platform } from '#platform'
import { parseConfiguration } from '../../configuration.js'
import { TextCorpus } from '../../data/corpora/corpus.js'
import type { ItemCorpus, TextPair } from '../../data/corpora/items.js'
import { fitTokenizer } from '../../data/tokenizers/fitTokenizer.js'
import { MarkedTokenizer } from '../../data/tokenizers/sentenceMarks.js'
import type { Tokenizer } from '../../data/tokenizers/tokenizer.js'
import type { Engine } from '../../engine/engine.js'
import { ConfigurationError, FileFormatError } from '../../errors.js'
import { Embedding } from '../../layers/embedding.js'
import { Linear } from '../../layers/linear.js'
import type { Parameter } from '../../layers/parameter.js'
import { fold, Random, seedKey } from '../../random.js'
import { engineFor, type ModelEngineOptions } from '../shared/modelEngine.js'
import { fileMetadata, modelFromBytes } from '../shared/modelFile.js'
import { SavedModel } from '../shared/savedModel.js'
import { fedInputs } from '../shared/scheduledSampling.js'
import type { BatchLoss, LossPass, Trainable } from '../shared/trainable.js'
import type { PairBatch, PairTokenizers } from './batches.js'
import { Decoder } from './decoder.js'
import { Encoder } from './encoder.js'
import {
  embeddingSizeOf,
  type TranslatorConfiguration,
  type TranslatorOptions,
  tokenizerOptionsOf,
  translatorContradictions,
  translatorParameterCount,
  translatorSchema,
} from './options.js'
import { type TranslateOptions, type Translation, translateAll } from './translation.js'

const TASK = 'translator'
/** Of a file's metadata: the target's vocabulary, where it is one of its own. */
const TARGET_TOKENIZER = 'targetTokenizer'

export interface TranslatorCreation extends TranslatorOptions, ModelEngineOptions {
  /** The pairs whose tokens become the vocabularies. */
  readonly corpus: ItemCorpus<TextPair>
  /** Of the weights' start. Default 1. */
  readonly seed?: number | undefined
}

export class Translator extends SavedModel implements Trainable<PairBatch> {
  readonly parameters: readonly Parameter[]
  readonly encoder: Encoder
  readonly decoder: Decoder
  /** Of the target's tokens. */
  readonly embedding: Embedding
  /** V */
  readonly output: Linear
  private readonly sourceEmbedding: Embedding

  private constructor(
    engine: Engine,
    readonly configuration: TranslatorConfiguration,
    readonly tokenizers: PairTokenizers,
  ) {
    super(engine, 'Translator')
    const { sharedVocabulary, tieWeights, hiddenSize: inputs } = configuration
    const size = embeddingSizeOf(configuration)
    const outputs = tokenizers.target.size
    const promised = translatorParameterCount(configuration, { source: tokenizers.source.size, target: outputs })
    engine.heap.ensureRoom(promised * engine.backend.elementBytes)
    const made = engine.keepTogether(() => {
      const table = (side: 'source' | 'target', name: string) =>
        new Embedding(engine, { vocabularySize: tokenizers[side].size, size, name })
      const target = table('target', sharedVocabulary ? 'embedding' : 'targetEmbedding')
      const source = sharedVocabulary ? target : table('source', 'sourceEmbedding')
      return {
        ...{ source, target },
        encoder: new Encoder(engine, configuration, source),
        decoder: new Decoder(engine, configuration, target),
        output: new Linear(engine, { inputs, outputs, name: 'output', tied: tieWeights ? target.weight : undefined }),
      }
    })
    this.sourceEmbedding = made.source
    this.embedding = made.target
    this.encoder = made.encoder
    this.decoder = made.decoder
    this.output = made.output
    const tables = sharedVocabulary ? [made.target] : [made.source, made.target]
    this.parameters = this.owned([...tables, made.encoder, made.decoder, made.output])
  }

  /**
   * A new model with the vocabularies of a corpus of pairs and random weights.
   * @throws ConfigurationError for an option that cannot be, BackendError if the heap cannot hold it
   */
  static async create(creation: TranslatorCreation): Promise<Translator> {
    const { corpus, seed = 1, engine, backend, threads, instructionSet, ...options } = creation
    const configuration = parseConfiguration(translatorSchema, options, 'Translator.create', {
      contradictions: translatorContradictions,
    })
    if (corpus.items.length === 0)
      throw new ConfigurationError(`Translator.create: the corpus ${corpus.name} has no pairs; give it some`)
    const tokenizers = fitTokenizers(corpus, configuration)
    const model = new Translator(
      await engineFor({ engine, backend, threads, instructionSet }),
      configuration,
      tokenizers,
    )
    model.initialise(seed)
    return model
  }

  /** Random weights, as a new model has them. */
  initialise(seed: number): void {
    const random = new Random(fold(seedKey(seed), 'initialisation'))
    const { sharedVocabulary, tieWeights } = this.configuration
    const tables = sharedVocabulary ? [this.embedding] : [this.sourceEmbedding, this.embedding]
    // A table that is the output layer's too begins as an output layer does.
    for (const table of tables)
      if (tieWeights && table === this.embedding) table.weight.fillUniform(random, 1 / Math.sqrt(table.weight.shape[1]))
      else table.initialise(random)
    this.encoder.initialise(random)
    this.decoder.initialise(random)
    this.output.initialise(random)
  }

  /**
   * A model from a file that `save` wrote.
   * @param from path in Node, address on a page, or the bytes themselves
   * @throws FileFormatError where the bytes are not such a model
   */
  static async load(from: string | URL | Uint8Array, options: ModelEngineOptions = {}): Promise<Translator> {
    const bytes = from instanceof Uint8Array ? from : await platform.readBytes(from)
    const where = from instanceof Uint8Array ? 'model' : String(from)
    const file = await modelFromBytes(bytes, where, TASK, translatorSchema, translatorContradictions)
    const source = marked(await file.tokenizer(), where)
    const target = file.configuration.sharedVocabulary ? source : marked(await file.tokenizer(TARGET_TOKENIZER), where)
    const promised = translatorParameterCount(file.configuration, { source: source.size, target: target.size })
    return file.into(
      promised,
      async () => new Translator(await engineFor(options), file.configuration, { source, target }),
    )
  }

  fileMetadata(): Record<string, string> {
    const { source, target } = this.tokenizers
    const metadata = fileMetadata(TASK, this.configuration, source)
    if (source === target) return metadata
    return { ...metadata, [`recurra.${TARGET_TOKENIZER}`]: JSON.stringify(target.toJSON()) }
  }

  /**
   * The loss of a batch. To be called in a scope.
   * @param pass its observer sees the encoder
   * @returns loss [1], the mean cross-entropy of the target's tokens in nats
   */
  loss(batch: PairBatch, pass: LossPass = {}): BatchLoss {
    this.checkOpen()
    const { engine, decoder } = this
    const { key, labelSmoothing, teacherForcing: ratio = 1, observer } = pass
    const encoded = this.encoder.forward(batch, { key, observer })
    const inputs = ratio < 1 && key ? this.fed(batch, { key, ratio }) : batch.inputs
    const { output, ragged } = decoder.forward(encoded, inputs, batch.lengths, key)
    const targets = engine.tokens(ragged.paddedRows.map(place => batch.targets[place]))
    const read = decoder.dropped(output, key)
    const { loss, count } = this.output.loss(read, targets, { labelSmoothing })
    return { loss, count, hidden: output, dropped: read }
  }

  /** Targets of which some tokens are the model's own. */
  private fed(batch: PairBatch, feeding: Parameters<typeof fedInputs>[4]): Int32Array {
    const { engine, decoder } = this
    const { inputs, batchSize } = batch
    const outer = engine.tape
    engine.tape = undefined
    try {
      const encoded = this.encoder.forward(batch)
      const memory = decoder.memory(encoded)
      const { cells, fed } = decoder.begin(encoded)
      const sequences = Int32Array.from({ length: batchSize }, (_, b) => b)
      // What is fed stands behind the layers' states.
      const start = fed ? [...cells, { hidden: fed }] : cells
      const step: Parameters<typeof fedInputs>[3] = (tokens, state) => {
        const now = fed ? { cells: state.slice(0, -1), fed: state[state.length - 1].hidden } : { cells: state }
        const x = engine.view(this.embedding.forward(tokens), [batchSize, embeddingSizeOf(this.configuration)])
        const made = decoder.step(x, now, memory, sequences)
        const after = made.state.fed ? [...made.state.cells, { hidden: made.state.fed }] : made.state.cells
        return { logits: this.output.forward(made.output), state: after }
      }
      return fedInputs(engine, { inputs, timeSteps: inputs.length / batchSize, batchSize }, start, step, feeding)
    } finally {
      engine.tape = outer
    }
  }

  /**
   * The best translation that a search finds.
   * @throws ConfigurationError for an option that cannot be
   */
  async translate(text: string, options: Omit<TranslateOptions, 'nBest'> = {}): Promise<Translation> {
    const [[best]] = await this.translateAll([text], { ...options, nBest: 1 })
    return best
  }

  /**
   * Of each text its `nBest` translations, best first; many texts are searched at once.
   * @throws ConfigurationError for an option that cannot be
   */
  async translateAll(texts: readonly string[], options: TranslateOptions = {}): Promise<Translation[][]> {
    this.checkOpen()
    return translateAll(this, texts, options)
  }
}

function fitTokenizers({ items, name }: ItemCorpus<TextPair>, configuration: TranslatorConfiguration): PairTokenizers {
  const corpus = (texts: readonly string[], side: string) =>
    new TextCorpus(texts.map(text => `${text}\n`).join(''), `${name} (${side})`)
  const sources = items.map(({ source }) => source)
  const targets = items.map(({ target }) => target)
  const fitted = (texts: readonly string[], side: 'source' | 'target') =>
    new MarkedTokenizer(fitTokenizer(corpus(texts, side), tokenizerOptionsOf(configuration, side)))
  if (!configuration.sharedVocabulary) return { source: fitted(sources, 'source'), target: fitted(targets, 'target') }
  const both = fitted([...sources, ...targets], 'target')
  return { source: both, target: both }
}

function marked(tokenizer: Tokenizer, where: string): MarkedTokenizer {
  if (tokenizer instanceof MarkedTokenizer) return tokenizer
  throw new FileFormatError(`${where}: a translator's tokenizers have sentence marks; this file's have none`)
}
