// recurra train regress: a table over time, sequences of numbers, the built-in adding problem; and what is told of bad ones.
import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { fault, Workshop } from './commandLine.js'

let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
  const rows = Array.from({ length: 300 }, (_, t) => `day ${t},${(10 + 3 * Math.sin(t / 5)).toFixed(4)},${t % 7}`)
  await shop.write('wave.csv', `date,height,weekday\n${rows.join('\n')}\n`)
})
afterAll(() => shop.close())

const regress = (...args: string[]) => ['train', 'regress', ...args, '--threads', '1', '--hidden-size', '8']

describe('recurra train regress', () => {
  it('foretells a column of a table, and leaves the folder of a run, TensorBoard’s file among it', async () => {
    const options = [
      '--target-column',
      'height',
      '--window',
      '12',
      '--ahead',
      '2',
      '--epochs',
      '8',
      '--learning-rate',
      '0.02',
    ]
    const ending = await shop.run(regress('wave.csv', ...options, '--out', 'wave', '--tensorboard'))
    expect(ending).toMatchObject({ code: 0 })
    expect(ending.stdout).toMatch(
      /^wave: test mean squared error [\d.e-]+, its root [\d.]+, mean absolute error [\d.]+ \(30 sequences\)\n$/,
    )
    expect(ending.stderr).toMatch(/\nmodel: lstm, 1 layer of 8, \d+ parameters; reads 2 numbers a step, gives 1\n/)
    expect(ending.stderr).toMatch(/\n {2}… \(10.* → [\d.]+ \([\d.]+\)\n/)
    expect((await readdir(shop.path('wave'))).filter(name => name.startsWith('events.out'))).toHaveLength(1)
    expect(parse(await readFile(shop.path('wave/config.yaml'), 'utf8'))).toMatchObject({
      ...{
        data: shop.path('wave.csv'),
        targetColumn: ['height'],
        window: 12,
        ahead: 2,
        loss: 'squared',
        optimizer: 'adam',
      },
    })
    const last = (await readFile(shop.path('wave/metrics.jsonl'), 'utf8')).trimEnd().split('\n').at(-1) as string
    expect(JSON.parse(last)).toMatchObject({
      validation: { loss: expect.any(Number), meanSquaredError: expect.any(Number) },
      samples: [{ input: expect.any(String), target: expect.any(String), output: expect.any(String) }, {}],
    })
  })

  it('goes on after a stop', async () => {
    const args = regress('adding', '--steps', '4', '--batch-size', '500', '--samples', '0')
    expect((await shop.run([...args, '--stop-at', '2', '--out', 'half'])).stdout).toBe('half: stopped\n')
    expect(await shop.run([...args, '--out', 'whole'])).toMatchObject({ code: 0 })
    expect(await shop.run(['resume', 'half'])).toMatchObject({ code: 0 })
    expect(await readFile(shop.path('half/last.safetensors'))).toEqual(
      await readFile(shop.path('whole/last.safetensors')),
    )
  })

  it('adds over any length, which eval of the run knows', async () => {
    const args = regress('adding', '--length', '20', '--steps', '2', '--out', 'short')
    expect((await shop.run(args)).code).toBe(0)
    expect(parse(await readFile(shop.path('short/config.yaml'), 'utf8'))).toMatchObject({ data: 'adding', length: 20 })
    const measured = async (model: string, ...more: string[]) =>
      JSON.parse((await shop.run(['eval', model, 'adding', '--json', ...more])).stdout)
    const short = await measured('short')
    expect(short.sequences).toBe(1000)
    expect(short).toEqual(await measured('short/best.safetensors', '--length', '20'))
    expect(short.meanSquaredError).not.toBe((await measured('short/best.safetensors')).meanSquaredError)
    const strange = await shop.run(regress('wave.csv', '--length', '20'))
    expect([strange.code, fault(strange)]).toEqual([
      2,
      'recurra: train regress: --length is for adding; got wave.csv; leave it out',
    ])
  })

  it('reads sequences of their own', async () => {
    const lines = Array.from({ length: 40 }, (_, i) => JSON.stringify({ inputs: [[i], [1]], targets: [i] }))
    await shop.write('numbers.jsonl', lines.join('\n'))
    const ending = await shop.run(regress('numbers.jsonl', '--steps', '2', '--json', '--out', 'numbers'))
    expect(JSON.parse(ending.stdout)).toMatchObject({ steps: 2, test: { sequences: 4 } })
  })

  it.each([
    [['wave.csv', '--target-column', 'hight'], 1, /there is no column hight of numbers; there are height, weekday/],
    [['fox.txt'], 1, /fox\.txt: no column begins with a number/],
    [
      ['wave.csv', '--metric', 'perplexity', '--clip-norm', '0'],
      2,
      /--clip-norm: must be above 0; got 0; --metric: must be loss or/,
    ],
    [['wave.csv', '--schedule', 'cosine'], 2, /--schedule: needs one horizon: --schedule-steps, --schedule-epochs or/],
    [['-'], 2, /FILE must be a file; got standard input/],
  ])('%j is refused', async (args, code, message) => {
    const ending = await shop.run(regress(...args))
    expect(ending.code).toBe(code)
    expect(fault(ending)).toMatch(message)
  })
})

it('a NaN in the validation part is reported once with where it is, and no evaluation is the best', async () => {
  const rows = Array.from({ length: 300 }, (_, i) => `${i},${i === 255 ? 'nan' : Math.sin(i / 7)}\n`)
  await shop.write('nan.csv', `t,y\n${rows.join('')}`)
  const { code, stderr } = await shop.run(regress('nan.csv', '--window', '8', '--epochs', '2', '--out', 'nan'))
  expect(code).toBe(0)
  const reports = stderr.split('\n').filter(line => line.includes('counts as not better'))
  expect(reports).toEqual([
    expect.stringMatching(
      /^train: step \d+: on the validation data loss is NaN, .*; sequence 15 of nan\.csv \(validation\) has NaN in target 0; correct those data$/,
    ),
  ])
  expect(stderr).toContain('validation NaN')
  expect(await readdir(shop.path('nan'))).not.toContain('best.safetensors')
})
