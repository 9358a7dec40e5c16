/* Which sequences a model reads at once when it only answers: those of like length together, and not more steps than fit
 * into little memory. */

/** Steps of a group, padding included; one long sequence may have more. */
const STEPS = 1 << 14
const SEQUENCES = 256

/** Groups of numbers of sequences, every sequence once. */
export function byLength(lengths: readonly number[]): number[][] {
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[a] - lengths[b])
  const groups: number[][] = []
  let group: number[] = []
  for (const i of order) {
    if (group.length === SEQUENCES || (group.length > 0 && (group.length + 1) * lengths[i] > STEPS)) {
      groups.push(group)
      group = []
    }
    group.push(i)
  }
  if (group.length > 0) groups.push(group)
  return groups
}
