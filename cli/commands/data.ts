/* recurra data NAME: a built-in corpus, made from a seed, as a file. */
import { Command } from 'commander'
import { z } from 'zod'
import { generatedCorpora, generatedCorpus } from '../../src/index.js'
import { whole } from '../../src/inspection/index.js'
import { commonSchema } from '../flags/commonFlags.js'
import { addFlags, asUsage, readFlags } from '../flags/flags.js'
import { checkFree, writeNew } from '../output/outFile.js'
import { write } from '../output/output.js'
import { report } from '../output/report.js'

const schema = z.strictObject({
  out: z.string().default('-').describe('the file; - is standard output'),
  seed: z.int().min(0).default(1).describe('same seed, same corpus'),
  count: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('number of items, all different (default: the corpus’s own)'),
  json: z.boolean().default(false).describe('the list of corpora as JSON on one line of standard output'),
  ...commonSchema.shape,
})

export function dataCommand(): Command {
  const command = new Command('data')
    .description('writes a built-in corpus to a file, or lists them')
    .argument('[NAME]', `${Object.keys(generatedCorpora).join(', ')} (default: lists them with what they are)`)
  return addFlags(command, schema).action(async (name: string | undefined) => {
    const { out, seed, count, json } = readFlags(command, schema)
    if (name === undefined) return list(json)
    const corpus = await asUsage(() => generatedCorpus(name))
    if (out !== '-') await checkFree(out)
    const file = (await asUsage(() => corpus.generate({ seed, count }))).toFile()
    if (out === '-') return write(file)
    await writeNew(out, file)
    report(`${out}: ${whole(count ?? corpus.defaultCount)} items; ${corpus.fileForm}\n`)
  })
}

async function list(json: boolean): Promise<void> {
  const corpora = Object.values(generatedCorpora).map(({ name, task, description, fileForm, defaultCount }) => ({
    name,
    task,
    description,
    fileForm,
    defaultCount,
  }))
  if (json) return write(`${JSON.stringify(corpora)}\n`)
  for (const { name, task, description, fileForm, defaultCount } of corpora)
    await write(
      `${name} (for ${task}; ${whole(defaultCount)} items)\n${wrapped(description)}\n${wrapped(`File: ${fileForm}.`)}\n\n`,
    )
}

/** Lines of at most 96 characters, indented. */
function wrapped(text: string): string {
  const lines = ['']
  for (const word of text.split(/\s+/)) {
    const last = lines.length - 1
    if (lines[last] !== '' && lines[last].length + word.length >= 96) lines.push(word)
    else lines[last] += lines[last] === '' ? word : ` ${word}`
  }
  return lines.map(line => `    ${line}`).join('\n')
}
