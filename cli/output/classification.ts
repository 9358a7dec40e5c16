/* What `recurra train classify`, `recurra train tag` and `recurra eval` say of labels that were given: a line, a table, the
 * confusion matrix. */
import type { AverageScore, LabelScore } from '../../src/evaluation/labelScores.js'
import type { ClassificationEvaluation, TaggingEvaluation } from '../../src/index.js'
import { decimals, visible, whole } from './output.js'

/** So few classes are told one by one. */
const FEW = 4

/** In one line. */
export function classificationLine(evaluation: ClassificationEvaluation): string {
  const { accuracy, perLabel, macro, micro, loss, texts, strange } = evaluation
  const few = perLabel.length <= FEW ? perLabel : []
  const each = few.map(({ label, f1 }) => `${visible(label)} ${decimals(f1, 4)}`).join(', ')
  return `accuracy ${decimals(accuracy, 4)}, macro F1 ${decimals(macro.f1, 4)}${each && ` (${each})`}, micro F1 ${decimals(micro.f1, 4)}, loss ${decimals(loss)} nats (${whole(texts)} texts)${strangeLine(strange)}`
}

/** The same of tags. */
export function taggingLine(evaluation: TaggingEvaluation): string {
  const { accuracy, accuracyOnUnknown, macro, spans, loss, words, unknown, sentences, strange } = evaluation
  const ofSpans = spans ? `, span F1 ${decimals(spans.micro.f1, 4)}` : ''
  return `accuracy ${decimals(accuracy, 4)}, on unknown words ${decimals(accuracyOnUnknown, 4)}, macro F1 ${decimals(macro.f1, 4)}${ofSpans}, loss ${decimals(loss)} nats a word (${whole(words)} words, ${whole(unknown)} of them unknown, in ${whole(sentences)} sentences)${strangeLine(strange)}`
}

function strangeLine(strange: Readonly<Record<string, number>>): string {
  const told = Object.entries(strange).map(([label, count]) => `${visible(label)} (${whole(count)})`)
  return told.length === 0
    ? ''
    : `; the model does not have these labels, so no answer to them can be right: ${told.join(', ')}`
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

/** True labels down, given ones across. */
export function confusionTable(labels: readonly string[], confusion: readonly (readonly number[])[]): string {
  return table([
    ['true \\ given', ...labels.map(visible)],
    ...confusion.map((row, i) => [visible(labels[i]), ...row.map(whole)]),
  ])
}

/** Columns of one width each: the first to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, k) => Math.max(...rows.map(row => row[k].length)))
  const line = (row: readonly string[]) =>
    row.map((cell, k) => (k === 0 ? cell.padEnd(widths[k]) : cell.padStart(widths[k]))).join('  ')
  return rows.map(row => `${line(row).trimEnd()}\n`).join('')
}
