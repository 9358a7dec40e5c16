/* One direction against both (Schuster & Paliwal 1997), on a gap whose filling is decided by the word behind it: a or an? */

import { gru } from '../cells/gru.js'
import type { Engine } from '../engine/engine.js'
import { Linear } from '../layers/linear.js'
import type { Parameter } from '../layers/parameter.js'
import { Recurrent } from '../layers/recurrent.js'
import type { BatchSource, Trainable } from '../models/shared/trainable.js'
import { fold, Random, seedKey } from '../random.js'
import { train } from '../tasks/train.js'
import { figure, type Lesson, table, text } from './lesson.js'

const GAP = '_'
const OTHERS = ['I', 'see', 'find', 'we', 'have', 'now', 'and', 'here']
const NOUNS = ['apple', 'owl', 'egg', 'island', 'umbrella', 'dog', 'tree', 'house', 'bird', 'ship']
const VOCABULARY = [GAP, ...OTHERS, ...NOUNS]
/** What is said of each word: nothing, or how the gap is filled. */
const TAGS = ['', 'a', 'an']
const LENGTH = 12
const HIDDEN = 24
const STEPS = 200

const articleOf = (noun: string) => (/^[aeiou]/.test(noun) ? 'an' : 'a')

interface Sentences {
  /** int32 [time, batch] */
  readonly words: Int32Array
  /** Tags, in the same order. */
  readonly tags: Int32Array
  readonly batchSize: number
}

function sentences(batchSize: number, random: Random): Sentences {
  const words = new Int32Array(LENGTH * batchSize)
  const tags = new Int32Array(LENGTH * batchSize)
  for (let b = 0; b < batchSize; b++)
    for (let t = 0; t < LENGTH; t++) {
      const at = t * batchSize + b
      if (t < LENGTH - 1 && random.chance(0.3)) {
        const noun = random.choose(NOUNS)
        words[at] = VOCABULARY.indexOf(GAP)
        tags[at] = TAGS.indexOf(articleOf(noun))
        words[at + batchSize] = VOCABULARY.indexOf(noun)
        t++
      } else words[at] = VOCABULARY.indexOf(random.choose(OTHERS))
    }
  return { words, tags, batchSize }
}

/** Recurrent layers and an output layer that says something of every step. */
class Gaps implements Trainable<Sentences> {
  readonly parameters: readonly Parameter[]
  private readonly layers: Recurrent
  private readonly output: Linear

  constructor(
    private readonly engine: Engine,
    bidirectional: boolean,
    seed: number,
  ) {
    // Half the units in each direction: both models are about the same size.
    const hiddenSize = bidirectional ? HIDDEN / 2 : HIDDEN
    const shape = { cell: gru, inputSize: VOCABULARY.length, hiddenSize, bidirectional }
    this.layers = new Recurrent(engine, { ...shape, name: 'recurrent' })
    this.output = new Linear(engine, { inputs: this.layers.outputSize, outputs: TAGS.length, name: 'output' })
    this.parameters = [...this.layers.parameters, ...this.output.parameters]
    const random = new Random(fold(seedKey(seed), 'initialisation'))
    this.layers.initialise(random)
    this.output.initialise(random)
  }

  get parameterCount(): number {
    return this.parameters.reduce((count, { value }) => count + value.size, 0)
  }

  loss({ words, tags, batchSize }: Sentences) {
    return this.output.loss(this.hidden(words, batchSize), this.engine.tokens(tags))
  }

  private hidden(words: Int32Array, batchSize: number) {
    return this.layers.forward(this.engine.tokens(words, [LENGTH, batchSize]), this.layers.zeroState(batchSize)).output
  }

  /** What it says of each step. */
  tags({ words, batchSize }: Sentences): Int32Array {
    const { engine } = this
    const scores = engine.scope(() => engine.read(this.output.forward(this.hidden(words, batchSize))))
    return Int32Array.from({ length: words.length }, (_, i) => {
      const own = scores.subarray(i * TAGS.length, (i + 1) * TAGS.length)
      return own.indexOf(own.reduce((most, score) => Math.max(most, score), -Infinity))
    })
  }

  close(): void {
    for (const parameter of this.parameters) parameter.release()
  }
}

/** Of the gaps, how many are filled right. */
function rightShare(found: Int32Array, { tags }: Sentences): number {
  const gaps = [...tags.keys()].filter(i => tags[i] > 0)
  return gaps.filter(i => found[i] === tags[i]).length / gaps.length
}

export const bidirectional: Lesson = {
  name: 'bidirectional',
  question: 'When is the past not enough?',
  async *run({ engine, seed }) {
    const batches: BatchSource<Sentences> = {
      batchesPerEpoch: STEPS,
      batch: (_, index) => sentences(32, new Random(fold(seedKey(seed), 'lessonData', index + 1))),
    }
    const heldOut = sentences(200, new Random(fold(seedKey(seed), 'lessonData', 0)))
    yield text(
      'Sentences of random words with gaps: “I see _ owl and have _ dog”. Each gap is filled with a or an, which the word behind it decides.\nOne direction has only read what stands before the gap. A second one, from the end, has read what stands behind.',
    )
    const rows: string[][] = []
    const fillings: string[][] = []
    for (const both of [false, true]) {
      const model = new Gaps(engine, both, seed)
      await train(model, { train: batches }, { steps: STEPS, learningRate: 0.01, seed })
      const found = model.tags(heldOut)
      const named = both ? 'both directions' : 'one direction'
      const units = both ? `2 × ${HIDDEN / 2}` : String(HIDDEN)
      rows.push([named, units, String(model.parameterCount), figure(rightShare(found, heldOut))])
      fillings.push(Array.from({ length: LENGTH }, (_, t) => TAGS[found[t * heldOut.batchSize]]))
      model.close()
    }
    yield table(['GRU', 'units', 'parameters', `gaps filled right after ${STEPS} steps`], ...rows)
    const first = Array.from({ length: LENGTH }, (_, t) => t * heldOut.batchSize)
    yield table(
      ['word', 'right', 'one direction', 'both'],
      ...first.map((at, t) => [VOCABULARY[heldOut.words[at]], TAGS[heldOut.tags[at]], fillings[0][t], fillings[1][t]]),
    )
    yield text(
      'Half of the nouns begin with a vowel: one direction guesses. Both directions are for texts that are whole before an answer is due (classes, tags,\ntranslation’s source); a language model that foretells the next word must not see it: it has one.',
    )
  },
}
