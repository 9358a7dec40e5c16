/* Layers and whole language models against what PyTorch computed: tests/golden says how. */
import { describe, expect, test } from 'vitest'
import { expectAllNear } from '../engine/distance.js'
import { describeEach, float32Backends, reference } from '../engine/everyBackend.js'
import { loadGolden } from '../golden/golden.js'
import { GoldenModel, runLayer, type Values } from './goldenModel.js'

const shapes = loadGolden('layers-float64')

const precisions = [
  { golden: loadGolden('recurrent-float32'), backends: float32Backends, tolerance: 2e-5 },
  { golden: loadGolden('recurrent-float64'), backends: [reference], tolerance: 1e-10 },
]

/** The golden tensors that a computation must have given: all of `names`, and nothing else was computed. */
function pick(tensors: Record<string, { data: ArrayLike<number> }>, wanted: (name: string) => boolean) {
  const chosen = Object.entries(tensors).filter(([name]) => wanted(name))
  return Object.fromEntries(chosen.map(([name, { data }]) => [name, data]))
}

const isResult = (name: string) => /^(output|hn|cn|loss|logits|grad\..*)$/.test(name)

for (const { golden, backends, tolerance } of precisions) {
  const layers = golden.cases.filter(({ kind }) => kind === 'layer')
  const models = golden.cases.filter(({ kind }) => kind === 'languageModel')

  describeEach(backends, engine => {
    test.each([...layers, ...shapes.cases])(
      `$name is PyTorch's within ${tolerance}: outputs, states, loss, every gradient`,
      each => {
        expectAllNear(runLayer(engine(), each), pick(each.tensors, isResult), tolerance)
      },
    )

    describe.each(models)('$name', each => {
      const withModel = (work: (model: GoldenModel) => Values) => {
        const model = new GoldenModel(engine(), each)
        const values = work(model)
        model.release()
        return values
      }

      test(`is PyTorch's within ${tolerance}: logits, states, loss, every gradient`, () => {
        const wanted = pick(each.tensors, name => isResult(name) && name !== 'output')
        const values = withModel(model => model.first())
        expectAllNear(values, wanted, tolerance)
      })

      test.each(Object.entries(each.optimizers ?? {}))(`trains ten steps with %s as PyTorch does`, (key, settings) => {
        const wanted = pick(each.tensors, name => new RegExp(`^(losses|norms|after)\\.${key}(\\.|$)`).test(name))
        const values = withModel(model => model.train(key, settings, wanted[`losses.${key}`].length))
        expectAllNear(values, wanted, tolerance)
      })
    })
  })

  test.each(models)('$dtype $name: PyTorch clipped some steps and not others', ({ tensors }) => {
    const norms = Object.entries(tensors).filter(([name]) => name.startsWith('norms.'))
    const all = norms.flatMap(([, { data }]) => [...data])
    expect(all.some(norm => norm > 0.5) && all.some(norm => norm < 0.5)).toBe(true)
  })
}
