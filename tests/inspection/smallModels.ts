/* Small language models to look into. */
import type { Cell } from '../../src/cells/cell.js'
import { elman } from '../../src/cells/elman.js'
import { gru } from '../../src/cells/gru.js'
import { lstm } from '../../src/cells/lstm.js'
import { TextCorpus } from '../../src/data/corpora/corpus.js'
import type { Engine } from '../../src/engine/engine.js'
import { LanguageModel, type LanguageModelCreation } from '../../src/models/languageModel/languageModel.js'

export const cells: readonly Pick<LanguageModelCreation, 'cell' | 'nonlinearity'>[] = [
  { cell: 'elman', nonlinearity: 'tanh' },
  { cell: 'elman', nonlinearity: 'relu' },
  { cell: 'elman', nonlinearity: 'sigmoid' },
  { cell: 'gru' },
  { cell: 'lstm' },
]

export const nameOf = ({ cell, nonlinearity }: Pick<LanguageModelCreation, 'cell' | 'nonlinearity'>) =>
  [cell, nonlinearity].filter(Boolean).join(' ')

/** The same equation, without its kernel. */
export const unfused = ({ cell, nonlinearity }: Pick<LanguageModelCreation, 'cell' | 'nonlinearity'>): Cell => {
  const { fused, ...rest } = cell === 'elman' ? elman(nonlinearity) : cell === 'gru' ? gru : lstm
  return { ...rest, name: `plain ${fused.kernel}` }
}

export const story = 'the cat sat on the mat; a dog ran'

export const smallModel = (engine: Engine, options: Partial<LanguageModelCreation> = {}): Promise<LanguageModel> =>
  LanguageModel.create({
    corpus: new TextCorpus(story, 'story'),
    ...{ hiddenSize: 7, numLayers: 2, seed: 3, initialisation: 'orthogonal', engine },
    ...options,
  })

/** Writes parameters by their names. */
export function setParameters(model: LanguageModel, values: Readonly<Record<string, readonly number[]>>): void {
  for (const [name, numbers] of Object.entries(values)) {
    const parameter = model.parameters.find(each => each.name === name)
    if (!parameter) throw new Error(`no parameter ${name} among ${model.parameters.map(each => each.name).join(', ')}`)
    model.engine.write(parameter.value, numbers)
  }
}

export const copyParameters = (from: LanguageModel, to: LanguageModel): void => {
  from.parameters.forEach(({ value }, i) => {
    to.engine.write(to.parameters[i].value, from.engine.read(value))
  })
}
