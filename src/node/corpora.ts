// Corpora on disk: a file becomes the three parts that training, validation and test take.
import { ConfigurationError } from '../errors.js'
import { type SplitOptions, splitText, type TextSplits } from '../text/corpus.js'
import { readTextFile } from './files.js'

export type ReadTextOptions = Pick<SplitOptions, 'seed' | 'validation' | 'test'>

/**
 * A text file (UTF-8; `-` is standard input), cut at line ends and split by seed into training, validation and test.
 * Throws ConfigurationError when the file cannot be read, is empty or too short for three parts, FileFormatError when
 * it is not UTF-8.
 */
export async function readText(path: string, options: ReadTextOptions = {}): Promise<TextSplits> {
  const text = await readTextFile(path)
  const name = path === '-' ? 'standard input' : path
  if (text.trim() === '') {
    const came = text === '' ? 'is empty' : 'holds nothing but white space'
    throw new ConfigurationError(`${name}: a text to train on must hold characters; it ${came}; give another file`)
  }
  return splitText(text, { ...options, name })
}
