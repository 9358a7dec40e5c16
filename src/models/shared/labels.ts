/* The labels of a corpus, and what each weighs in the loss. */

import type { ItemCorpus, LabelledText } from '../../data/corpora/items.js'
import { ConfigurationError, nearest } from '../../errors.js'

export interface LabelReading {
  readonly multiLabel: boolean
  readonly labelSeparator: string
}

/** The labels of one text: one, or what stands between separators. */
export function labelsOf(label: string, { multiLabel, labelSeparator }: LabelReading): string[] {
  if (!multiLabel) return [label.trim()]
  const parts = label.split(labelSeparator).map(part => part.trim())
  return [...new Set(parts.filter(part => part !== ''))]
}

/**
 * Every label of a corpus with the number of its texts, in the order of code units.
 * @throws ConfigurationError for fewer labels than there is something to learn from
 */
export function labelCounts({ items, name }: ItemCorpus<LabelledText>, reading: LabelReading): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { label } of items)
    for (const each of labelsOf(label, reading)) counts.set(each, (counts.get(each) ?? 0) + 1)
  const least = reading.multiLabel ? 1 : 2
  if (counts.size < least)
    throw new ConfigurationError(
      `${name}: it must have ${least === 1 ? 'a label' : 'two classes or more'}; got ${[...counts.keys()].join(', ') || 'none'}; give texts of another, or name the column that holds the labels`,
    )
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * What each label weighs: 1; or, balanced, n / (k n_c), so that classes weigh alike (of several labels: texts without it
 * over texts with it, which is PyTorch's advice for pos_weight); or as given, 1 where nothing is.
 * @throws ConfigurationError for a weight of a label that there is not
 */
export function labelWeightsOf(
  classWeights: string | Readonly<Record<string, number>>,
  counts: ReadonlyMap<string, number>,
  { items, multiLabel }: { readonly items: number; readonly multiLabel: boolean },
): number[] {
  if (classWeights === 'none') return [...counts].map(() => 1)
  if (classWeights === 'balanced')
    return [...counts.values()].map(count =>
      multiLabel ? Math.max(1, items - count) / count : items / (counts.size * count),
    )
  const given = typeof classWeights === 'string' ? parsed(classWeights) : new Map(Object.entries(classWeights))
  for (const [label, weight] of given) {
    if (!counts.has(label)) {
      const labels = [...counts.keys()]
      const near = nearest(label, labels)
      throw new ConfigurationError(
        `classWeights: there is no class ${label}; ${near ? `did you mean ${near}?` : `the classes are ${labels.slice(0, 20).join(', ')}`}`,
      )
    }
    if (!(weight > 0 && Number.isFinite(weight)))
      throw new ConfigurationError(`classWeights: the weight of ${label} must be a number above 0; got ${weight}`)
  }
  return [...counts.keys()].map(label => given.get(label) ?? 1)
}

const parsed = (text: string): Map<string, number> =>
  new Map(
    text.split(',').map(part => {
      const at = part.lastIndexOf('=')
      return [part.slice(0, at).trim(), Number(part.slice(at + 1))]
    }),
  )
