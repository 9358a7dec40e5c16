/* Teacher forcing (Williams & Zipser 1989): in training the true word is fed at every step, in use the model's own. A model
 * that has never fed itself does not know its own mistakes (exposure bias); scheduled sampling lets it meet them (Bengio et
 * al. 2015). */

import { TextCorpus } from '../data/corpora/corpus.js'
import { LanguageModel } from '../models/languageModel/languageModel.js'
import { train } from '../tasks/train.js'
import { figure, type Lesson, type LessonPart, table, text } from './lesson.js'

const SENTENCES = [
  'This is a cat.',
  'That was an old dog.',
  'Here are two small birds.',
  'It is the cat of the old man.',
  'There was a dog in the small house.',
  'These are the birds of the house.',
  'Those were two old cats.',
  'Now the dog is in a house.',
]
const SHOWN = SENTENCES[0]
/** So few steps that it still errs. */
const FEW = 14
/** Of the steps that sampling feeds the truth. */
const SHARE = 0.75
const MORE = [20, 40, 60, 90]

interface Step {
  readonly fed: string
  readonly predicted: string
  readonly truth: string
}

/** What the model foretells at each step of a sentence, fed the truth or what it has foretold itself. */
function stepsOf(model: LanguageModel, sentence: string, forced: boolean): Step[] {
  const { tokenizer } = model
  const { start } = tokenizer
  const truth = [...tokenizer.encode(sentence), start]
  const reading = model.read()
  const steps: Step[] = []
  let fed = start
  for (const right of truth) {
    if (steps.length > 0) reading.push([fed])
    const next = reading.next()
    const predicted = next.reduce((best, value, token) => (value > next[best] ? token : best), 0)
    const shown = (token: number) => (token === start ? '(line end)' : tokenizer.decode([token]).trim())
    steps.push({ fed: shown(fed), predicted: shown(predicted), truth: shown(right) })
    fed = forced || steps.length === 1 ? right : predicted
  }
  reading.close()
  return steps
}

/** Share of words that are right after the first, which is given. */
function rightShare(model: LanguageModel, forced: boolean): number {
  const steps = SENTENCES.flatMap(sentence => stepsOf(model, sentence, forced).slice(1))
  return steps.filter(({ predicted, truth }) => predicted === truth).length / steps.length
}

const shownSteps = (steps: readonly Step[]): LessonPart =>
  table(
    ['fed', 'predicted', 'true', ''],
    ...steps.map(({ fed, predicted, truth }, i) => [
      fed,
      predicted,
      truth,
      i > 0 && predicted !== truth ? 'wrong' : '',
    ]),
  )

export const teacherForcing: Lesson = {
  name: 'teacher-forcing',
  question: 'What is fed at each step, the true word or the model’s own?',
  async *run({ engine, seed }) {
    const corpus = new TextCorpus(`${SENTENCES.join('\n')}\n`.repeat(4), 'sentences')
    const shape = { unit: 'word', wordBoundaries: 'unicode', cell: 'gru', hiddenSize: 24, numLayers: 1 } as const
    const training = { algorithm: 'sentence', batchSize: 8, learningRate: 0.01, seed } as const
    const create = () => LanguageModel.create({ corpus, ...shape, seed, engine })
    const model = await create()
    await train(model, { train: corpus }, { ...training, steps: FEW })
    yield text(
      `A GRU over words, trained for ${FEW} steps on ${SENTENCES.length} sentences: so little that it errs. “${SHOWN}”, its first word given.\n\nWith teacher forcing the true word is fed, whatever was predicted; a mistake stays one:`,
    )
    yield shownSteps(stepsOf(model, SHOWN, true))
    yield text('Without it the model is fed what it has predicted; after a mistake it goes on from there:')
    yield shownSteps(stepsOf(model, SHOWN, false))
    model.close()
    yield text(
      'Two cures: train on, until there is no first mistake; or let training feed some of the model’s own words, here a quarter (scheduled\nsampling), so that it learns to go on from them. Share of right words in all sentences:',
    )
    const rows: string[][] = []
    for (const steps of MORE) {
      const row = [String(steps)]
      for (const own of [{}, { teacherForcing: SHARE }]) {
        const trained = await create()
        await train(trained, { train: corpus }, { ...training, ...own, steps })
        row.push(figure(rightShare(trained, true), 2), figure(rightShare(trained, false), 2))
        trained.close()
      }
      rows.push(row)
    }
    yield table(
      ['steps of training', 'forced: fed the truth', 'fed its own', 'sampled: fed the truth', 'fed its own'],
      ...rows,
    )
    yield text(
      'Forced training learns fastest and is the default: here it closes the gap between its two columns by itself. Sampling pays for what it learns of\nits own mistakes with slower learning; it is for texts so uncertain that mistakes never end: --teacher-forcing 0.75, or a share\nthat falls by --teacher-forcing-schedule.',
    )
  },
}
