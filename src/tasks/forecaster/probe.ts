/* What the doctor is to know of a forecaster. */
import type { SeriesCorpus } from '../../data/corpora/timeSeries.js'
import { type Probe, type ProbeOptions, probeOf, TRIAL_BATCH, trainingOf } from '../../doctor/probe.js'
import { windowBatches } from '../../models/forecaster/batches.js'
import { Forecaster } from '../../models/forecaster/forecaster.js'
import { type WindowBatch, WindowMaker } from '../../models/forecaster/windows.js'
import type { ForecastData } from './training.js'

/** Windows of the gradient check, which are also to be learned by heart. */
const FEW = 2
/** Windows that losses are the mean of. */
const EVALUATED = 32

export function forecasterProbe(
  model: Forecaster,
  { train, validation }: ForecastData,
  options: ProbeOptions = {},
): Probe<WindowBatch> {
  const training = trainingOf(options)
  const { configuration } = model
  const { context, horizon } = configuration
  const lossOn = async (corpus: SeriesCorpus) =>
    model.engine.scope(() => model.engine.scalar(model.loss(spread(model, corpus, EVALUATED)).loss))
  return probeOf<WindowBatch, SeriesCorpus>(options, {
    task: 'forecaster',
    ...{ model, configuration, data: { train, validation }, segmentLength: context + horizon },
    batches: windowBatches(train, configuration, {
      batchSize: Math.min(training.batchSize, TRIAL_BATCH),
      seed: training.seed,
    }),
    copy: engine => Forecaster.load(model.toBytes(), { engine }),
    async fresh(engine) {
      const fresh = await Forecaster.load(model.toBytes(), { engine })
      fresh.initialise(training.seed)
      return fresh
    },
    few: spread(model, train, FEW),
    noEnds: 'A forecaster has a loss at every step.',
    observed(corpus) {
      const batch = spread(model, corpus, TRIAL_BATCH)
      return { batch, time: batch.timeSteps, batchSize: batch.batchSize, lengths: undefined }
    },
    lossOn,
    baselinesOn: () => [],
  })
}

/** Windows from all over the part's own steps. */
function spread({ configuration }: Forecaster, corpus: SeriesCorpus, count: number): WindowBatch {
  const { horizon } = configuration
  const places = corpus.series.flatMap(series => {
    const first = Math.max(1, corpus.from - series.start)
    const last = Math.max(first, series.length - horizon)
    const each = Math.max(1, Math.ceil(count / corpus.series.length))
    return Array.from({ length: each }, (_, i) => ({ series, origin: first + Math.floor(((last - first) * i) / each) }))
  })
  const chosen = Array.from(
    { length: Math.min(count, places.length) },
    (_, i) => places[Math.floor((i * places.length) / count)],
  )
  return new WindowMaker(configuration, corpus).batch(chosen.filter(place => place !== undefined))
}
