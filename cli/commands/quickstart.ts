/* recurra quickstart [FILE]: what `npm start` runs. A character model learns to write in about a minute, seen getting
 * better on the way. */
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { Command } from 'commander'
import { z } from 'zod'
import { scoreOf } from '../../src/compare/compare.js'
import { fitNGram } from '../../src/compare/rivals.js'
import {
  type DataSource,
  type LanguageModel,
  languageModelTask,
  openEngine,
  type TestReport,
  type TextSplits,
  trainingSchema,
} from '../../src/index.js'
import { decimals } from '../../src/inspection/index.js'
import { RunFolder, readCorpus, readLibraryDeclarations, splitCorpus } from '../../src/node/index.js'
import { textSource } from '../../src/tasks/languageModel/textParts.js'
import { commonSchema, engineOptionsOf, engineSchema } from '../flags/commonFlags.js'
import { addFlags, readFlags } from '../flags/flags.js'
import { write } from '../output/output.js'
import { TrainingProgress } from '../output/progress.js'
import { report } from '../output/report.js'
import { backendLine, resultLine, trainInFolder } from './trainingSession.js'

const FOLDER = 'runs/quickstart'

/** What the TypeScript declarations are to be continued from: after `interface ` alone an English comment may go on. */
const PROMPT = 'interface HTML'

/** When the samples on the way are taken: as parts of the whole. Early ones differ most. */
const SAMPLES = [0.02, 0.1, 0.3, 0.65]
const SAMPLE_LENGTH = 150
const LENGTH = 600
const TEMPERATURE = 0.7

const BATCH_SIZE = 32
const TIME_STEPS = 64
/** From here it falls to 0 within the time, as half a cosine. */
const LEARNING_RATE = 0.012

const schema = z.strictObject({
  minutes: z.number().positive().default(0.9).describe('time to train'),
  seed: trainingSchema.shape.seed,
  ...engineSchema.shape,
  ...commonSchema.shape,
})

export function quickstartCommand(): Command {
  const command = new Command('quickstart')
    .description(`trains a small language model for about a minute and keeps it in ${FOLDER}`)
    .argument('[FILE]', 'your own text in UTF-8 (default: the declarations of the TypeScript library)')
  return addFlags(command, schema).action(async (path: string | undefined) => {
    const flags = readFlags(command, schema)
    await RunFolder.checkParent(dirname(FOLDER))
    const { source: read, prompt } = await readData(path, flags.seed)
    let sampled = 0
    const engine = await openEngine(engineOptionsOf(flags))
    const progress = new TrainingProgress('characters')
    progress.note(backendLine(engine))
    const options = { cell: 'lstm', hiddenSize: 256, numLayers: 1, embeddingSize: 64 } as const
    const values = { data: read.name, ...options, seed: flags.seed }
    const source = languageModelTask.withData(values, read)
    const characters = read.data.train.length
    const outcome = await trainInFolder<LanguageModel>({
      ...{ task: languageModelTask, source, progress },
      model: await source.create({ flags: {}, engine, note: line => progress.note(line) }),
      values: languageModelTask.schema.parse(values),
      training: trainingSchema.parse({
        minutes: flags.minutes,
        seed: flags.seed,
        batchSize: lanesFor(characters),
        timeSteps: Math.min(TIME_STEPS, Math.max(1, characters - 1)),
        learningRate: LEARNING_RATE,
        schedule: 'cosine',
        scheduleMinutes: flags.minutes,
        samples: 0,
      }),
      flags: { tensorboard: false, watchGradients: false, onFailedSave: 'stop' },
      makeFolder: options => RunFolder.create(FOLDER, { ...options, replace: true }),
      onEvent: async (model, { fraction, step }, progress) => {
        if (!(fraction >= SAMPLES[sampled])) return
        while (fraction >= SAMPLES[sampled]) sampled++
        const text = await sampleOf(model, prompt)
        progress.note(`\nafter ${step} steps it writes:\n${indented(prompt + text)}\n`)
      },
    })
    const {
      run,
      result,
      test,
      model: { model },
    } = outcome
    try {
      report(`${resultLine(result)}\n`)
      if (!test) return
      report(`held-out text: ${test.lines}\n`)
      report(`${countingLine(model, read.data, test)}\n\n`)
      await write(prompt)
      for await (const piece of model.generate({ prompt, length: LENGTH, temperature: TEMPERATURE })) await write(piece)
      await write(`\n\nkept in ${run.path}; go on with:\n`)
      for (const line of goingOn(path, prompt, read.data)) await write(`${line}\n`)
    } finally {
      model.close()
      model.engine.close()
    }
  })
}

async function readData(
  path: string | undefined,
  seed: number,
): Promise<{ source: DataSource<TextSplits>; prompt: string }> {
  if (path === undefined) {
    const corpus = await readLibraryDeclarations({ seed })
    return {
      source: textSource(corpus, 'TypeScript library declarations', [corpus.train, corpus.validation, corpus.test]),
      prompt: PROMPT,
    }
  }
  const whole = await readCorpus(path)
  return { source: textSource(splitCorpus(whole, { seed }), path, [whole]), prompt: '' }
}

/** What counting alone gives, on the same training text and the same held-out characters. */
function countingLine({ tokenizer }: LanguageModel, { train, test }: TextSplits, { loss }: TestReport): string {
  const counted = fitNGram(train, 5, tokenizer)
  const score = scoreOf(counted.model, test)
  const ahead = score.loss < loss ? '; after so short a training counting is still ahead' : ''
  return `held-out text: 5-gram ${decimals(score.loss)} nats per character (counted in ${decimals(counted.seconds, 1)} s), LSTM ${decimals(loss)}${ahead}`
}

/** A short text gets fewer lanes, so that each has some stretches to follow one another. */
const lanesFor = (characters: number) => Math.max(1, Math.min(BATCH_SIZE, Math.floor(characters / (8 * TIME_STEPS))))

async function sampleOf(model: LanguageModel, prompt: string): Promise<string> {
  let text = ''
  for await (const piece of model.generate({ prompt, length: SAMPLE_LENGTH, temperature: TEMPERATURE })) text += piece
  return text
}

const indented = (text: string) =>
  text
    .split('\n')
    .map(line => `    ${line}`)
    .join('\n')

/** Three lines that run as pasted. */
function goingOn(path: string | undefined, prompt: string, { train }: TextSplits): string[] {
  const begin = prompt ? ` --prompt "${prompt}"` : ''
  const word = /\p{L}{3,12}/u.exec([...train.chunks(0, 1000)].join(''))?.[0] ?? ''
  const text = prompt || word
  return [
    `npx recurra generate ${FOLDER}${begin} --temperature ${TEMPERATURE}`,
    `npx recurra next ${FOLDER} --text "${text}"`,
    `npx recurra eval ${FOLDER} ${quoted(path === undefined || path === '-' ? textAtHand() : path)}`,
  ]
}

/** Something in the current folder to measure the model on: declarations that it has not seen, if this is a clone. */
const textAtHand = () =>
  ['dist/src/engine/engine.d.ts', 'README.md', 'package.json'].find(file => existsSync(file)) ?? '-'

/** A path as one word of a shell. */
const quoted = (path: string) => (/^[\w./@%+,:-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)
