/* Multinomial naive Bayes on bags of words (McCallum & Nigam 1998): words are taken as drawn one by one from the class,
 *
 *     log p(y | x) = log p(y) + Σ_w n_w log θ_{y,w} + const,   θ_{y,w} = (N_{y,w} + α) / (N_y + α |V|)
 *
 * N_{y,w}: how often word w occurs in the class's texts; |V|: words that occur at all. scikit-learn's MultinomialNB. */
import type { Bag, BagClassifier, LabelledBags } from './bagOfWords.js'

/** @param smoothing α; default 1 (Laplace) */
export function fitNaiveBayes(
  { labels, vocabularySize, bags, targets }: LabelledBags,
  { smoothing = 1 }: { readonly smoothing?: number | undefined } = {},
): BagClassifier {
  const counts = labels.map(() => new Float64Array(vocabularySize))
  const texts = labels.map(() => 0)
  const occurs = new Uint8Array(vocabularySize)
  bags.forEach((bag, i) => {
    texts[targets[i]]++
    bag.words.forEach((word, j) => {
      occurs[word] = 1
      counts[targets[i]][word] += bag.counts[j]
    })
  })
  const different = occurs.reduce((sum, each) => sum + each, 0)
  const logPrior = texts.map(count => Math.log(count / bags.length))
  const logTheta = counts.map(of => {
    const all = of.reduce((sum, each) => sum + each, 0) + smoothing * different
    return of.map(count => Math.log((count + smoothing) / all))
  })
  return {
    labels,
    scores: ({ words, counts }: Bag) =>
      Float64Array.from(labels, (_, y) =>
        words.reduce((sum, word, j) => sum + counts[j] * logTheta[y][word], logPrior[y]),
      ),
  }
}
