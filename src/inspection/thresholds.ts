/* How well a threshold on a unit's value foretells something that is or is not so. The threshold, and whether above or below
 * it means yes, are chosen on one part of the samples by F1; what it is worth is F1 on the other part:
 *
 *     F1 = 2 TP / (2 TP + FP + FN)
 *
 * Beside it stand two levels that no finding is worth without being above: `always`, the F1 of saying yes always, 2p / (1 + p)
 * with p the share of yes; and `luck`, the best that any unit reaches on the same yes and no moved to other places, so that it
 * is as clustered as the feature and searched for as long, and yet means nothing. */
/** The values of many units at the same samples. */
export interface Activations {
  /** Their names: `1:7`, `1:c7`. */
  readonly units: readonly string[]
  /** One row a unit, one value a sample. */
  readonly values: readonly Float32Array[]
}

export interface NamedTarget {
  readonly name: string
  /** 1 or 0 of each sample. */
  readonly is: Uint8Array
}

export interface UnitScore {
  /** `1:7`, `1:c7` */
  readonly unit: string
  readonly threshold: number
  /** Whether values above it mean yes. */
  readonly above: boolean
  /** Held out. */
  readonly f1: number
  readonly precision: number
  readonly recall: number
  /** Where the threshold was chosen. */
  readonly chosenF1: number
}

export interface FeatureFinding {
  readonly feature: string
  /** Of yes among the held-out samples. */
  readonly share: number
  readonly always: number
  readonly luck: number
  /** The best units first, by F1 on the held-out samples. */
  readonly best: readonly UnitScore[]
}

/** Samples are held out in every other one of so many blocks, so that both parts are from all over the text. */
const BLOCKS = 20
/** Thresholds that are tried lie between so many equally full bins. */
const BINS = 128
/** Values that the bins are drawn from. */
const SAMPLED = 2048

/**
 * Ranks units for each target.
 * @param top units told of each
 * @returns findings in the order of the targets, without those that are never, or always, so in one of the parts
 */
export function rankUnits(
  { units, values }: Activations,
  targets: readonly NamedTarget[],
  { top }: { readonly top: number },
): FeatureFinding[] {
  const samples = values[0]?.length ?? 0
  const heldOut = Uint8Array.from({ length: samples }, (_, i) => Math.floor((i * BLOCKS) / samples) % 2)
  const shift = Math.floor(samples / 3)
  const usable = targets.filter(({ is }) => isDivided(is, heldOut))
  const moved = usable.map(({ is }) => is.map((_, i) => is[(i + shift) % samples]))
  const scores = usable.map((): UnitScore[] => [])
  const luck = usable.map(() => 0)
  values.forEach((row, u) => {
    const edges = edgesOf(row)
    const bins = Uint8Array.from(row, value => binOf(edges, value))
    usable.forEach(({ is }, k) => {
      const score = scoreOf(bins, edges, is, heldOut)
      if (score) scores[k].push({ unit: units[u], ...score })
      luck[k] = Math.max(luck[k], scoreOf(bins, edges, moved[k], heldOut)?.f1 ?? 0)
    })
  })
  return usable.map(({ name, is }, k) => {
    const share = shareOf(is, heldOut)
    const best = scores[k].toSorted((a, b) => b.f1 - a.f1).slice(0, top)
    return { feature: name, share, always: (2 * share) / (1 + share), luck: luck[k], best }
  })
}

function isDivided(is: Uint8Array, heldOut: Uint8Array): boolean {
  const seen = [0, 0, 0, 0]
  is.forEach((yes, i) => {
    seen[2 * heldOut[i] + yes]++
  })
  return seen.every(count => count > 0)
}

function shareOf(is: Uint8Array, heldOut: Uint8Array): number {
  let yes = 0
  let all = 0
  is.forEach((each, i) => {
    yes += each * heldOut[i]
    all += heldOut[i]
  })
  return yes / all
}

/** Between equally full bins; ascending, without repetitions. */
function edgesOf(row: Float32Array): Float32Array {
  const every = Math.max(1, Math.floor(row.length / SAMPLED))
  const drawn = row.filter((_, i) => i % every === 0).sort()
  const edges = Array.from({ length: BINS - 1 }, (_, k) => drawn[Math.floor(((k + 1) * drawn.length) / BINS)])
  return Float32Array.from(edges.filter((edge, i) => i === 0 || edge > edges[i - 1]))
}

/** How many edges lie at or below a value. */
function binOf(edges: Float32Array, value: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (edges[middle] <= value) low = middle + 1
    else high = middle
  }
  return low
}

/** The best threshold of the one part, measured on the other. */
function scoreOf(
  bins: Uint8Array,
  edges: Float32Array,
  is: Uint8Array,
  heldOut: Uint8Array,
): Omit<UnitScore, 'unit'> | undefined {
  const counts = new Uint32Array(4 * BINS)
  for (let i = 0; i < bins.length; i++) counts[4 * bins[i] + 2 * heldOut[i] + is[i]]++
  const part = (held: number) => {
    // Of samples at or above each edge: how many are no, how many yes.
    const no = new Uint32Array(BINS + 1)
    const yes = new Uint32Array(BINS + 1)
    for (let bin = BINS - 1; bin >= 0; bin--) {
      no[bin] = no[bin + 1] + counts[4 * bin + 2 * held]
      yes[bin] = yes[bin + 1] + counts[4 * bin + 2 * held + 1]
    }
    return { no, yes }
  }
  const measured = ({ no, yes }: { no: Uint32Array; yes: Uint32Array }, edge: number, above: boolean) => {
    const right = above ? yes[edge + 1] : yes[0] - yes[edge + 1]
    const wrong = above ? no[edge + 1] : no[0] - no[edge + 1]
    const f1 = right > 0 ? (2 * right) / (right + wrong + yes[0]) : 0
    return { f1, precision: right > 0 ? right / (right + wrong) : 0, recall: yes[0] > 0 ? right / yes[0] : 0 }
  }
  const choosing = part(0)
  let best: { edge: number; above: boolean; f1: number } | undefined
  for (let edge = 0; edge < edges.length; edge++)
    for (const above of [true, false]) {
      const { f1 } = measured(choosing, edge, above)
      if (!best || f1 > best.f1) best = { edge, above, f1 }
    }
  if (!best) return undefined
  const { edge, above, f1: chosenF1 } = best
  return { threshold: edges[edge], above, chosenF1, ...measured(part(1), edge, above) }
}
