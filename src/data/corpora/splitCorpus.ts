/* A text that is to be trained on, split: it must hold something. */
import { ConfigurationError } from '../../errors.js'
import { type SplitTextOptions, splitText, type TextCorpus, type TextSplits } from './corpus.js'

/**
 * A corpus split into training, validation and test.
 * @throws ConfigurationError when it is empty or too short for three parts
 */
export function splitCorpus(corpus: TextCorpus, options: Omit<SplitTextOptions, 'name'> = {}): TextSplits {
  const { name, length } = corpus
  if (!holdsText(corpus)) {
    const came = length === 0 ? 'is empty' : 'holds nothing but white space'
    throw new ConfigurationError(`${name}: a text to train on must hold characters; it ${came}; give another file`)
  }
  const { seed, validation, test, heldOut, heldOutParts } = options
  return splitText(corpus, { seed, validation, test, heldOut, heldOutParts })
}

function holdsText(corpus: TextCorpus): boolean {
  for (const chunk of corpus.chunks()) if (/\S/.test(chunk)) return true
  return false
}
