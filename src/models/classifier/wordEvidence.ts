/* What single words say for each class before anything is learned: naive Bayes (McCallum & Nigam 1998) as a place to begin from.
 * With N_{y,w}, how often word w occurs in the texts of class y, and |V| words that occur at all,
 *
 *     r_{w,y} = log θ_{y,w} − mean over classes,   θ_{y,w} = (N_{y,w} + 1) / (N_y + |V|)
 *
 * so that Σ_w n_w r_{w,y} + log p(y) differs from naive Bayes' log p(y | x) by the same number for every class. */

import type { ItemCorpus, LabelledText } from '../../data/corpora/items.js'
import type { Tokenizer } from '../../data/tokenizers/tokenizer.js'
import type { Embedding } from '../../layers/embedding.js'
import type { Linear } from '../../layers/linear.js'
import { tokensOf } from './batches.js'
import type { ClassifierConfiguration } from './options.js'

export interface WordEvidence {
  /** r [vocabulary, classes]; 0 of words that occur nowhere. */
  readonly table: Float64Array
  /** log p(y) [classes] */
  readonly prior: Float64Array
}

export function wordEvidence(
  tokenizer: Tokenizer,
  { items }: ItemCorpus<LabelledText>,
  { labels, maxLength }: Pick<ClassifierConfiguration, 'labels' | 'maxLength'>,
): WordEvidence {
  const classes = labels.length
  const numbers = new Map(labels.map((label, y) => [label, y]))
  const counts = new Float64Array(tokenizer.size * classes)
  const [all, texts] = [new Float64Array(classes), new Float64Array(classes)]
  for (const { text, label } of items) {
    const y = numbers.get(label.trim()) as number
    texts[y]++
    for (const token of tokensOf(tokenizer, text, maxLength)) {
      counts[token * classes + y]++
      all[y]++
    }
  }
  const occurs = Array.from({ length: tokenizer.size }, (_, w) => {
    for (let y = 0; y < classes; y++) if (counts[w * classes + y] > 0) return true
    return false
  })
  const different = occurs.filter(Boolean).length
  const table = new Float64Array(counts.length)
  occurs.forEach((occurred, w) => {
    if (!occurred) return
    const logs = Array.from(all, (total, y) => Math.log((counts[w * classes + y] + 1) / (total + different)))
    const mean = logs.reduce((sum, each) => sum + each, 0) / classes
    logs.forEach((log, y) => {
      table[w * classes + y] = log - mean
    })
  })
  return { table, prior: texts.map(count => Math.log(count / items.length)) }
}

/**
 * Writes evidence into a table of words, and sees to it that the output layer adds what they say: to each class its own, as it
 * is; the prior is its bias.
 * @param output its last inputs, one a class, are the sums over the table's rows
 */
export function beginFrom(bag: Embedding, output: Linear, { table, prior }: WordEvidence): void {
  const { weight, bias } = output
  const { engine } = weight
  const [classes, inputs] = weight.shape
  const weights = engine.read(weight.value)
  for (let y = 0; y < classes; y++)
    for (let said = 0; said < classes; said++) weights[(y + 1) * inputs - classes + said] = y === said ? 1 : 0
  engine.write(weight.value, weights)
  engine.write(bag.weight.value, table)
  engine.write(bias.value, prior)
}
