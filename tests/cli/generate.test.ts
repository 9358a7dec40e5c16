// recurra generate: several continuations, beams, log-probabilities, states saved and taken up again; with both kinds of model.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fault, Workshop } from './commandLine.js'

let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
  await shop.train('run')
  expect(
    await shop.run([
      'train',
      'ngram',
      'fox.txt',
      '--order',
      '3',
      '--unit',
      'character',
      '--discount-fallback',
      '--out',
      'fox.ngram',
    ]),
  ).toMatchObject({ code: 0 })
})
afterAll(() => shop.close())

describe.each(['run', 'fox.ngram'])('recurra generate %s', model => {
  const generate = (...args: string[]) => shop.run(['generate', model, '--prompt', 'the ', '--length', '12', ...args])

  it('goes on from a saved state as from the whole text', async () => {
    const state = `${model}.state`
    const whole = await shop.run(['generate', model, '--prompt', 'the quick fox', '--length', '8', '--greedy'])
    await shop.run(['generate', model, '--prompt', 'the quick', '--length', '0', '--save-state', state])
    const rest = await shop.run([
      'generate',
      model,
      '--prompt',
      ' fox',
      '--length',
      '8',
      '--greedy',
      '--load-state',
      state,
    ])
    expect(rest).toMatchObject({ code: 0, stdout: whole.stdout.slice('the quick'.length) })
    expect(fault(await generate('--save-state', state))).toContain(`${state}: it exists`)
    expect(fault(await shop.run(['generate', model, '--load-state', 'fox.txt']))).toContain('reading')
  })

  it('writes several, as drawn or from a beam, with log-probabilities', async () => {
    const several = await generate('--n', '3')
    expect(several.stdout.match(/^--- \d of 3: log-probability -\d+\.\d{3}$/gm)).toHaveLength(3)
    expect(several.stdout).toContain(`\n${(await generate()).stdout}`)
    const records = (await generate('--n', '2', '--beam-size', '4', '--json')).stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(records).toHaveLength(2)
    expect(records[0].logProbability).toBeGreaterThanOrEqual(records[1].logProbability)
    const lines = (await generate('--logprobs', '--repetition-penalty', '1.3')).stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(12)
    for (const line of lines) expect(line).toMatch(/^-\d+\.\d{4}\t"(.|\\.)+"$/)
  })
})

it('flags that exclude one another are told', async () => {
  const told = async (...args: string[]) => fault(await shop.run(['generate', 'run', ...args]))
  expect(await told('--beam-size', '2', '--temperature', '2')).toBe(
    'recurra: generate: --beam-size draws nothing, so it excludes --temperature',
  )
  expect(await told('--length-penalty', '1')).toBe('recurra: generate: --length-penalty needs --beam-size')
  expect(await told('--beam-size', '2', '--n', '3')).toBe(
    'recurra: generate: --n must be at most --beam-size, 2; got 3',
  )
  expect(await told('--n', '3', '--save-state', 'x')).toBe(
    'recurra: generate: --save-state saves one text; leave --n and --beam-size out',
  )
})
