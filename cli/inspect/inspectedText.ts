/* A text that is looked into, from a file, standard input or --text. */
import { z } from 'zod'
import { TextCorpus } from '../../src/index.js'
import { readCorpus } from '../../src/node/index.js'
import { UsageError } from '../flags/flags.js'

export const textSchema = z.strictObject({ text: z.string().optional().describe('the text itself') })

export const textArgument = 'a text in UTF-8; - is standard input'

/** @throws UsageError where both or neither are given */
export async function givenText(
  verb: string,
  file: string | undefined,
  { text }: z.output<typeof textSchema>,
): Promise<TextCorpus> {
  if ((file === undefined) === (text === undefined))
    throw new UsageError(`${verb}: give a FILE or --text, ${file === undefined ? 'one of them' : 'not both'}`)
  return text === undefined ? readCorpus(file as string) : new TextCorpus(text, '--text')
}
