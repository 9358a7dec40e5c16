/* recurra classify MODEL FILE: the class of each line, and how likely. */
import { Command } from 'commander'
import { z } from 'zod'
import { type Classification, type Classifier, classifierTask } from '../../src/index.js'
import { decimals, visible } from '../../src/inspection/index.js'
import { lineBatches } from '../../src/node/index.js'
import { commonSchema, engineOptionsOf, engineSchema } from '../flags/commonFlags.js'
import { addFlags, readFlags, UsageError } from '../flags/flags.js'
import { recurrentModelArgument, takesModels, withModel } from '../flags/models.js'
import { write } from '../output/output.js'
import { report } from '../output/report.js'

const schema = z.strictObject({
  text: z.string().optional().describe('the text itself'),
  top: z.int().min(1).default(3).describe('how many classes are shown with their probabilities'),
  json: z.boolean().default(false).describe('one JSON object a line, with the probabilities of all classes'),
  ...engineSchema.shape,
  ...commonSchema.shape,
})

const kinds = [classifierTask]

export function classifyCommand(): Command {
  const command = new Command('classify')
    .description('tells the class of each line, and how likely it is: label, a tab, the likeliest with probabilities')
    .argument('<MODEL>', recurrentModelArgument)
    .argument('[FILE]', 'texts in UTF-8, one a line; - is standard input')
  return addFlags(takesModels(command, kinds), schema).action(async (path: string, file: string | undefined) => {
    const flags = readFlags(command, schema)
    if ((file === undefined) === (flags.text === undefined))
      throw new UsageError(`classify: give a FILE or --text, ${flags.text === undefined ? 'one of them' : 'not both'}`)
    await withModel(command, path, engineOptionsOf(flags), kinds, async model => {
      let empty = 0
      for await (const lines of flags.text === undefined ? batchesOf(file as string) : [[flags.text]])
        empty += await classifyLines(model, lines, flags)
      if (empty > 0) report(`${empty === 1 ? 'a line holds' : `${empty} lines hold`} no text: no class is told there\n`)
    })
  })
}

async function* batchesOf(file: string): AsyncGenerator<readonly string[], void, undefined> {
  for await (const { lines } of lineBatches(file)) yield lines
}

/** Writes a line for each, an empty one where there is no text; returns how many these were. */
async function classifyLines(
  model: Classifier,
  lines: readonly string[],
  flags: { readonly top: number; readonly json: boolean },
): Promise<number> {
  const held = lines.filter(line => line.trim() !== '')
  const answers = (await model.classify(held))[Symbol.iterator]()
  for (const line of lines) {
    const answer = line.trim() === '' ? undefined : (answers.next().value as Classification)
    await write(`${shown(line, answer, model.configuration.labelSeparator, flags)}\n`)
  }
  return lines.length - held.length
}

function shown(
  text: string,
  answer: Classification | undefined,
  separator: string,
  { top, json }: { readonly top: number; readonly json: boolean },
): string {
  if (json) return JSON.stringify({ text, ...(answer ?? { label: null, labels: [], probabilities: {} }) })
  if (!answer) return ''
  const likeliest = Object.entries(answer.probabilities)
    .sort(([, a], [, b]) => b - a)
    .slice(0, top)
    .map(([label, probability]) => `${visible(label)} ${decimals(probability, 4)}`)
  return `${answer.labels.map(visible).join(separator)}\t${likeliest.join(', ')}`
}
