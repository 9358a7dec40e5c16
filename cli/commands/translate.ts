/* recurra translate MODEL [FILE|-]: a translation for every line, in the lines' order. */
import { Command } from 'commander'
import { z } from 'zod'
import { searchSchema, type Translation, translatorTask } from '../../src/index.js'
import { attentionPicture, decimals } from '../../src/inspection/index.js'
import { lineBatches } from '../../src/node/index.js'
import { commonSchema, engineOptionsOf, engineSchema } from '../flags/commonFlags.js'
import { addFlags, asUsage, readFlags, UsageError } from '../flags/flags.js'
import { recurrentModelArgument, takesModels, withModel } from '../flags/models.js'
import { checkFree, writeNew } from '../output/outFile.js'
import { write } from '../output/output.js'
import { report } from '../output/report.js'

const schema = z.strictObject({
  text: z.string().optional().describe('the text itself'),
  ...searchSchema.shape,
  nBest: z.int().min(1).default(1).describe('translations of each line: its number, log-probability and text, by tabs'),
  maxLength: z.int().min(1).optional().describe('tokens at most (default: twice the source’s and 10, at most 1000)'),
  replaceUnknown: z.boolean().default(false).describe('a word that is unknown is the source’s that was looked at most'),
  attention: z.string().optional().describe('a new file: the first line’s alignment as a picture (SVG)'),
  json: z.boolean().default(false).describe('one JSON object a line'),
  ...engineSchema.shape,
  ...commonSchema.shape,
})

const kinds = [translatorTask]

/** Lines translated together; what is read at once may be less. */
const AT_ONCE = 512

export function translateCommand(): Command {
  const command = new Command('translate')
    .description('translates lines')
    .argument('<MODEL>', recurrentModelArgument)
    .argument('[FILE]', 'lines in UTF-8; - is standard input', '-')
  return addFlags(takesModels(command, kinds), schema).action(async (path: string, file: string) => {
    const flags = readFlags(command, schema)
    if (flags.text !== undefined && command.args.length > 1)
      throw new UsageError('translate: give FILE or --text, not both')
    if (flags.nBest > flags.beamSize)
      throw new UsageError(`translate: --n-best must be at most --beam-size, ${flags.beamSize}; got ${flags.nBest}`)
    if (flags.attention !== undefined) await checkFree(flags.attention)
    await withModel(command, path, engineOptionsOf(flags), kinds, async model => {
      let number = 0
      for await (const lines of flags.text === undefined ? linesOf(file) : [[flags.text]]) {
        const found = await asUsage(() => model.translateAll(lines, flags))
        for (const [i, translations] of found.entries()) {
          number++
          if (number === 1 && flags.attention !== undefined) await draw(flags.attention, translations[0])
          await write(shown(number, lines[i], translations, flags))
          if (!translations[0].finished)
            report(
              `line ${number}: cut after ${translations[0].attention?.target.length ?? 'so many'} tokens; raise --max-length\n`,
            )
        }
      }
    })
  })
}

async function* linesOf(file: string): AsyncGenerator<readonly string[]> {
  for await (const { lines } of lineBatches(file))
    for (let from = 0; from < lines.length; from += AT_ONCE) yield lines.slice(from, from + AT_ONCE)
}

function shown(
  number: number,
  source: string,
  translations: readonly Translation[],
  { json, nBest }: { json: boolean; nBest: number },
): string {
  if (json) return `${JSON.stringify({ source, translations })}\n`
  // A line stays a line.
  const line = ({ text }: Translation) => text.replace(/[\r\n\u2028\u2029]+/g, ' ')
  if (nBest === 1) return `${line(translations[0])}\n`
  return translations.map(each => `${number}\t${decimals(each.logProbability, 4)}\t${line(each)}\n`).join('')
}

async function draw(path: string, { attention }: Translation): Promise<void> {
  if (!attention)
    throw new UsageError(
      'translate: --attention needs a translator with attention and a line with text; there is none to draw',
    )
  await writeNew(path, attentionPicture(attention))
}
