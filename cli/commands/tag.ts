/* recurra tag MODEL FILE: the tag of each word of each line. */
import { Command } from 'commander'
import { z } from 'zod'
import { taggerTask } from '../../src/index.js'
import { wordsOf } from '../../src/models/tagger/tagger.js'
import { lineBatches } from '../../src/node/index.js'
import { commonSchema, engineOptionsOf, engineSchema } from '../flags/commonFlags.js'
import { addFlags, readFlags, UsageError } from '../flags/flags.js'
import { recurrentModelArgument, takesModels, withModel } from '../flags/models.js'
import { write } from '../output/output.js'

const schema = z.strictObject({
  text: z.string().optional().describe('the sentence itself'),
  json: z.boolean().default(false).describe('one JSON object a sentence: words and tags'),
  ...engineSchema.shape,
  ...commonSchema.shape,
})

const kinds = [taggerTask]

export function tagCommand(): Command {
  const command = new Command('tag')
    .description(
      'tags sentences, one a line, words set apart by spaces: a word, a tab and its tag a line, and an empty line after each',
    )
    .argument('<MODEL>', recurrentModelArgument)
    .argument('[FILE]', 'sentences in UTF-8, one a line; - is standard input')
  return addFlags(takesModels(command, kinds), schema).action(async (path: string, file: string | undefined) => {
    const flags = readFlags(command, schema)
    if ((file === undefined) === (flags.text === undefined))
      throw new UsageError(`tag: give a FILE or --text, ${flags.text === undefined ? 'one of them' : 'not both'}`)
    await withModel(command, path, engineOptionsOf(flags), kinds, async model => {
      for await (const lines of flags.text === undefined ? batchesOf(file as string) : [[flags.text]]) {
        // A line without words is no sentence.
        const sentences = lines.map(wordsOf).filter(({ length }) => length > 0)
        for (const { words, tags } of await model.tag(sentences))
          await write(
            flags.json
              ? `${JSON.stringify({ words, tags })}\n`
              : `${words.map((word, t) => `${word}\t${tags[t]}\n`).join('')}\n`,
          )
      }
    })
  })
}

async function* batchesOf(file: string): AsyncGenerator<readonly string[], void, undefined> {
  for await (const { lines } of lineBatches(file)) yield lines
}
