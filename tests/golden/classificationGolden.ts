// What scikit-learn, seqeval and PyTorch say of labels and of losses over labels; classification.py and labelLosses.py
// made it.
import { readFileSync } from 'node:fs'

export interface GoldenScores {
  readonly truth: readonly string[][]
  readonly given: readonly string[][]
  readonly accuracy: number
  /** precision, recall, F1, support */
  readonly perLabel: readonly [number, number, number, number][]
  readonly macro: { readonly precision: number; readonly recall: number; readonly f1: number }
  readonly micro: { readonly precision: number; readonly recall: number; readonly f1: number }
  readonly confusion?: readonly number[][]
}

export interface GoldenBaselines {
  readonly labels: readonly string[]
  readonly train: readonly [text: string, label: string][]
  readonly test: readonly [text: string, label: string][]
  /** log p of each test text and label */
  readonly naiveBayes: readonly number[][]
  readonly logisticRegression: readonly number[][]
}

export interface GoldenSpans {
  readonly truth: readonly string[][]
  readonly given: readonly string[][]
  readonly report: Readonly<Record<string, Readonly<Record<string, number>>>>
}

const read = (name: string) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))

export const classificationGolden: {
  readonly single: GoldenScores
  readonly multi: GoldenScores
  readonly two: GoldenBaselines
  readonly three: GoldenBaselines
  readonly spans: GoldenSpans
} = read('classification.json')

export const labelLosses: {
  readonly weighted: Readonly<
    Record<'h' | 'weight' | 'bias' | 'targets' | 'classes' | 'dH' | 'dWeight' | 'dBias', number[]>
  > & {
    readonly loss: number
  }
  readonly binary: Readonly<Record<'o' | 'y' | 'positive' | 'dO', number[]>> & { readonly loss: number }
} = read('labelLosses.json')
