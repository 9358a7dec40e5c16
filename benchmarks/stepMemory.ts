/* What memory a training step of a language model needs, as a formula: docs/memory.md in code. tests/benchmarks/
 * stepMemory.test.ts holds it against what the heap gives out.
 *
 * Letters: T time steps, B batch, H hidden size, I inputs of a layer, G gates of the cell, A gates whose two products stay
 * apart, C 1 where the cell carries a second state, else 0, V vocabulary; P columns of a packed panel. */

import { elman } from '../src/cells/elman.js'
import { gru } from '../src/cells/gru.js'
import { lstm } from '../src/cells/lstm.js'
import type { FusedCell } from '../src/engine/recurrence.js'
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
  const { timeSteps: T, batchSize: B, hiddenSize: H, vocabulary: V } = task
  const inputs = H
  const states = hasCell ? 2 : 1
  const padded = (columns: number) => Math.ceil(columns / panel) * panel
  const activations = T * B * (G + A) * H
  const trajectory = (T + 1) * B * states * H
  // Or the products of the table, and their gradient.
  const inputGradient = k === 0 && projects(task) ? 2 * V * G * H : T * B * inputs
  const packed = H * (padded((G - A) * H) + padded(A * H)) + padded(H) * G * H
  const stateGradients = B * states * H
  return {
    kept: weights(G * H * (inputs + H + 2), task) + B * states * H,
    step: activations + trajectory + inputGradient + packed + stateGradients,
  }
}

/** A weight, its gradient, and Adam's two means of it. */
const weights = (count: number, { optimizer }: TrainingTask): number => count * (optimizer === 'adam' ? 4 : 2)

/** @param panel columns of a packed panel: `engine.backend.panel` */
export function stepMemory(task: TrainingTask, panel: number): StepMemory {
  const { timeSteps: T, batchSize: B, hiddenSize: H, numLayers, vocabulary: V } = task
  const embedding = { kept: weights(V * H, task), step: projects(task) ? 0 : T * B * H }
  // The gradient of the top layer's outputs; those of the output layer are computed where they are kept.
  const output = { kept: weights(V * H + V, task), step: T * B * H }
  // Tokens in, tokens wanted, and each one's loss.
  const tokens = { kept: 0, step: 3 * T * B }
  const layers = Array.from({ length: numLayers }, (_, k) => layer(task, k, panel))
  const parts = [embedding, ...layers, output, tokens]
  const sum = (key: keyof StepMemory) => ELEMENT * parts.reduce((total, part) => total + part[key], 0)
  return { kept: sum('kept'), step: sum('step') }
}
