/* The counts of naive Bayes (McCallum & Nigam 1998): how often each feature occurs with each class, and what that says of it,
 *
 *     log θ_{y,f} = log((N_{y,f} + α) / (N_y + α F))
 *
 * N_{y,f}: how often feature f occurs with class y; N_y their sum over features; F: features that occur at all. */

export class NaiveBayesCounts<Feature> {
  private readonly counts = new Map<Feature, Float64Array>()
  private readonly totals: Float64Array

  /** @param smoothing α; default 1 (Laplace) */
  constructor(
    readonly classes: number,
    private readonly smoothing = 1,
  ) {
    this.totals = new Float64Array(classes)
  }

  /** @param times how often the feature occurs; default once */
  add(feature: Feature, label: number, times = 1): void {
    const counts = this.counts.get(feature) ?? new Float64Array(this.classes)
    counts[label] += times
    this.totals[label] += times
    this.counts.set(feature, counts)
  }

  /** log θ of each class; undefined of a feature that has never occurred. */
  logProbabilities(feature: Feature): Float64Array | undefined {
    const { smoothing, totals } = this
    const different = this.counts.size
    return this.counts
      .get(feature)
      ?.map((count, label) => Math.log((count + smoothing) / (totals[label] + smoothing * different)))
  }

  /** Σ log θ over features, each once; −∞ of classes without any; features that never occurred say nothing. */
  scores(features: Iterable<Feature>): Float64Array {
    const { smoothing } = this
    const different = this.counts.size
    const logTotals = this.totals.map(total => Math.log(total + smoothing * different))
    const scores = this.totals.map(total => (total > 0 ? 0 : Number.NEGATIVE_INFINITY))
    for (const feature of features) {
      const counts = this.counts.get(feature)
      if (!counts) continue
      for (let label = 0; label < scores.length; label++)
        scores[label] += Math.log(counts[label] + smoothing) - logTotals[label]
    }
    return scores
  }
}
