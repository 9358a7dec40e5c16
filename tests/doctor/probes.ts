/* Small models for the doctor, well and sick, on a text in which there is something to learn; and what he says of them. */
import { expect } from 'vitest'
import { TextCorpus } from '../../src/data/corpora/corpus.js'
import type { Examination } from '../../src/doctor/examination.js'
import type { Probe } from '../../src/doctor/probe.js'
import type { Engine } from '../../src/engine/engine.js'
import type { TokenBatch } from '../../src/models/languageModel/batches.js'
import { LanguageModel, type LanguageModelCreation } from '../../src/models/languageModel/languageModel.js'
import { type LanguageProbeOptions, languageProbe } from '../../src/tasks/languageModel/probe.js'
import { train } from '../../src/tasks/train.js'
import { smallText } from '../training/smallText.js'

/** Lines of about 25 characters, each a sentence. */
export const data = {
  train: new TextCorpus(smallText(400, 1), 'small (training)'),
  validation: new TextCorpus(smallText(60, 2), 'small (validation)'),
}

export const wellTrained = { batchSize: 8, timeSteps: 30, learningRate: 0.01, clipNorm: 5 } as const

export interface Made {
  readonly model: LanguageModel
  readonly probe: Probe<TokenBatch>
}

/** A model, trained for some steps, as the doctor sees it. */
export async function made(
  engine: Engine,
  creation: Partial<LanguageModelCreation> = {},
  { steps = 0, corpora = data, ...options }: LanguageProbeOptions & { steps?: number; corpora?: typeof data } = {},
): Promise<Made> {
  const shape = { hiddenSize: 24, numLayers: 1, cell: 'lstm', seed: 1 } as const
  const model = await LanguageModel.create({ corpus: corpora.train, ...shape, ...creation, engine })
  const training = { ...wellTrained, ...options.training }
  if (steps > 0) await train(model, { train: corpora.train }, { ...training, steps, reportEvery: 1000 })
  return { model, probe: languageProbe(model, corpora, { ...options, trained: steps > 0, training }) }
}

/** Changes a parameter's values where they stand. */
export function change(
  model: Pick<LanguageModel, 'engine' | 'parameters'>,
  name: string,
  to: (value: number, i: number) => number,
): void {
  const { engine } = model
  const parameter = model.parameters.find(each => each.name === name)
  if (!parameter) throw new Error(`there is no ${name}`)
  engine.write(parameter.value, engine.read(parameter.value).map(to))
}

/** A sick one says so, with figures, and has a fix that is a line of configuration. */
export function expectProblem({ verdict, says, evidence, fixes }: Examination, ...words: (string | RegExp)[]): void {
  expect(verdict).toBe('problem')
  for (const word of words) expect(says).toMatch(word)
  expect(says).toMatch(/\d|same/)
  expect(Object.keys(evidence).length).toBeGreaterThan(0)
  expect(fixes.length).toBeGreaterThan(0)
  for (const { line, why } of fixes) {
    expect(line).toMatch(/^[a-zA-Z0-9]+: \S+$/)
    expect(why).not.toBe('')
  }
}

export const expectOk = (examination: Examination) => expect(examination).toMatchObject({ verdict: 'ok', fixes: [] })
