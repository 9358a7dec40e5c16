/* recurra inspect text MODEL FILE: a text coloured by the loss of each token or by one unit, with what the model thought
 * likelier; in the terminal, or as a page. */
import { Command } from 'commander'
import { z } from 'zod'
import { levelMeaning, MOST_LEVEL, paint } from '../../src/drawing/colouredText.js'
import { languageModelTask } from '../../src/index.js'
import {
  colouredPage,
  colouredText,
  decimals,
  type Shown,
  type TextView,
  table,
  unitOf,
  viewText,
  visible,
  whole,
} from '../../src/inspection/index.js'
import { VIEW_TOKENS } from '../../src/inspection/textView.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from '../flags/commonFlags.js'
import { addFlags, asUsage, readFlags, UsageError } from '../flags/flags.js'
import { recurrentModelArgument, takesModels, withModel } from '../flags/models.js'
import { checkFree, writeNew } from '../output/outFile.js'
import { write } from '../output/output.js'
import { report } from '../output/report.js'
import { givenText, textArgument, textSchema } from './inspectedText.js'

const schema = z.strictObject({
  ...textSchema.shape,
  unit: z.string().optional().describe('colours by this unit, as 0:12, or 0:c12 for a unit of c'),
  loss: z.boolean().default(false).describe('colours by each token’s loss, which is also what happens without --unit'),
  guesses: z.int().min(0).max(50).default(5).describe('likeliest tokens told in each one’s place'),
  rows: z
    .int()
    .min(0)
    .default(10)
    .describe('tokens told with their figures, the most striking ones; all where N is large'),
  out: z.string().optional().describe('a page, FILE.html, with all figures, instead of colours in the terminal'),
  maxTokens: z.int().min(1).default(VIEW_TOKENS).describe('tokens looked at, from the beginning'),
  ...jsonSchema.shape,
  ...engineSchema.shape,
  ...commonSchema.shape,
})

const kinds = [languageModelTask]

export function inspectTextCommand(): Command {
  const command = new Command('text')
    .description('colours a text by each token’s loss or by one unit, with the guesses at each place')
    .argument('<MODEL>', recurrentModelArgument)
    .argument('[FILE]', textArgument)
  return addFlags(takesModels(command, kinds), schema).action(async (path: string, file: string | undefined) => {
    const flags = readFlags(command, schema)
    const { unit: name, guesses, maxTokens, out } = flags
    if (name !== undefined && flags.loss)
      throw new UsageError('inspect text: --unit and --loss exclude one another in colours; give one of them')
    const corpus = await givenText('inspect text', file, flags)
    if (out !== undefined) await checkFree(out)
    await withModel(command, path, engineOptionsOf(flags), kinds, async model => {
      const unit = name === undefined ? undefined : await asUsage(() => unitOf(name, model))
      const view = await asUsage(() => viewText(model, corpus, { unit, guesses, maxTokens }))
      if (out !== undefined) {
        await writeNew(out, colouredPage(view))
        report(`${out}: ${whole(view.tokens.length)} tokens\n`)
      }
      if (flags.json) await write(`${JSON.stringify(view)}\n`)
      else if (out === undefined) await write(told(view, flags.rows))
    })
  })
}

const hasColour = () => process.stdout.isTTY === true && process.stdout.getColorDepth() >= 8 && !process.env.NO_COLOR

function told(view: TextView, rows: number): string {
  const shown: Shown = view.unit === undefined ? 'loss' : 'unit'
  const colour = hasColour()
  const striking = strikingRows(view, shown, rows)
  return `${colouredText(view, { shown, colour })}
${legend(view, shown, colour)}
${whole(view.tokens.length)} tokens${view.cut ? ', the text goes on (--max-tokens)' : ''}: mean loss ${decimals(view.loss)} nats per token
${striking}`
}

function legend(view: TextView, shown: Shown, colour: boolean): string {
  const levels = shown === 'loss' ? [0, 3, 6, MOST_LEVEL] : [-MOST_LEVEL, -5, 0, 5, MOST_LEVEL]
  const names = levels.map(level => {
    const meaning = levelMeaning(level, view, shown)
    return colour ? paint(` ${meaning} `, level) : `${level}: ${meaning}`
  })
  return `${shown === 'loss' ? 'loss' : `unit ${view.unit}`}  ${names.join('  ')}`
}

/** The tokens with the largest loss, or where the unit is farthest from zero, in the order of the text. */
function strikingRows(view: TextView, shown: Shown, count: number): string {
  if (count === 0 || view.tokens.length === 0) return ''
  const measure = (i: number) => {
    const { loss, activation = 0 } = view.tokens[i]
    return shown === 'loss' ? loss : Math.abs(activation)
  }
  const places = view.tokens
    .map((_, i) => i)
    .sort((a, b) => measure(b) - measure(a))
    .slice(0, count)
    .sort((a, b) => a - b)
  const rows = places.map(i => {
    const { text, loss, activation, guesses } = view.tokens[i]
    const thought = guesses.map(guess => `${visible(guess.text)} ${decimals(100 * guess.probability, 1)}%`).join(' ')
    return [
      visible(text),
      String(i),
      decimals(loss),
      ...(activation === undefined ? [] : [decimals(activation)]),
      thought,
    ]
  })
  const head = [
    'token',
    'place',
    'loss',
    ...(view.unit === undefined ? [] : [`unit ${view.unit}`]),
    'guesses in its place',
  ]
  const what = shown === 'loss' ? 'with the largest loss' : 'where the unit is farthest from zero'
  return `\nthe ${whole(places.length)} tokens ${what}:\n${table([head, ...rows])}`
}
