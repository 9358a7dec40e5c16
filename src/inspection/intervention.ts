/* Changes a unit while a model writes, and compares: what does the unit do? After every step its value is set to 0 (ablated),
 * to a number (pinned), or multiplied (scaled), in what the layer puts out as in what it carries on. A unit of c is changed
 * after h has been made of it: its change is seen from the next step on. */

import { platform } from '#platform'
import type { CellState } from '../cells/cell.js'
import type { Tensor } from '../engine/tensor.js'
import type { GenerateOptions } from '../generation/generate.js'
import { generate } from '../generation/generate.js'
import type { Predictor } from '../generation/predictor.js'
import type { StateEdit } from '../layers/recurrent.js'
import type { LanguageModel } from '../models/languageModel/languageModel.js'
import { newest, type Unit } from './units.js'

export interface Intervention {
  readonly unit: Unit
  /** The value after a step, from what it would have been. */
  readonly change: (value: number) => number
}

export const ablated = (unit: Unit): Intervention => ({ unit, change: () => 0 })
export const pinned = (unit: Unit, to: number): Intervention => ({ unit, change: () => to })
export const scaled = (unit: Unit, by: number): Intervention => ({ unit, change: value => value * by })

/** The same model with some of its units changed after every step; it reads, writes and scores as any model. */
export function withInterventions(model: LanguageModel, interventions: readonly Intervention[]): Predictor {
  const edit = editOf(model, interventions)
  return { tokenizer: model.tokenizer, read: () => model.read({ edit }) }
}

function editOf({ engine }: LanguageModel, interventions: readonly Intervention[]): StateEdit {
  return (layer: number, output: Tensor, state: CellState) => {
    for (const { unit, change } of interventions) {
      if (unit.layer !== layer) continue
      const values = newest(engine, state, unit.state)
      const old = engine.read(values)[unit.index]
      const set = (tensor: Tensor) => engine.write(engine.view(tensor, [1], unit.index), [change(old)])
      set(values)
      // The same place where the fused kernel has run, another one where the steps were unrolled.
      if (unit.state === 'hidden') set(output)
    }
  }
}

export interface InterventionComparison {
  /** What the model writes as it is, and with its units changed; same prompt, same draws. */
  readonly plain: string
  readonly changed: string
  /** Characters that both begin with. */
  readonly alike: number
  /** Mean loss in nats per token of the text as it is, read by either: how much harder the change makes it to foretell. */
  readonly plainLoss: number
  readonly changedLoss: number
  /** Tokens that those losses are the mean of. */
  readonly tokens: number
}

/** Lets a model write with and without changes, from the same draws. */
export async function compareInterventions(
  model: LanguageModel,
  interventions: readonly Intervention[],
  options: GenerateOptions = {},
): Promise<InterventionComparison> {
  const changedModel = withInterventions(model, interventions)
  const written = async (predictor: Predictor) => {
    let text = ''
    for await (const piece of generate(predictor, options, platform.pause)) text += piece
    return text
  }
  const plain = await written(model)
  const changed = await written(changedModel)
  const { prompt = '' } = options
  const tokens = model.tokenizer.encode(prompt + plain)
  const lossOf = async (predictor: Predictor) => {
    const reading = predictor.read()
    let sum = 0
    try {
      for (const [i, token] of tokens.entries()) {
        sum -= reading.next()[token]
        reading.push([token])
        if (i % 64 === 63) await platform.pause()
      }
    } finally {
      reading.close()
    }
    return sum / Math.max(1, tokens.length)
  }
  const [a, b] = [Array.from(plain), Array.from(changed)]
  const differs = a.findIndex((character, i) => character !== b[i])
  return {
    ...{ plain, changed, alike: differs < 0 ? a.length : differs, tokens: tokens.length },
    plainLoss: await lossOf(model),
    changedLoss: await lossOf(changedModel),
  }
}
