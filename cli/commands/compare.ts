/* recurra compare [FILE]: n-grams and a recurrent network on the same text in one table; without a text, on a grammar whose
 * verbs must agree with subjects that stand far before them. */
import { Command } from 'commander'
import { z } from 'zod'
import {
  type AgreementComparison,
  agreementByDistance,
  type ComparedModel,
  type CompareOptions,
  type CompareProgress,
  compareModels,
  openEngine,
  type TextSplits,
  trainingSchema,
} from '../../src/index.js'
import { decimals, table, whole } from '../../src/inspection/index.js'
import { fileReader, readCorpus, splitCorpus } from '../../src/node/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from '../flags/commonFlags.js'
import { addFlags, readFlags, UsageError } from '../flags/flags.js'
import { checkNoModel } from '../flags/models.js'
import { watchInterrupt } from '../output/interrupt.js'
import { write } from '../output/output.js'
import { TrainingProgress } from '../output/progress.js'

/** The name of the built-in grammar, where a text's path would stand. */
const GRAMMAR = 'agreement'

const schema = z.strictObject({
  minutes: z.number().positive().default(1).describe('time to train, all models together'),
  unit: z.enum(['character', 'word']).optional().describe(`what a token is (default: character; ${GRAMMAR}: word)`),
  seed: trainingSchema.shape.seed.describe('of the split, the grammar’s sentences and the recurrent model’s start'),
  agreement: z.boolean().default(false).describe(`after FILE also compares on ${GRAMMAR}, for as long again`),
  ...jsonSchema.shape,
  ...engineSchema.shape,
  ...commonSchema.shape,
})

type Shared = Pick<CompareOptions, 'minutes' | 'seed' | 'engine' | 'signal' | 'onProgress'>

export function compareCommand(): Command {
  const command = new Command('compare')
    .description('trains n-grams and a recurrent model on the same text and compares them')
    .argument('[FILE]', `a text in UTF-8, - for standard input, or ${GRAMMAR}: sentences of a grammar`, GRAMMAR)
  return addFlags(command, schema).action(async (path: string) => {
    const flags = readFlags(command, schema)
    const { minutes, seed, unit = 'character' } = flags
    const file = path === GRAMMAR && !fileReader.exists(path) ? undefined : path
    if (file === undefined && flags.unit === 'character')
      throw new UsageError(`compare: --unit must be word for ${GRAMMAR}; got character; leave it out`)
    if (file !== undefined) await checkNoModel(command, file)
    const splits = file === undefined ? undefined : splitCorpus(await readCorpus(file), { seed })
    const engine = await openEngine(engineOptionsOf(flags))
    const progress = new TrainingProgress('tokens')
    const interrupt = watchInterrupt(() => progress.note('training ends here; Ctrl-C again ends at once'))
    try {
      progress.note(`backend: ${engine.description}${engine.reason ? ` (${engine.reason})` : ''}`)
      const shared = { minutes, seed, engine, signal: interrupt.signal, onProgress: shown(progress) }
      const onText = splits && (await compareModels(splits, { ...shared, unit }))
      const onGrammar = !splits || flags.agreement ? await compareOnGrammar(shared, progress) : undefined
      if (flags.json)
        await write(`${JSON.stringify({ ...facts(flags, path, onText), ...onGrammarRecord(onGrammar) })}\n`)
      else {
        if (splits && onText) await write(textTable(splits, onText, { unit, seed, minutes }))
        if (onText && onGrammar) await write('\n')
        if (onGrammar) await write(grammarTable(onGrammar, { seed, minutes }))
      }
      if (interrupt.signal.aborted) process.exitCode = 130
    } finally {
      progress.stop()
      interrupt.release()
      engine.close()
    }
  })
}

function compareOnGrammar(shared: Shared, progress: TrainingProgress): Promise<AgreementComparison> {
  progress.note(`${GRAMMAR}: sentences of Elman’s grammar, as: boys who Mary sees walk .`)
  return agreementByDistance(shared)
}

/** Progress on standard error: a line for each n-gram model, the bar for the recurrent one. */
function shown(progress: TrainingProgress): (event: CompareProgress) => void {
  let running = false
  return event => {
    if (event.stage === 'fitted') {
      progress.note(`${event.model}: counted in ${decimals(event.seconds, 1)} s`)
      return
    }
    if (!running) progress.start()
    running = true
    progress.show(event.event)
    if (event.event.fraction < 1) return
    progress.stop()
    running = false
  }
}

function facts(
  { minutes, seed, unit = 'character' }: z.output<typeof schema>,
  data: string,
  models: readonly ComparedModel[] | undefined,
) {
  return { data, minutes, seed, ...(models ? { unit, models } : {}) }
}

const onGrammarRecord = (agreement: AgreementComparison | undefined) => (agreement ? { agreement } : {})

interface Circumstances {
  readonly minutes: number
  readonly seed: number
}

function textTable(
  { train }: TextSplits,
  models: readonly ComparedModel[],
  { unit, seed, minutes }: Circumstances & { readonly unit: string },
): string {
  const [{ tokens, unknown }] = models
  const strange = unknown > 0 ? `, ${whole(unknown)} of them unknown, one symbol to all` : ''
  const what = unit === 'word' ? 'words and line ends' : 'characters'
  return `${table(modelRows(models))}
trained on ${whole(train.length)} characters of ${train.name.replace(/ \(training\)$/, '')}; ${minutesInWords(minutes)}, seed ${seed}
each model foretells the same ${whole(tokens)} held-out ${what}${strange}; to each a line end stands before the text
n-grams: interpolated modified Kneser-Ney; ${passes(models)}
`
}

function grammarTable(result: AgreementComparison, { seed, minutes }: Circumstances): string {
  const { models, byDistance, trainingSentences, testSentences } = result
  const names = Object.keys(byDistance)
  const [first] = Object.values(byDistance)
  const accuracies = [
    ['words from subject to verb', 'sentences', ...names],
    ...first.map(({ distance, sentences }, i) => [
      String(distance),
      whole(sentences),
      ...names.map(name => decimals(byDistance[name][i].accuracy)),
    ]),
  ]
  return `${table(modelRows(models))}
how often the main verb’s right form is likelier than the other one (boys who Mary sees walk, not walks); 0.5 is chance:

${table(accuracies)}
trained on ${whole(trainingSentences)} sentences of Elman’s grammar of relative clauses, asked about ${whole(testSentences)} others; ${minutesInWords(minutes)}, seed ${seed}
a 5-gram sees 4 words; where it does not see the subject, a verb two words after it may tell the number (boys who chase …)
n-grams: interpolated modified Kneser-Ney; ${passes(models)}
`
}

const modelRows = (models: readonly ComparedModel[]) => [
  ['model', 'perplexity', 'bits per character', 'stored', 'bytes', 'training'],
  ...models.map(({ model, perplexity, bitsPerCharacter, ngrams, parameters, bytes, seconds }) => [
    model,
    decimals(perplexity, perplexity < 100 ? 3 : 1),
    decimals(bitsPerCharacter),
    ngrams === undefined ? `${whole(parameters ?? 0)} parameters` : `${whole(ngrams)} n-grams   `,
    whole(bytes),
    `${decimals(seconds, 1)} s`,
  ]),
]

const minutesInWords = (minutes: number) => `${minutes} ${minutes === 1 ? 'minute' : 'minutes'} for all models`

function passes(models: readonly ComparedModel[]): string {
  const last = models[models.length - 1]
  return `the ${last.model} has gone over its text ${decimals(last.epochs, 1)} times`
}
