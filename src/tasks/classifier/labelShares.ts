/* What a classifier must do better than: giving each label its share of the training texts, whatever is read. */

import type { ItemCorpus, LabelledText } from '../../data/corpora/items.js'
import { findsNothing } from '../../doctor/classChecks.js'
import { fix } from '../../doctor/fix.js'
import type { Baseline, Classes } from '../../doctor/probe.js'
import { binaryCost } from '../../layers/binaryCrossEntropy.js'
import type { Classifier } from '../../models/classifier/classifier.js'
import { labelsOf } from '../../models/shared/labels.js'

/**
 * In the model's own loss, with its weights of labels, the answer that is best for whoever does not read.
 * @param texts of the training data, of which `classes` are counted
 */
export function labelShares(
  { labels, configuration }: Classifier,
  { items }: ItemCorpus<LabelledText>,
  { classes, texts }: { readonly classes: Classes; readonly texts: number },
): Baseline {
  const { multiLabel, labelWeights } = configuration
  // One more of each, so that what is not there is not impossible.
  const shares = labels.map((label, k) => labelWeights[k] * ((classes.counts.get(label) ?? 0) + 1))
  const all = shares.reduce((sum, share) => sum + share, 0)
  const logitOf = (k: number) => Math.log(shares[k] / (texts + 1 - (classes.counts.get(labels[k]) ?? 0)))
  let [cost, weight] = [0, 0]
  for (const { label } of items) {
    const truth = labelsOf(label, configuration)
    labels.forEach((each, k) => {
      if (multiLabel) {
        cost += binaryCost(logitOf(k), truth.includes(each) ? 1 : 0, labelWeights[k])
        weight++
      } else if (truth[0] === each) {
        cost -= labelWeights[k] * Math.log(shares[k] / all)
        weight += labelWeights[k]
      }
    })
  }
  const name = 'giving each label its share of the training texts'
  if (!classes.countings?.some(findsNothing)) return { name, loss: cost / weight }
  return {
    ...{ name, loss: cost / weight },
    means:
      'It has learned only frequencies, and counting words finds nothing of the labels either: they do not seem to belong to their texts',
    fixes: [fix('labelColumn', undefined, 'name the column that holds the classes of these texts')],
  }
}
