// recurra train lm: what it leaves behind, what it takes as input, and how Ctrl-C stops it.
import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { LanguageModel } from '../../src/index.js'
import { fault, text, tiny, Workshop } from './commandLine.js'

let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
})
afterAll(() => shop.close())

const read = (name: string) => readFile(shop.path(name), 'utf8')
const lm = (...args: string[]) => ['train', 'lm', ...args, ...tiny]

describe('what is held out', () => {
  it('is the text’s end, or files of their own', async () => {
    const lines = Array.from({ length: 100 }, (_, i) => `line ${i} of it\n`)
    await shop.write('ordered.txt', lines.join(''))
    const ended = await shop.run(
      lm('ordered.txt', '--held-out', 'end', '--validation', '0.1', '--test', '0.2', '--out', 'ended'),
    )
    expect(ended.stderr).toContain(
      'text: ordered.txt: 973 characters to train on, 139 for validation, 278 for the test',
    )
    expect(parse(await read('ended/config.yaml'))).toMatchObject({ heldOut: 'end', validation: 0.1, test: 0.2 })
    await shop.write('valid.txt', lines.slice(0, 20).join(''))
    await shop.write('test.txt', lines.slice(0, 30).join(''))
    const given = ['--validation-file', 'valid.txt', '--test-file', 'test.txt']
    const own = await shop.run(lm('ordered.txt', ...given, '--out', 'own'))
    expect(own.stderr).toContain(
      'text: ordered.txt: 1,390 characters to train on, 270 for validation, 410 for the test',
    )
    const resumed = await shop.run(['resume', 'own', '--steps', '5', '--threads', '1'])
    expect(resumed.code).toBe(0)
    expect(fault(await shop.run(lm('ordered.txt', '--validation-file', 'none.txt', '--out', 'none')))).toContain(
      'none.txt: cannot read the file: it does not exist',
    )
  })

  it('is of the built-in sentences as they were generated: words', async () => {
    const { stderr, code } = await shop.run(lm('agreement', '--out', 'agreement'))
    expect(stderr).toMatch(/26 symbols\ntext: agreement: /)
    expect(code).toBe(0)
  })
})

describe('a run', () => {
  it('leaves configuration, environment, metrics and models in its folder', async () => {
    const { stdout, stderr } = await shop.train('first', '--seed', '5')
    expect(stdout).toMatch(/^first: test loss \d\.\d+ nats per character, perplexity .*\n$/)
    expect(stderr).toMatch(/^backend: \w+ \w+, 1 thread/)
    expect(stderr).toMatch(/\nmodel: lstm, 1 layer of 8, [\d,]+ parameters, \d+ symbols\n/)
    expect(stderr).toMatch(/\n100 % {2}step 3 .*validation \d\.\d+ {2}perplexity \d/)
    expect((await readdir(shop.path('first'))).toSorted()).toEqual([
      'best.safetensors',
      'config.yaml',
      'environment.json',
      'last.safetensors',
      'metrics.jsonl',
      'test.json',
    ])
    const configuration = parse(await read('first/config.yaml'))
    expect(configuration).toMatchObject({
      data: shop.path('fox.txt'),
      cell: 'lstm',
      hiddenSize: 8,
      learningRate: 0.002,
      seed: 5,
    })
    expect(JSON.parse(await read('first/environment.json'))).toMatchObject({
      version: expect.any(String),
      backend: expect.any(String),
      instructionSet: expect.any(String),
      threads: 1,
      node: process.version,
      dataSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      seed: 5,
    })
    const metrics = (await read('first/metrics.jsonl'))
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(metrics.map(({ step }) => step)).toEqual([1, 2, 3])
    expect(metrics.at(-1)).toMatchObject({ fraction: 1, loss: expect.any(Number), validationLoss: expect.any(Number) })
    using model = await LanguageModel.load(shop.path('first/best.safetensors'))
    expect(model.configuration.hiddenSize).toBe(8)
  })

  it('can be repeated from its own config.yaml, bit for bit; flags go before the file', async () => {
    await shop.train('original', '--cell', 'gru', '--learning-rate', '0.01')
    const again = ['train', 'lm', '--config', 'original/config.yaml', '--threads', '1', '--out']
    expect((await shop.run([...again, 'copy'])).code).toBe(0)
    expect(await readFile(shop.path('copy/last.safetensors'))).toEqual(
      await readFile(shop.path('original/last.safetensors')),
    )
    expect((await shop.run([...again, 'other', '--steps', '1', '--hidden-size', '4'])).code).toBe(0)
    expect(parse(await read('other/config.yaml'))).toMatchObject({ cell: 'gru', steps: 1, hiddenSize: 4 })
  })

  it('takes the next free name in runs/, and reads standard input', async () => {
    const names = ['lm-1', 'lm-2']
    for (const name of names) {
      const { code, stdout } = await shop.run(lm('-', '--steps', '1', '--json'), text)
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({
        run: `runs/${name}`,
        steps: 1,
        stopped: false,
        loss: expect.any(Number),
        test: { loss: expect.any(Number), perplexity: expect.any(Number), tokens: expect.any(Number), unknown: 0 },
      })
      expect(stdout.trimEnd()).not.toContain('\n')
    }
    expect(await readdir(shop.path('runs'))).toEqual(names)
  })

  it('never overwrites a folder', async () => {
    await shop.train('kept')
    const before = await readFile(shop.path('kept/last.safetensors'))
    const ending = await shop.run(lm('fox.txt', '--steps', '1', '--out', 'kept', '--seed', '2'))
    expect(ending.code).toBe(1)
    expect(fault(ending)).toBe(
      'recurra: kept: it exists, and a run is never overwritten; go on with it: recurra resume kept; or choose another folder',
    )
    expect(await readFile(shop.path('kept/last.safetensors'))).toEqual(before)
  })
})

describe('a configuration file', () => {
  it.each([
    [
      'hiden_size: 3\ncell: lsmt',
      /^recurra: c.yaml: cell must be .* did you mean lstm\?; hiden_size is not known; did you mean hiddenSize\?$/,
    ],
    ['cell: [lstm', /^recurra: c.yaml: a configuration must be YAML; /],
    ['just words', /^recurra: c.yaml: the configuration: must be an object of keys and values; got just words$/],
    ['epochs:', /^recurra: c.yaml: epochs: must be a number; got null$/],
  ])('that is wrong is wrong usage: %j', async (content, message) => {
    await shop.write('c.yaml', content)
    const ending = await shop.run(lm('fox.txt', '--config', 'c.yaml'))
    expect(ending.code).toBe(2)
    expect(fault(ending)).toMatch(message)
  })

  it('is told with the faults of the flags', async () => {
    await shop.write('c.yaml', 'steps: 0')
    const ending = await shop.run(lm('fox.txt', '--config', 'c.yaml', '--epochs', '0'))
    expect(fault(ending)).toBe(
      'recurra: c.yaml: steps: must be at least 1; got 0; train lm: --epochs: must be above 0; got 0',
    )
  })
})

describe('Ctrl-C', () => {
  it('saves and says where; two at once are one', async () => {
    const { child, ending, said } = shop.start(
      lm('fox.txt', '--minutes', '5', '--out', 'stopped', '--validate-every', '20'),
    )
    await said('step 20 ')
    child.kill('SIGINT')
    child.kill('SIGINT')
    const { code, stderr, stdout } = await ending
    expect(code).toBe(130)
    expect(stderr).toMatch(
      /stopping after this step; Ctrl-C again ends at once\n[\s\S]*stopped after step \d+; saved stopped\/last\.safetensors; go on with: recurra resume stopped\n/,
    )
    expect(stdout).toBe('stopped: stopped\n')
    using model = await LanguageModel.load(shop.path('stopped/last.safetensors'))
    expect(model.parameterCount).toBeGreaterThan(0)
  })

  it('tells the result as JSON where that is wanted', async () => {
    const { child, ending, said } = shop.start(
      lm('fox.txt', '--minutes', '5', '--validate-every', '20', '--json', '--out', 'told'),
    )
    await said('step 20 ')
    child.kill('SIGINT')
    const { code, stdout } = await ending
    expect(code).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ run: 'told', stopped: true })
  })
})
