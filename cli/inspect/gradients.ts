/* recurra inspect gradients MODEL FILE: how far back a loss's gradient reaches, and the factors that it goes through;
 * with --config C instead of MODEL, of a model as training would begin with it. */
import { Command } from 'commander'
import { z } from 'zod'
import {
  type EngineOptions,
  LanguageModel,
  languageModelSchema,
  languageModelTask,
  openEngine,
  picked,
  TextCorpus,
} from '../../src/index.js'
import {
  curve,
  type Decay,
  decayOf,
  decayPicture,
  decimals,
  factorsOfText,
  type GradientsThroughTime,
  gradientsOfText,
  type LayerFactors,
  type LayerGradients,
  matrixOf,
  matrixPicture,
  table,
  whole,
} from '../../src/inspection/index.js'
import { readCorpus } from '../../src/node/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from '../flags/commonFlags.js'
import { readConfiguration } from '../flags/configurationFile.js'
import { addFlags, asUsage, readFlags, UsageError } from '../flags/flags.js'
import { recurrentModelArgument, takesModels, withModel } from '../flags/models.js'
import { checkFree, writeNew } from '../output/outFile.js'
import { write } from '../output/output.js'

const schema = z.strictObject({
  config: z.string().optional().describe('a configuration in YAML instead of MODEL: a model at initialisation'),
  text: z.string().optional().describe('the text itself, instead of FILE'),
  maxTokens: z.int().min(2).max(2000).default(128).describe('tokens of the text’s beginning that are looked at'),
  svg: z
    .string()
    .optional()
    .describe('where the pictures go: PATH.svg, and PATH-layer-N.svg, the matrix of each layer'),
  ...jsonSchema.shape,
  ...engineSchema.shape,
  ...commonSchema.shape,
})

type Flags = z.output<typeof schema>

const kinds = [languageModelTask]

export function inspectGradientsCommand(): Command {
  const command = new Command('gradients')
    .description('shows how far back gradients reach: ‖∂E_t/∂h_k‖ for all k and t, and the factors on the way')
    .argument('[MODEL]', `${recurrentModelArgument}; not with --config`)
    .argument('[FILE]', 'a text in UTF-8; - is standard input')
  return addFlags(takesModels(command, kinds), schema).action(async (...paths: (string | undefined)[]) => {
    const flags = readFlags(command, schema)
    const given = paths.slice(0, 2).filter(path => path !== undefined)
    const wanted = [...(flags.config === undefined ? ['MODEL'] : []), ...(flags.text === undefined ? ['FILE'] : [])]
    if (given.length !== wanted.length)
      throw new UsageError(
        `inspect gradients: give ${[...wanted, ...(flags.text === undefined ? [] : ['--text alone'])].join(' and ') || 'nothing more'}; got ${given.join(' ') || 'neither'}`,
      )
    const file = flags.text === undefined ? given.at(-1) : undefined
    if (flags.svg !== undefined) await checkFree(flags.svg)
    const corpus = file === undefined ? new TextCorpus(flags.text ?? '', '--text') : await readCorpus(file)
    await withOpenModel(command, flags, given[0], corpus, async model => {
      const tokens = model.tokenizer.encode(corpus.text.slice(0, 64 * flags.maxTokens)).subarray(0, flags.maxTokens)
      if (tokens.length < 2)
        throw new UsageError(`inspect gradients: ${corpus.name} must have two tokens at least; got ${tokens.length}`)
      const text = model.tokenizer.decode(tokens)
      const gradients = gradientsOfText(model, text)
      const { layerNorm, projSize, skip, zoneout } = model.configuration
      const known = !layerNorm && projSize === undefined && skip === 1 && zoneout === 0
      const factors = known ? factorsOfText(model, text) : undefined
      if (flags.svg !== undefined) await writePictures(flags.svg, gradients)
      if (flags.json) await write(`${JSON.stringify(record(gradients, factors))}\n`)
      else await write(shown(gradients, factors))
    })
  })
}

async function withOpenModel(
  command: Command,
  flags: Flags,
  path: string | undefined,
  corpus: TextCorpus,
  use: (model: LanguageModel) => Promise<void>,
): Promise<void> {
  const options: EngineOptions = engineOptionsOf(flags)
  if (flags.config === undefined) return withModel(command, path as string, options, kinds, use)
  const { values } = await readConfiguration(flags.config, languageModelTask.schema)
  const { seed } = values as { seed?: number }
  const engine = await openEngine(options)
  try {
    const creation = {
      ...picked(languageModelSchema, values as object as Record<string, unknown>),
      corpus,
      seed,
      engine,
    }
    const model = await asUsage(() => LanguageModel.create(creation))
    await use(model)
    model.close()
  } finally {
    engine.close()
  }
}

const layerName = ({ layer, reverse, cell }: { layer: number; reverse: boolean; cell: string }) =>
  `layer ${layer}${reverse ? ', backward' : ''} (${cell})`

function decays(result: GradientsThroughTime, layer: LayerGradients): [name: string, decay: Decay][] {
  const of = (norms: Float64Array) => decayOf(result, norms, layer)
  const { hidden, cellState, joint } = layer
  const states: [string, Decay][] = [
    ['‖∂E/∂h‖', of(hidden.total)],
    ['direct', of(hidden.direct)],
  ]
  if (cellState) states.push(['‖∂E/∂c‖', of(cellState.total)])
  if (joint) states.push(['‖∂E/∂(h, c)‖', of(joint.total)])
  return states
}

async function writePictures(path: string, result: GradientsThroughTime): Promise<void> {
  const series = result.layers.map(layer => ({
    name: layerName(layer),
    decay: decayOf(result, layer.hidden.total, layer),
  }))
  await writeNew(path, decayPicture(series, { title: 'Gradients through time' }))
  for (const layer of result.layers) {
    const ending = `-layer-${layer.layer}${layer.reverse ? '-backward' : ''}.svg`
    await writeNew(path.replace(/(\.svg)?$/, ending), matrixPicture(matrixOf(result, layer), layerName(layer)))
  }
}

function shown(result: GradientsThroughTime, factors: readonly LayerFactors[] | undefined): string {
  const { steps, values } = result
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const lines = [`${whole(steps)} steps, every loss E_t; mean loss ${decimals(mean)} nats`]
  result.layers.forEach((layer, i) => {
    const all = decays(result, layer)
    lines.push('', `${layerName(layer)}: mean norms by steps back, t − k`)
    const factor = factors?.[i]
    const distances = Array.from({ length: steps }, (_, d) => d).filter(d => d < 3 || Number.isInteger(Math.log2(d)))
    const bound = factor ? [['bound', (d: number) => all[1][1].norms[0] * factor.bound ** d] as const] : []
    lines.push(
      table([
        ['steps back', ...all.map(([name]) => name), ...bound.map(([name]) => name)],
        ...distances.map(d => [
          String(d),
          ...all.map(([, { norms }]) => scientific(norms[d])),
          ...bound.map(([, at]) => scientific(at(d))),
        ]),
        [
          'a step',
          ...all.map(([, { perStep }]) => decimals(perStep)),
          ...bound.map(() => decimals(factor?.bound ?? 0)),
        ],
        ['half-life', ...all.map(([, { halfLife }]) => halfLifeText(halfLife)), ...bound.map(() => '')],
      ]).trimEnd(),
    )
    if (factor) lines.push('', ...factorLines(factor))
  })
  const { NO_COLOR, TERM } = process.env
  const picture = curve(
    result.layers.map(layer => ({
      name: layerName(layer),
      shape: 'line' as const,
      points: [...decayOf(result, layer.hidden.total, layer).norms].map((norm, d) => ({ x: d, y: Math.log10(norm) })),
    })),
    {
      width: Math.min(100, (process.stdout.columns || 81) - 1),
      color: process.stdout.isTTY === true && TERM !== 'dumb' && !NO_COLOR,
      xName: 'steps back',
    },
  )
  if (!factors) lines.push('', 'factors: not told, as a layer runs step by step (layerNorm, projSize, skip or zoneout)')
  return `${lines.join('\n')}\n\nlog10 ‖∂E_t/∂h_k‖\n${picture}`
}

const scientific = (value: number) => (Number.isFinite(value) ? value.toExponential(2) : '–')

const halfLifeText = (value: number) => (value === Infinity ? 'none' : decimals(value, 1))

function factorLines({ weights, norms, bound, slopes, deadUnits, gates, straight, units }: LayerFactors): string[] {
  const known = norms.filter(norm => !Number.isNaN(norm))
  const mean = known.reduce((sum, norm) => sum + norm, 0) / known.length
  const percent = (share: number) => `${decimals(100 * share, 1)} %`
  return [
    `factors ‖∂s_i/∂s_{i−1}‖: mean ${decimals(mean)}, largest ${decimals(Math.max(...known))}; bound ${decimals(bound)}`,
    ...weights.map(
      ({ gate, norm, spectralRadius }) =>
        `W (${gate}): largest singular value ${decimals(norm)}, spectral radius ${spectralRadius === undefined ? 'not computed above 512 units' : decimals(spectralRadius)}`,
    ),
    ...slopes.map(
      ({ name, mean, saturation }) =>
        `slope (${name}): mean ${decimals(mean)}; saturated (under 0.05): ${percent(saturation)} of the units`,
    ),
    ...(deadUnits.length > 0 ? [`dead units, 0 at every step: ${deadUnits.length} of ${units}`] : []),
    ...gates.map(
      ({ name, mean, shut, open }) =>
        `${name} gate: ${decimals(mean)} open in the mean; ${percent(shut)} nearly shut, ${percent(open)} nearly open`,
    ),
    ...(straight
      ? [`straight path (${straight.gate} gate): ${decimals(meanOf(straight.means))} a step in the mean`]
      : []),
  ]
}

const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Typed arrays as lists, matrices as rows; what is no number is null. */
function record(result: GradientsThroughTime, factors: readonly LayerFactors[] | undefined) {
  const { steps, names, targetNames, losses, values } = result
  const matrix = (flat: Float64Array) => losses.map((_, i) => [...flat.subarray(i * steps, (i + 1) * steps)])
  const layers = result.layers.map((layer, i) => {
    const { weightParts, hidden, cellState, joint, layer: number, reverse, cell } = layer
    const states = Object.entries({ hidden, cellState, joint }).flatMap(([name, state]) =>
      state
        ? [
            [
              name,
              { total: matrix(state.total), direct: matrix(state.direct), decay: decayOf(result, state.total, layer) },
            ],
          ]
        : [],
    )
    return {
      ...{ layer: number, reverse, cell },
      ...Object.fromEntries(states),
      weightParts: matrix(weightParts),
      factors: factors?.[i],
    }
  })
  return plain({ steps, names, targetNames, losses, values, layers })
}

function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
  return value
}
