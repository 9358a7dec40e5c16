// Learning byte pairs (Gage 1994; Sennrich et al. 2016): the pair of neighbouring symbols that is seen most often
// becomes a symbol of its own, again and again. Pairs are counted in each different piece once, times how often the
// piece stands in the text; a merge touches only the pieces that hold its pair. Of pairs seen equally often the one with
// the smaller ids is taken, so that a text always gives the same merges.

/** Ids are below it, so that a pair is one number that a double holds exactly. */
export const mostSymbols = 2 ** 20

export function pairKey(left: number, right: number): number {
  return left * mostSymbols + right
}

/**
 * At most `merges` pairs that occur `minCount` times, as [left, right, left, right …]; pair i becomes symbol 256 + i.
 * `pieces` holds the bytes of each different piece and how often it stands in the text.
 */
export function learnMerges(pieces: readonly { symbols: number[]; count: number }[], merges: number, minCount: number) {
  const counts = new Map<number, number>()
  const holders = new Map<number, number[]>()
  const queue = new PairQueue()
  const learned: number[] = []
  const changed = new Set<number>()

  const add = ({ symbols, count }: { symbols: number[]; count: number }, index: number, sign: 1 | -1) => {
    for (let i = 0; i + 1 < symbols.length; i++) {
      const key = pairKey(symbols[i], symbols[i + 1])
      counts.set(key, (counts.get(key) ?? 0) + sign * count)
      changed.add(key)
      if (sign < 0) continue
      const own = holders.get(key)
      if (own === undefined) holders.set(key, [index])
      else if (own[own.length - 1] !== index) own.push(index)
    }
  }
  const settle = () => {
    for (const key of changed) {
      const count = counts.get(key) as number
      if (count >= minCount) queue.push(count, key)
      else if (count === 0) {
        counts.delete(key)
        holders.delete(key)
      }
    }
    changed.clear()
  }

  pieces.forEach((piece, index) => {
    add(piece, index, 1)
  })
  settle()
  while (learned.length < 2 * merges) {
    const key = queue.pop(counts)
    if (key === undefined) break
    const left = Math.floor(key / mostSymbols)
    const right = key % mostSymbols
    const merged = 256 + learned.length / 2
    learned.push(left, right)
    // A piece may be named twice, or have lost the pair to another merge: then it has nothing to change.
    for (const index of holders.get(key) as number[]) {
      const piece = pieces[index]
      if (!holds(piece.symbols, left, right)) continue
      add(piece, index, -1)
      replace(piece.symbols, left, right, merged)
      add(piece, index, 1)
    }
    settle()
  }
  return learned
}

function holds(symbols: readonly number[], left: number, right: number): boolean {
  for (let i = 0; i + 1 < symbols.length; i++) if (symbols[i] === left && symbols[i + 1] === right) return true
  return false
}

/** Every such pair from left to right becomes `merged`, in place. */
function replace(symbols: number[], left: number, right: number, merged: number): void {
  let to = 0
  for (let i = 0; i < symbols.length; i++) {
    const found = symbols[i] === left && i + 1 < symbols.length && symbols[i + 1] === right
    symbols[to++] = found ? merged : symbols[i]
    if (found) i++
  }
  symbols.length = to
}

/** Pairs by count, most first: a binary heap whose entries may be out of date, which `pop` finds and drops. */
class PairQueue {
  private readonly counts: number[] = []
  private readonly keys: number[] = []

  push(count: number, key: number): void {
    let i = this.counts.length
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(count, key, this.counts[parent], this.keys[parent])) break
      this.counts[i] = this.counts[parent]
      this.keys[i] = this.keys[parent]
      i = parent
    }
    this.counts[i] = count
    this.keys[i] = key
  }

  /** The best pair whose entry still says its count. */
  pop(current: ReadonlyMap<number, number>): number | undefined {
    while (this.counts.length > 0) {
      const count = this.counts[0]
      const key = this.keys[0]
      this.dropFirst()
      if (current.get(key) === count) return key
    }
    return undefined
  }

  private dropFirst(): void {
    const count = this.counts.pop() as number
    const key = this.keys.pop() as number
    const size = this.counts.length
    if (size === 0) return
    let i = 0
    while (true) {
      let child = 2 * i + 1
      if (child >= size) break
      const next = child + 1
      if (next < size && before(this.counts[next], this.keys[next], this.counts[child], this.keys[child])) child = next
      if (before(count, key, this.counts[child], this.keys[child])) break
      this.counts[i] = this.counts[child]
      this.keys[i] = this.keys[child]
      i = child
    }
    this.counts[i] = count
    this.keys[i] = key
  }
}

function before(count: number, key: number, otherCount: number, otherKey: number): boolean {
  return count > otherCount || (count === otherCount && key < otherKey)
}
