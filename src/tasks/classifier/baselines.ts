/* What counting words reaches on the data that a classifier is trained on: naive Bayes and logistic regression on bags of
 * words. */
import { z } from 'zod'
import { evaluateBags, labelledBags } from '../../baselines/bagOfWords.js'
import { fitLogisticRegression } from '../../baselines/logisticRegression.js'
import { fitNaiveBayes } from '../../baselines/naiveBayes.js'
import { contradiction } from '../../configuration.js'
import type { ItemSplits, LabelledText } from '../../data/corpora/items.js'
import { decimals } from '../../drawing/figures.js'
import type { ClassifierConfiguration } from '../../models/classifier/options.js'
import { classifierSchema } from '../../models/classifier/options.js'

export const baselinesSchema = z.strictObject({
  baselines: z
    .boolean()
    .default(false)
    .describe('also reports how naive Bayes and logistic regression on bags of words do on the test data'),
})

export const baselineContradiction = contradiction(
  z.strictObject({ ...baselinesSchema.shape, multiLabel: classifierSchema.shape.multiLabel }),
  ['baselines', 'multiLabel'],
  ({ baselines, multiLabel }, nameOf) =>
    baselines && multiLabel ? `is for one label a text; leave it or ${nameOf('multiLabel')} out` : undefined,
)

export function baselineLines(
  { train, test }: ItemSplits<LabelledText>,
  { wordBoundaries, foldCase }: Pick<ClassifierConfiguration, 'wordBoundaries' | 'foldCase'>,
  { baselines }: z.output<typeof baselinesSchema>,
): string[] {
  if (!baselines) return []
  const bags = labelledBags(train, { wordBoundaries, foldCase })
  const models = { 'naive Bayes': fitNaiveBayes(bags), 'logistic regression': fitLogisticRegression(bags) }
  return Object.entries(models).map(([name, model]) => {
    const { accuracy, macro } = evaluateBags(model, bags, test)
    return `${name} on bags of words: test accuracy ${decimals(accuracy, 4)}, macro F1 ${decimals(macro.f1, 4)}`
  })
}
