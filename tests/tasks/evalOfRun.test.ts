/* eval measures what training measured: of a run, data are read and texts are cut as its configuration says. What differs is
 * refused by name, and so are flags of other tasks and data of another shape. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as runWith } from './inProcess.js'

let folder: string
const path = (name: string) => join(folder, name)
const run = (...args: string[]) => runWith(args)
const small = ['--hidden-size', '8', '--num-layers', '1', '--threads', '1', '--backend', 'wasm']
const json = async (...args: string[]) => JSON.parse(await run(...args, '--json'))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recurra-eval-'))
  const waves = Array.from({ length: 200 }, (_, i) => `${Math.sin(i / 5)},${100 * Math.cos(i / 7)}`)
  await writeFile(path('waves.csv'), `height,other\n${waves.join('\n')}\n`)
  const moods = Array.from({ length: 60 }, (_, i) => (i % 2 ? 'good,a,fine day\n' : 'bad,b,poor day\n'))
  await writeFile(path('moods.csv'), `kind,label,body\n${moods.join('')}`)
  const lines = Array.from(
    { length: 120 },
    (_, i) => `the ${['red', 'old', 'shy'][i % 3]} fox ${['ran', 'sat'][i % 2]}\n`,
  )
  await writeFile(path('lines.txt'), lines.join(''))
  await writeFile(path('tested.txt'), lines.slice(0, 12).join(''))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('eval of a run', () => {
  it('of a regressor reads the columns and the window that it was trained on', async () => {
    const flags = ['--input-column', 'height', '--target-column', 'height', '--window', '6', '--ahead', '3']
    await run('train', 'regress', path('waves.csv'), ...flags, '--out', path('waves'), '--steps', '3', ...small)
    const measured = await json('eval', path('waves'), path('waves.csv'))
    expect(measured).toEqual(await json('eval', path('waves/best.safetensors'), path('waves.csv'), ...flags))
    expect(measured.meanSquaredError).toBeLessThan(5)
    await expect(run('eval', path('waves'), path('waves.csv'), '--window', '5')).rejects.toThrow(
      'eval: --window: the run’s own is 6; got 5; leave it out',
    )
    await expect(run('eval', path('waves'), path('waves.csv'), '--target-column', 'other')).rejects.toThrow(
      'eval: --target-column: the run’s own is ["height"]; got ["other"]; leave it out',
    )
  })

  it('of a model’s file compares the numbers that the model reads and gives with the data’s', async () => {
    await expect(run('eval', path('waves/best.safetensors'), path('waves.csv'))).rejects.toThrow(
      /waves\.csv.*the model reads 1 number a step and gives 1; the data have 2 and 1/,
    )
  })

  it('of a classifier reads the columns that it was trained on', async () => {
    const columns = ['--text-column', 'body', '--label-column', 'kind']
    await run('train', 'classify', path('moods.csv'), ...columns, '--out', path('moods'), '--steps', '3', ...small)
    const { labels } = await json('eval', path('moods'), path('moods.csv'))
    expect(labels).toEqual(['bad', 'good'])
    await expect(run('eval', path('moods'), path('moods.csv'), '--label-column', 'label')).rejects.toThrow(
      'eval: --label-column: the run’s own is "kind"; got "label"; leave it out',
    )
  })

  it('of a language model trained a sentence at a time is its test line', async () => {
    const options = ['--algorithm', 'sentence', '--test-file', path('tested.txt'), '--steps', '60', '--batch-size', '8']
    const trained = await json('train', 'lm', path('lines.txt'), '--out', path('lines'), ...options, ...small)
    const measured = await json('eval', path('lines'), path('tested.txt'))
    expect(measured.perplexity).toBeCloseTo(trained.test.perplexity, 5)
    expect((await json('eval', path('lines/last.safetensors'), path('tested.txt'))).perplexity).toBeCloseTo(
      measured.perplexity,
      0,
    )
  })

  it('refuses flags of other tasks by name', async () => {
    for (const [flag, value, owners] of [
      ['--window', '5', 'regressors'],
      ['--target-column', 'a', 'regressors and forecasters'],
      ['--label-column', 'a', 'classifiers'],
      ['--tag-column', 'upos', 'taggers'],
      ['--beam-size', '2', 'translators'],
    ])
      await expect(run('eval', path('lines'), path('tested.txt'), flag, value)).rejects.toThrow(
        `eval: ${flag} is for ${owners}; leave it out`,
      )
  })
})

describe('train', () => {
  it.each([
    ['lm', 'lines.txt'],
    ['classify', 'moods.csv'],
    ['tag', 'copy'],
    ['translate', 'dates'],
    ['regress', 'adding'],
  ])('%s checks its options before it opens an engine', async (verb, data) => {
    const file = data.includes('.') ? path(data) : data
    // No machine has this instruction set: opening an engine would say so.
    const engine = ['--backend', 'native', '--instruction-set', 'none']
    await expect(run('train', verb, file, '--cell', 'gru', '--forget-bias', '1', ...engine)).rejects.toThrow(
      `train ${verb}: --forget-bias: is for --cell lstm alone; got 1`,
    )
  })
})
