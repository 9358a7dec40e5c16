/* The n-grams of a sequence of words or characters, counted by order, as BLEU and chrF match them. */

/** n-gram → how often. */
export type NGramCounts = ReadonlyMap<string, number>

/** Stands between the parts of an n-gram: no word holds a line end. */
const BETWEEN = '\n'

/** The counts of each order, 1 to `most`. */
export function countNGrams(parts: readonly string[], most: number): NGramCounts[] {
  return Array.from({ length: most }, (_, k) => {
    const counts = new Map<string, number>()
    for (let i = 0; i + k < parts.length; i++) {
      const nGram = k === 0 ? parts[i] : parts.slice(i, i + k + 1).join(BETWEEN)
      counts.set(nGram, (counts.get(nGram) ?? 0) + 1)
    }
    return counts
  })
}

/** n-grams that stand in both, each as often as in that which has fewer. */
export function matchesOf(counts: NGramCounts, known: NGramCounts): number {
  let matches = 0
  for (const [nGram, count] of counts) matches += Math.min(count, known.get(nGram) ?? 0)
  return matches
}

/** Of several texts' counts, order by order, each n-gram as often as in that which has it most. */
export function mostOfEach(all: readonly (readonly NGramCounts[])[]): NGramCounts[] {
  if (all.length === 1) return [...all[0]]
  return all[0].map((_, k) => {
    const most = new Map<string, number>()
    for (const counts of all)
      for (const [nGram, count] of counts[k]) most.set(nGram, Math.max(count, most.get(nGram) ?? 0))
    return most
  })
}
