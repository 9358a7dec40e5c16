/* Which units follow something that one can name. Of a language model: its text's features (features.ts). Of a language model
 * or a classifier on labelled texts: their classes, looked for in the state after each text's end (of a layer that reads
 * from the end, after its beginning) and, where a classifier pools states by mean, maximum or attention, in what comes of it:
 * `pooled:7`. Ranked as thresholds.ts says. */
import { platform } from '#platform'
import type { CellState } from '../cells/cell.js'
import { padded } from '../data/batches/buckets.js'
import type { TextCorpus } from '../data/corpora/corpus.js'
import type { ItemCorpus, LabelledText } from '../data/corpora/items.js'
import { shuffledOrder } from '../data/shuffle.js'
import type { Engine } from '../engine/engine.js'
import { ConfigurationError } from '../errors.js'
import { tokensOf } from '../models/classifier/batches.js'
import { Classifier } from '../models/classifier/classifier.js'
import { vectorSizeOf } from '../models/classifier/options.js'
import type { LanguageModel } from '../models/languageModel/languageModel.js'
import { labelsOf } from '../models/shared/labels.js'
import { fold, seedKey } from '../random.js'
import { featureOfTokens, featuresOf } from './features.js'
import { follow, piecesOf } from './following.js'
import { type Activations, type FeatureFinding, type NamedTarget, rankUnits } from './thresholds.js'
import { newest, unitName, unitsOf } from './units.js'

export interface NeuronOptions {
  /** One's own features. Default none. */
  readonly patterns?: readonly RegExp[] | undefined
  /** Tokens read at most, from the beginning; the memory is four bytes for each token and unit. Default 20,000. */
  readonly maxTokens?: number | undefined
  /** Units told of each feature. Default 3. */
  readonly top?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface NeuronReport {
  /** Tokens, or labelled texts, that were looked at; half of them chose thresholds, half are held out. */
  readonly samples: number
  /** Tokens that were read. */
  readonly tokens: number
  /** Units that were looked at. */
  readonly units: number
  /** What the units' values took in memory. */
  readonly bytes: number
  readonly findings: readonly FeatureFinding[]
  /** Features that never, or always, hold in a part of the text, so that nothing can be said. */
  readonly absent: readonly string[]
}

export const NEURON_TOKENS = 20_000
const LANES = 16
const TEXTS_AT_ONCE = 64
const MOST_BYTES = 2 ** 31
/** Of the order in which labelled texts are read. */
const ORDER = 1
/** Below this, held-out blocks hold a dozen samples each. */
const FEWEST_SAMPLES = 200

/**
 * Looks for units that follow features of a text.
 * @throws ConfigurationError for a text too short to say anything, or more memory than 2 GiB
 */
export async function findNeurons(
  model: LanguageModel,
  corpus: TextCorpus,
  { patterns = [], maxTokens = NEURON_TOKENS, top = 3, signal }: NeuronOptions = {},
): Promise<NeuronReport> {
  const tokens = corpus.encodeBeginning(model.tokenizer, maxTokens).tokens.subarray(0, maxTokens)
  checkSamples(corpus.name, tokens.length, 'tokens')
  const units = unitsOf(model).map(unitName)
  const values = room(units, tokens.length)
  await follow(model, tokens, { lanes: LANES, signal }, ({ positions, state }) => {
    const layers = new StateValues(model.engine, state)
    for (let lane = 0; lane < positions.length; lane++) {
      const at = positions[lane]
      if (at >= 0) layers.put(lane, values, at)
    }
  })
  const pieces = piecesOf(model, tokens)
  const features = featuresOf(pieces.join(''), patterns)
  const targets = features.map(feature => ({ name: feature.name, is: featureOfTokens(feature, pieces) }))
  return report({ units, values }, targets, { top, tokens: tokens.length })
}

/**
 * Looks for units whose value after a text tells its class, one class at a time: a unit of sentiment (Radford, Jozefowicz &
 * Sutskever 2017).
 * @param corpus in any order: texts of each class go to both halves
 * @throws ConfigurationError for too few texts
 */
export async function findLabelNeurons(
  model: LanguageModel | Classifier,
  { items, name }: ItemCorpus<LabelledText>,
  { maxTokens = NEURON_TOKENS, top = 3, signal }: Omit<NeuronOptions, 'patterns'> = {},
): Promise<NeuronReport> {
  const { engine } = model
  const order = shuffledOrder(items.length, fold(seedKey(ORDER), 'neuronTexts'))
  const chosen: LabelledText[] = []
  const texts: Int32Array[] = []
  let tokens = 0
  for (const i of order) {
    const encoded = readOf(model, items[i].text)
    if (tokens + encoded.length > maxTokens) break
    tokens += encoded.length
    texts.push(encoded)
    chosen.push(items[i])
  }
  checkSamples(name, texts.length, 'labelled texts', maxTokens)
  const units = labelUnits(model, texts[0])
  const values = room(units, texts.length)
  for (let from = 0; from < texts.length && !signal?.aborted; from += TEXTS_AT_ONCE) {
    const some = texts.slice(from, from + TEXTS_AT_ONCE)
    engine.scope(() => {
      const layers = new StateValues(engine, statesAfter(model, some))
      for (let lane = 0; lane < some.length; lane++) layers.put(lane, values, from + lane)
    })
    await platform.pause()
  }
  const reading = model instanceof Classifier ? model.configuration : { multiLabel: false, labelSeparator: '' }
  const labels = chosen.map(({ label }) => labelsOf(label, reading))
  const targets = [...new Set(labels.flat())].sort().map(label => ({
    name: `label ${label}`,
    is: Uint8Array.from(labels, each => (each.includes(label) ? 1 : 0)),
  }))
  return report({ units, values }, targets, { top, tokens })
}

/** What a model reads of a labelled text. */
function readOf(model: LanguageModel | Classifier, text: string): Int32Array {
  const { tokenizer } = model
  if (model instanceof Classifier) return tokensOf(tokenizer, text, model.configuration.maxLength)
  return Int32Array.of(tokenizer.start, ...tokenizer.encode(text))
}

/** States after each text and what was pooled of them, of the scope. */
function statesAfter(model: LanguageModel | Classifier, texts: readonly Int32Array[]): CellState[] {
  const batch = padded(texts)
  if (model instanceof Classifier) {
    const { state, pooled } = model.read(batch)
    return [...state, ...(isPooled(model) ? [{ hidden: pooled }] : [])]
  }
  const { tokens: inputs, ...rest } = batch
  return model.loss({ ...rest, inputs, targets: inputs.map(() => -1) }).state
}

const isPooled = ({ configuration }: Classifier) => configuration.pooling !== 'last'

/** Names of what `statesAfter` gives. */
function labelUnits(model: LanguageModel | Classifier, text: Int32Array): string[] {
  const { engine } = model
  if (!(model instanceof Classifier)) return unitsOf(model).map(unitName)
  const { bidirectional } = model.configuration
  const named = unitsOf({ engine, bidirectional, zeroState: () => [...model.read(padded([text])).state] }).map(unitName)
  const width = isPooled(model) ? vectorSizeOf(model.configuration) : 0
  return [...named, ...Array.from({ length: width }, (_, index) => `pooled:${index}`)]
}

function report(
  activations: Activations,
  targets: readonly NamedTarget[],
  { top, tokens }: { readonly top: number; readonly tokens: number },
): NeuronReport {
  const findings = rankUnits(activations, targets, { top })
  const found = new Set(findings.map(({ feature }) => feature))
  const units = activations.units.length
  const samples = activations.values[0].length
  return {
    ...{ samples, tokens, units, bytes: 4 * units * samples },
    findings: findings.toSorted((a, b) => worth(b) - worth(a)),
    absent: targets.map(({ name }) => name).filter(name => !found.has(name)),
  }
}

/** How far the best unit stands above what means nothing. */
const worth = ({ best, always, luck }: FeatureFinding) => (best[0]?.f1 ?? 0) - Math.max(always, luck)

function checkSamples(name: string, samples: number, what: string, maxTokens?: number): void {
  if (samples >= FEWEST_SAMPLES) return
  const within = maxTokens === undefined ? '' : ` within ${maxTokens} tokens`
  const cure = maxTokens === undefined ? 'give a longer text' : 'raise maxTokens, or give more texts'
  throw new ConfigurationError(
    `${name}: to tell what units follow, ${FEWEST_SAMPLES} ${what} or more are needed; got ${samples}${within}; ${cure}`,
  )
}

function room(units: readonly string[], samples: number): Float32Array[] {
  const bytes = 4 * units.length * samples
  if (bytes > MOST_BYTES)
    throw new ConfigurationError(
      `neurons: ${samples} samples of ${units.length} units would take ${Math.ceil(bytes / 2 ** 20)} MiB; the most is ${MOST_BYTES / 2 ** 20}; lower maxTokens to ${Math.floor(MOST_BYTES / 4 / units.length)}`,
    )
  return units.map(() => new Float32Array(samples))
}

/** The values of all units after a step, in the order of `unitsOf`. */
class StateValues {
  private readonly parts: readonly { readonly values: Float64Array; readonly width: number }[]

  constructor(engine: Engine, state: readonly CellState[]) {
    this.parts = state.flatMap(layer =>
      (['hidden', 'cell'] as const)
        .filter(which => layer[which] !== undefined)
        .map(which => {
          const tensor = newest(engine, layer, which)
          return { values: engine.read(tensor), width: tensor.shape[1] }
        }),
    )
  }

  /** Writes those of one lane to one sample. */
  put(lane: number, rows: readonly Float32Array[], sample: number): void {
    let unit = 0
    for (const { values, width } of this.parts)
      for (let i = 0; i < width; i++) rows[unit++][sample] = values[lane * width + i]
  }
}
