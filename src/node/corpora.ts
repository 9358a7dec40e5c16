// Corpora on disk: a file becomes the three parts that training, validation and test take.
import { ConfigurationError } from '../errors.js'
import { type SplitOptions, splitText, TextCorpus, type TextSplits } from '../text/corpus.js'
import { readTextFile } from './files.js'

export type ReadTextOptions = Pick<SplitOptions, 'seed' | 'validation' | 'test'>

/**
 * A text file as a corpus, whole; `-` is standard input.
 * Throws ConfigurationError when the file cannot be read, FileFormatError when it is not UTF-8.
 */
export async function readCorpus(path: string): Promise<TextCorpus> {
  return new TextCorpus(await readTextFile(path), path === '-' ? 'standard input' : path)
}

/**
 * A corpus cut at line ends and split by seed into training, validation and test.
 * Throws ConfigurationError when it is empty or too short for three parts.
 */
export function splitCorpus({ text, name }: TextCorpus, options: ReadTextOptions = {}): TextSplits {
  if (text.trim() === '') {
    const came = text === '' ? 'is empty' : 'holds nothing but white space'
    throw new ConfigurationError(`${name}: a text to train on must hold characters; it ${came}; give another file`)
  }
  return splitText(text, { ...options, name })
}

/** `splitCorpus(await readCorpus(path))`. */
export async function readText(path: string, options: ReadTextOptions = {}): Promise<TextSplits> {
  return splitCorpus(await readCorpus(path), options)
}
