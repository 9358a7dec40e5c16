/* recurra runs lists what is in runs/, and draws a run; what is damaged or not there is told. */
import { mkdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fault, Workshop } from './commandLine.js'

let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
  await shop.train('runs/a', '--cell', 'gru')
  await shop.train('runs/b', '--cell', 'elman', '--seed', '7')
  await mkdir(shop.path('runs/c'))
  await shop.write('runs/c/config.yaml', 'cell: [')
  await shop.write('runs/c/metrics.jsonl', '{"step":4,"loss":2,"fraction":0.5}\n{"step":5,"lo')
  await mkdir(shop.path('none'))
})
afterAll(() => shop.close())

describe('recurra runs', () => {
  it('lists runs with their states, and in what they differ', async () => {
    const { code, stdout, stderr } = await shop.run(['runs'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^run +state +steps +epochs +training +validation +perplexity +time$/)
    expect(stdout).toMatch(/^a +finished +3 .*\n {2}cell gru, seed 1\n {2}test loss \d.* bits per/m)
    expect(stdout).toMatch(/^b +finished +3 .*\n {2}cell elman, seed 7\n {2}test loss \d/m)
    expect(stdout).toMatch(/^c +damaged +4 .*\n {2}runs\/c\/config\.yaml: a configuration must be YAML; line 1, /m)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100)
  })

  it('gives the same as JSON, by name where that is wanted', async () => {
    const { stdout } = await shop.run(['runs', '--json', '--sort', 'name'])
    const { differing, runs } = JSON.parse(stdout)
    expect(differing).toEqual(['cell', 'seed'])
    expect(runs.map(({ name }: { name: string }) => name)).toEqual(['a', 'b', 'c'])
    expect(runs[0]).toMatchObject({ state: 'finished', configuration: { cell: 'gru' }, last: { step: 3 } })
    expect(runs[0]).not.toHaveProperty('events')
  })

  it.each([
    [2, 'runs shwo', 'recurra: runs: shwo is not known; did you mean show?'],
    [2, 'runs --srt name', 'recurra: runs: --srt is not known; did you mean --sort?'],
    [1, 'runs --folder nowhere', 'recurra: nowhere: there is no such folder; recurra train lm FILE makes runs in runs'],
    [1, 'runs --folder none', 'recurra: none: there are no runs in it; recurra train lm FILE makes runs in runs'],
    [1, 'runs show d', 'recurra: runs: it holds no run d; there are a, b, c'],
    [1, 'runs show a --folder none', 'recurra: none: it holds no run a; there are no runs'],
    [1, 'runs show none', /^recurra: none: a run's folder holds config\.yaml and metrics\.jsonl; this one has neither/],
  ])('%i: %s', async (code, line, message) => {
    const ending = await shop.run(line.split(' '))
    expect(ending.code).toBe(code)
    if (typeof message === 'string') expect(fault(ending)).toBe(message)
    else expect(fault(ending)).toMatch(message)
  })
})

describe('recurra runs show', () => {
  it('draws the losses of a run, by its name or its path', async () => {
    const { code, stdout } = await shop.run(['runs', 'show', 'a'])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^runs\/a: finished at step 3 of 3, 0:0\d\nbest: step \d, validation loss \d\.\d{4} \(perplexity /,
    )
    expect(stdout).toMatch(/^test: loss \d+\.\d+ nats per character, perplexity /m)
    expect(stdout).toMatch(/┤.*●/)
    expect(stdout).toMatch(/ training loss {3}● validation loss\n$/)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    expect((await shop.run(['runs', 'show', 'runs/a'])).stdout).toBe(stdout)
  })

  it('shows what is left of a damaged one, and gives all events as JSON', async () => {
    const { stdout } = await shop.run(['runs', 'show', 'c'])
    expect(stdout).toMatch(
      /^runs\/c: damaged at step 4\nruns\/c\/config\.yaml: .*\nlast: step 4, training loss 2\.0000\n/,
    )
    const { events, state } = JSON.parse((await shop.run(['runs', 'show', 'c', '--json'])).stdout)
    expect({ events, state }).toEqual({ events: [{ step: 4, loss: 2, fraction: 0.5 }], state: 'damaged' })
  })
})
