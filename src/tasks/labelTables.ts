/* Reports on predicted labels: a line, a table of scores, the confusion matrix. Classifiers and taggers share them. */
import { decimals, table, visible, whole } from '../drawing/figures.js'
import type { ClassificationEvaluation } from '../evaluation/classification.js'
import type { AverageScore, LabelScore } from '../evaluation/labelScores.js'
import type { TaggingEvaluation } from '../evaluation/tagging.js'

/** Up to this many classes are reported one by one. */
const FEW = 4

/** In one line. */
export function classificationLine(evaluation: ClassificationEvaluation): string {
  const { accuracy, perLabel, macro, micro, loss, texts, unknownLabels } = evaluation
  const few = perLabel.length <= FEW ? perLabel : []
  const each = few.map(({ label, f1 }) => `${visible(label)} ${decimals(f1, 4)}`).join(', ')
  return `accuracy ${decimals(accuracy, 4)}, macro F1 ${decimals(macro.f1, 4)}${each && ` (${each})`}, micro F1 ${decimals(micro.f1, 4)}, loss ${decimals(loss)} nats (${whole(texts)} texts)${unknownLine(unknownLabels)}`
}

/** The same of tags. */
export function taggingLine(evaluation: TaggingEvaluation): string {
  const { accuracy, accuracyOnUnknown, macro, spans, loss, words, unknown, sentences, unknownTags } = evaluation
  const ofSpans = spans ? `, span F1 ${decimals(spans.micro.f1, 4)}` : ''
  return `accuracy ${decimals(accuracy, 4)}, on unknown words ${decimals(accuracyOnUnknown, 4)}, macro F1 ${decimals(macro.f1, 4)}${ofSpans}, loss ${decimals(loss)} nats a word (${whole(words)} words, ${whole(unknown)} of them unknown, in ${whole(sentences)} sentences)${unknownLine(unknownTags)}`
}

function unknownLine(unknown: Readonly<Record<string, number>>): string {
  const names = Object.entries(unknown).map(([label, count]) => `${visible(label)} (${whole(count)})`)
  return names.length === 0
    ? ''
    : `; the model does not have these labels, so no answer to them can be right: ${names.join(', ')}`
}

/** Precision, recall and F1 of each label and on average, in columns. */
export function scoreTable(perLabel: readonly LabelScore[], averages: Readonly<Record<string, AverageScore>>): string {
  const row = ({ precision, recall, f1 }: AverageScore) => [precision, recall, f1].map(each => decimals(each, 4))
  const rows = [
    ['', 'precision', 'recall', 'F1', 'count'],
    ...perLabel.map(score => [visible(score.label), ...row(score), whole(score.support)]),
    ...Object.entries(averages).map(([name, average]) => [name, ...row(average), '']),
  ]
  return table(rows)
}

/** True labels down, predicted ones across. */
export function confusionTable(labels: readonly string[], confusion: readonly (readonly number[])[]): string {
  return table([
    ['true \\ predicted', ...labels.map(visible)],
    ...confusion.map((row, i) => [visible(labels[i]), ...row.map(whole)]),
  ])
}
