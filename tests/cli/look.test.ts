// recurra inspect neurons, text, saliency and ablate, and recurra doctor, as a user has them.
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fault, Workshop } from './commandLine.js'

let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
  await shop.train('run', '--steps', '40')
})
afterAll(() => shop.close())

async function stdout(...args: string[]): Promise<string> {
  const ending = await shop.run(args)
  expect(ending).toMatchObject({ code: 0 })
  return ending.stdout
}

describe('inspect neurons', () => {
  it('ranks units for each feature, with chance beside them', async () => {
    const told = await stdout('inspect', 'neurons', 'run', 'fox.txt', '--pattern', '\\d+', '--top', '1')
    expect(told).toMatch(/^feature +share +unit +yes where +F1 +precision +recall +always +luck\n/)
    expect(told).toMatch(/^\/\\d\+\/u +[\d.]+ % +0:c?\d +(≥|<) -?[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+$/m)
    expect(told).toContain('16 units')
    const report = JSON.parse(await stdout('inspect', 'neurons', 'run', 'fox.txt', '--json', '--max-tokens', '2000'))
    expect(report).toMatchObject({ tokens: 2000, units: 16, bytes: 128000 })
  })

  it('takes a table of classes, or the built-in reviews', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => `"the fox number ${i}",${i % 2 === 0 ? 'even' : 'odd'}\n`).join(
      '',
    )
    await shop.write('foxes.csv', `body,kind\n${rows}`)
    const told = await stdout(
      'inspect',
      'neurons',
      'run',
      'foxes.csv',
      '--labels',
      '--label-column',
      'kind',
      '--text-column',
      'body',
    )
    expect(told).toContain('label even')
    expect(await stdout('inspect', 'neurons', 'run', 'reviews')).toContain('label positive')
  })

  it('refuses a pattern that is none, and a model without states', async () => {
    const bad = await shop.run(['inspect', 'neurons', 'run', 'fox.txt', '--pattern', '('])
    expect(bad.code).toBe(2)
    expect(fault(bad)).toMatch(/^recurra: inspect neurons: --pattern must be a regular expression; /)
    await stdout('train', 'ngram', 'fox.txt', '--order', '3', '--discount-fallback', '--out', 'fox.ngram')
    const ngram = await shop.run(['inspect', 'neurons', 'fox.ngram', 'fox.txt'])
    expect(fault(ngram)).toBe(
      'recurra: inspect neurons: MODEL must be a language model or a classifier; fox.ngram is an n-gram model, which is for recurra generate, recurra next, recurra eval, recurra score',
    )
  })
})

describe('inspect text', () => {
  it('shows figures where there are no colours, a legend, and the most striking tokens', async () => {
    const told = await stdout('inspect', 'text', 'run', '--text', 'the fox\n', '--rows', '2')
    expect(told).toMatch(
      /^the fox⏎\n\d{8}\n\nloss {2}0: 0\.00 nats {2}3: .* nats and more\n8 tokens: mean loss \d\.\d{3} nats/,
    )
    expect(told).toContain('the 2 tokens with the largest loss:')
    const unit = await stdout('inspect', 'text', 'run', '--text', 'the fox', '--unit', '0:c2', '--rows', '0')
    expect(unit).toContain('unit 0:c2  -9: ')
    const view = JSON.parse(await stdout('inspect', 'text', 'run', 'fox.txt', '--max-tokens', '50', '--json'))
    expect(view).toMatchObject({ cut: true, tokens: { length: 50 } })
  })

  it('writes a page, and never over another', async () => {
    const args = ['inspect', 'text', 'run', 'fox.txt', '--unit', '0:1', '--out', 'fox.html', '--max-tokens', '300']
    expect(await stdout(...args)).toBe('')
    expect(await readFile(shop.path('fox.html'), 'utf8')).toMatch(/^<!doctype html>.*role="listbox"/s)
    expect(fault(await shop.run(args))).toContain('fox.html: it exists, and is never overwritten')
  })

  it('refuses a unit that is not there, and no text or two', async () => {
    const unit = await shop.run(['inspect', 'text', 'run', 'fox.txt', '--unit', '0:8'])
    expect(unit.code).toBe(2)
    expect(fault(unit)).toBe('recurra: unit: there is no 0:8; layer 0 has 0 to 7')
    await shop.write('empty.txt', '')
    expect(fault(await shop.run(['inspect', 'text', 'run', 'empty.txt']))).toBe(
      'recurra: empty.txt: there is no text to look at; give it some',
    )
    expect(fault(await shop.run(['inspect', 'text', 'run']))).toContain('give a FILE or --text, one of them')
    expect(fault(await shop.run(['inspect', 'text', 'run', 'fox.txt', '--loss', '--unit', '0:1']))).toContain('exclude')
  })
})

describe('inspect saliency and ablate', () => {
  it('tells what a prediction rests on', async () => {
    const told = await stdout('inspect', 'saliency', 'run', '--text', 'the qu', '--target', 'i')
    expect(told).toMatch(/^next token i: probability 0\.\d+, E = \d\.\d+ nats\n\ntoken +‖∂E\/∂x‖ +share/)
    expect(told.trimEnd().split('\n')).toHaveLength(3 + 7)
    const bad = await shop.run(['inspect', 'saliency', 'run', '--text', 'the', '--target', 'fox'])
    expect(bad.code).toBe(2)
    expect(fault(bad)).toContain('target must be one token of the vocabulary; got "fox", which is 3 tokens')
  })

  it('writes with and without a unit, from the same draws', async () => {
    const args = ['--prompt', 'the ', '--length', '20', '--seed', '3']
    const plain = await stdout('generate', 'run', ...args)
    const told = await stdout('inspect', 'ablate', 'run', '--unit', '0:1', '--unit', '0:c2', '--pin', '5', ...args)
    expect(told.startsWith(`as it is:\n${plain}`)).toBe(true)
    expect(told).toMatch(/0:1, 0:c2 pinned to 5:\nthe /)
    expect(told).toMatch(/loss: [\d.]+ nats per token as it is, [\d.]+ with the change \(24 tokens\)\n$/)
    expect(fault(await shop.run(['inspect', 'ablate', 'run']))).toContain('--unit is missing')
  })
})

describe('doctor', () => {
  it('examines a run, with its configuration, each finding with its fix', async () => {
    const told = await stdout('doctor', 'run', 'fox.txt', '--threads', '1')
    expect(told).toMatch(
      /^run: language model, lstm, 1 layer of 8, on fox\.txt\n\nok {7}gradient {7}The gradient is right/,
    )
    expect(told).toMatch(/^PROBLEM {2}sentences {6}Sequences are cut shorter/m)
    expect(told).toMatch(/^ {24}fix: timeSteps: \d+ {4}# nine in ten sentences fit$/m)
    expect(told).toMatch(/\nproblems: .*sentences/)
  })

  it('examines a configuration, and a regressor’s; as JSON too', async () => {
    await shop.write(
      'config.yaml',
      `data: fox.txt\nhiddenSize: 8\nnumLayers: 1\ntimeSteps: 50\nbatchSize: 4\nlearningRate: 5\n`,
    )
    const report = JSON.parse(await stdout('doctor', '--config', 'config.yaml', '--json', '--threads', '1'))
    expect(report.healthy).toBe(false)
    const rate = report.examinations.find((each: { check: string }) => each.check === 'learning rate')
    expect(rate).toMatchObject({ verdict: 'problem', says: expect.stringContaining('too high') })
    await shop.write(
      'numbers.csv',
      `a,b\n${Array.from({ length: 200 }, (_, i) => `${Math.sin(i / 5)},${Math.cos(i / 5)}\n`).join('')}`,
    )
    await shop.write('regress.yaml', 'hiddenSize: 8\nwindow: 8\n')
    const told = await stdout(
      'doctor',
      '--config',
      'regress.yaml',
      'numbers.csv',
      '--task',
      'regress',
      '--threads',
      '1',
    )
    expect(told).toMatch(/^regress\.yaml: regressor, lstm, 1 layer of 8, on numbers\.csv\n/)
    expect(told).toContain('Targets are numbers that differ')
  })

  it('refuses what it cannot examine in one line', async () => {
    expect(fault(await shop.run(['doctor']))).toBe(
      'recurra: doctor: give a MODEL and its data, or a --config FILE and its data',
    )
    await shop.write('bad.yaml', 'hiddenSise: 8\n')
    const bad = await shop.run(['doctor', '--config', 'bad.yaml', 'fox.txt'])
    expect(bad.code).toBe(2)
    expect(fault(bad)).toContain('hiddenSise is not known; did you mean hiddenSize?')
    expect(fault(await shop.run(['doctor', 'fox.txt', 'fox.txt']))).toContain('fox.txt')
  })
})
