/* What of held-out parts is trained on too: a score on such items says how well a model remembers, not how well it predicts. */
import { TextCorpus } from './corpus.js'
import type { ItemCorpus, LabelledText, NumberSequence, TaggedSentence, TextPair } from './items.js'

/** What a model trains on, of any task. */
type AnyItem = string | LabelledText | TextPair | TaggedSentence | NumberSequence

/** A part of a corpus: items, or a text, whose items are its lines. */
type Part = ItemCorpus<AnyItem> | TextCorpus

/** How many items of each held-out part have an input that the training part has too. */
export interface Overlap {
  readonly validation: number
  readonly test: number
}

/**
 * Counts the items of validation and test whose input is among the training part's inputs. The input is what a model is
 * given: the sentence, the text without its label, the words without their tags, the source without its translation, the
 * numbers without their targets. Of a text, lines are compared; blank ones do not count. Memory is taken for the held-out
 * parts alone; the training part is passed over once.
 */
export function overlapWithTraining(parts: {
  readonly train: Part
  readonly validation?: Part | undefined
  readonly test?: Part | undefined
}): Overlap {
  const heldOut = [parts.validation, parts.test].map(part => (part ? inputCounts(part) : new Map<string, number>()))
  const seen = new Set<string>()
  for (const input of inputsOf(parts.train)) if (heldOut.some(counts => counts.has(input))) seen.add(input)
  const [validation, test] = heldOut.map(counts =>
    [...counts].reduce((sum, [input, count]) => sum + (seen.has(input) ? count : 0), 0),
  )
  return { validation, test }
}

function inputCounts(part: Part): Map<string, number> {
  const counts = new Map<string, number>()
  for (const input of inputsOf(part)) counts.set(input, (counts.get(input) ?? 0) + 1)
  return counts
}

function* inputsOf(part: Part): Generator<string, void, undefined> {
  if (part instanceof TextCorpus) {
    for (const line of part.lines()) if (line.trim() !== '') yield line.replace(/\n$/, '')
  } else for (const item of part.items) yield inputOf(item)
}

function inputOf(item: AnyItem): string {
  if (typeof item === 'string') return item
  if ('text' in item) return item.text
  if ('source' in item) return item.source
  // No word holds a line end: two lists of words have the same text only where they are the same.
  if ('words' in item) return item.words.join('\n')
  return `${item.features}: ${item.inputs.join()}`
}
