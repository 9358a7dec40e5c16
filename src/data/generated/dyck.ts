/* Dyck languages: well-nested brackets of several kinds, nested at most `depth` deep (Dyck-(k, m): Hewitt et al. 2020).
 * Which bracket closes next can only be known by remembering all that are open: what a stack does. */
import { ConfigurationError } from '../../errors.js'
import type { Random } from '../../random.js'
import { defineCorpus, type GenerateCorpusOptions } from './generatedCorpus.js'

export interface DyckOptions extends GenerateCorpusOptions {
  /** Kinds of brackets, 1 … 4: (), [], {}, <>. Default 2. */
  kinds?: number | undefined
  /** Brackets open at once at most. Default 6. */
  depth?: number | undefined
  /** Characters at most. Default 60. */
  length?: number | undefined
}

const brackets = ['()', '[]', '{}', '<>']

function word(random: Random, kinds: number, depth: number, length: number): string {
  const pairs = random.integer(1, Math.floor(length / 2))
  const open: string[] = []
  let text = ''
  for (let opened = 0; opened < pairs || open.length > 0; ) {
    const mayOpen = opened < pairs && open.length < depth
    if (mayOpen && (open.length === 0 || random.chance(0.5))) {
      const kind = brackets[random.integer(0, kinds - 1)]
      text += kind[0]
      open.push(kind[1])
      opened++
    } else text += open.pop()
  }
  return text
}

export const dyck = defineCorpus<string, DyckOptions>({
  name: 'dyck',
  task: 'lm',
  description:
    'Words of a Dyck language: brackets of two kinds, well nested up to six deep, at most sixty characters. To predict ' +
    'the bracket that closes, a model must remember all that are open.',
  fileForm: 'one word a line',
  defaultCount: 20_000,
  drawer: ({ kinds = 2, depth = 6, length = 60 }) => {
    const whole = (value: number, least: number, most: number) =>
      Number.isSafeInteger(value) && value >= least && value <= most
    if (!whole(kinds, 1, brackets.length)) {
      throw new ConfigurationError(`dyck: kinds must be a whole number in 1 … ${brackets.length}; got ${kinds}`)
    }
    if (!whole(depth, 1, Infinity)) {
      throw new ConfigurationError(`dyck: depth must be a whole number from 1 on; got ${depth}`)
    }
    if (!whole(length, 2, Infinity)) {
      throw new ConfigurationError(`dyck: length must be a whole number from 2 on; got ${length}`)
    }
    return random => word(random, kinds, depth, length)
  },
  linesOf: text => `${text}\n`,
})
