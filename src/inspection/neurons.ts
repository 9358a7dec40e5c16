/* Which units of a language model follow something that one can name: its text's features (features.ts), or, of labelled
 * texts, their classes, looked for in the state after each text's end. Ranked as thresholds.ts says. */
import { platform } from '#platform'
import type { CellState } from '../cells/cell.js'
import { ConfigurationError } from '../errors.js'
import type { LanguageModel } from '../models/languageModel.js'
import { padded } from '../text/buckets.js'
import type { TextCorpus } from '../text/corpus.js'
import type { ItemCorpus, LabelledText } from '../text/items.js'
import { featureOfTokens, featuresOf } from './features.js'
import { follow, piecesOf } from './following.js'
import { type Activations, type FeatureFinding, type NamedTarget, rankUnits } from './thresholds.js'
import { newest, type Unit, unitsOf } from './units.js'

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
  const units = unitsOf(model)
  const values = room(units, tokens.length)
  await follow(model, tokens, { lanes: LANES, signal }, ({ positions, state }) => {
    const layers = new StateValues(model, state)
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
 * @throws ConfigurationError for too few texts
 */
export async function findLabelNeurons(
  model: LanguageModel,
  { items, name }: ItemCorpus<LabelledText>,
  { maxTokens = NEURON_TOKENS, top = 3, signal }: Omit<NeuronOptions, 'patterns'> = {},
): Promise<NeuronReport> {
  const texts: Int32Array[] = []
  let tokens = 0
  for (const { text } of items) {
    const encoded = model.tokenizer.encode(text)
    if (tokens + encoded.length > maxTokens) break
    tokens += encoded.length
    texts.push(Int32Array.of(model.tokenizer.start, ...encoded))
  }
  checkSamples(name, texts.length, 'labelled texts', maxTokens)
  const units = unitsOf(model)
  const values = room(units, texts.length)
  for (let from = 0; from < texts.length && !signal?.aborted; from += TEXTS_AT_ONCE) {
    const some = texts.slice(from, from + TEXTS_AT_ONCE)
    model.engine.scope(() => {
      const { tokens: inputs, ...batch } = padded(some)
      const { state } = model.loss({ ...batch, inputs, targets: inputs.map(() => -1) })
      const layers = new StateValues(model, state)
      for (let lane = 0; lane < some.length; lane++) layers.put(lane, values, from + lane)
    })
    await platform.pause()
  }
  const labels = items.slice(0, texts.length).map(({ label }) => label)
  const targets = [...new Set(labels)].sort().map(label => ({
    name: `label ${label}`,
    is: Uint8Array.from(labels, each => (each === label ? 1 : 0)),
  }))
  return report({ units, values }, targets, { top, tokens })
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
  throw new ConfigurationError(
    `${name}: to tell what units follow, ${FEWEST_SAMPLES} ${what} or more are needed; got ${samples}${within}; give a longer text`,
  )
}

function room(units: readonly Unit[], samples: number): Float32Array[] {
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

  constructor({ engine }: LanguageModel, state: readonly CellState[]) {
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
