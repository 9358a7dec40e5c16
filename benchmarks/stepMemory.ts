/* What memory a training step of a language model needs, as a formula: docs/memory.md in code. tests/benchmarks/
 * stepMemory.test.ts holds it against what the heap gives out.
 *
 * Letters: T time steps, B batch, H hidden size, P units of h (H without a projection), I inputs of a layer, G gates of the
 * cell, A gates whose two products stay apart, V vocabulary. */

import { elman } from '../src/cells/elman.js'
import { gru } from '../src/cells/gru.js'
import { lstm } from '../src/cells/lstm.js'
import type { FusedCell } from '../src/engine/operations/recurrence.js'
import type { CellName, TrainingTask } from './tasks.js'

/** Bytes of an element. */
const ELEMENT = 4

const fused = (cell: CellName): FusedCell => ({ elman: elman('tanh'), gru, lstm })[cell].fused

export interface StepMemory {
  /** Bytes that stay between steps: weights, gradients, the optimizer's state, the carried state. */
  readonly kept: number
  /** Bytes that a step takes and gives back, the kernels' own scratch memory not counted. */
  readonly step: number
}

/** Whether the first layer's U is multiplied by the table of vectors, and not by every token's: src/layers/inputProduct.ts. */
const projects = ({ timeSteps: T, batchSize: B, vocabulary: V }: TrainingTask): boolean => V < T * B

/** The part of a layer, in elements: what stays, and what a step takes. */
function layer(task: TrainingTask, k: number, panel: number): StepMemory {
  const { gates: G, apart: A, hasCell } = fused(task.cell)
  const { timeSteps: T, batchSize: B, hiddenSize: H, projSize, vocabulary: V } = task
  const P = projSize ?? H
  const inputs = k === 0 ? H : P
  const state = P + (hasCell ? H : 0)
  const padded = (columns: number) => Math.ceil(columns / panel) * panel
  const activations = T * B * (G + A) * H
  const trajectory = (T + 1) * B * state
  // Or the products of the table, and their gradient.
  const inputGradient = k === 0 && projects(task) ? 2 * V * G * H : T * B * inputs
  const packed = P * (padded((G - A) * H) + padded(A * H)) + padded(P) * G * H
  const stateGradients = B * state
  const projection = projSize ? T * B * (H + P) + H * padded(P) + P * padded(H) : 0
  return {
    kept: weights(G * H * (inputs + P + 2) + (projSize ? P * H : 0), task) + B * state,
    step: activations + trajectory + inputGradient + packed + stateGradients + projection,
  }
}

/** A weight, its gradient, and Adam's two means of it. */
const weights = (count: number, { optimizer }: TrainingTask): number => count * (optimizer === 'adam' ? 4 : 2)

/** @param panel columns of a packed panel: `engine.backend.panel` */
export function stepMemory(task: TrainingTask, panel: number): StepMemory {
  const { timeSteps: T, batchSize: B, hiddenSize: H, numLayers, vocabulary: V } = task
  const P = task.projSize ?? H
  const embedding = { kept: weights(V * H, task), step: projects(task) ? 0 : T * B * H }
  // The gradient of the top layer's outputs; those of the output layer are computed where they are kept.
  const output = { kept: weights(V * P + V, task), step: T * B * P }
  // Tokens in, tokens wanted, and each one's loss.
  const tokens = { kept: 0, step: 3 * T * B }
  const layers = Array.from({ length: numLayers }, (_, k) => layer(task, k, panel))
  const parts = [embedding, ...layers, output, tokens]
  const sum = (key: keyof StepMemory) => ELEMENT * parts.reduce((total, part) => total + part[key], 0)
  return { kept: sum('kept'), step: sum('step') }
}
