/* Help, and wrong usage: everything that is wrong is reported at once, in one line, before any work; exit code 2. */
import { readdir, rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dashed } from '../../src/configuration.js'
import { languageModelSchema } from '../../src/models/languageModel/options.js'
import { trainingSchema } from '../../src/training/options.js'
import { fault, Workshop } from './commandLine.js'

let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
})
afterAll(() => shop.close())

describe('help', () => {
  it('of train lm lists every key of both schemas, with its default', async () => {
    const { code, stdout } = await shop.run(['train', 'lm', '--help'])
    expect(code).toBe(0)
    const help = stdout.replace(/\s+/g, ' ')
    const defaults = { ...languageModelSchema.parse({}), ...trainingSchema.parse({}) } as Record<string, unknown>
    for (const [key, { description }] of Object.entries({ ...languageModelSchema.shape, ...trainingSchema.shape })) {
      const after = help.slice(help.indexOf(` --${dashed(key)} `)).slice(0, 300)
      // On the command line it may also be a file, and is described so.
      if (key !== 'embedding') expect(after).toContain(description)
      expect(after).toMatch(key in defaults ? new RegExp(`default: ${defaults[key]}\\)`) : /\(default: /)
    }
  })

  it('of every verb tells the defaults of its own flags, and does not name the quickstart', async () => {
    const { stdout } = await shop.run(['--help'])
    for (const verb of ['train', 'generate', 'next', 'eval', 'score', 'ngram', 'data', 'bench'])
      expect(stdout).toContain(`  ${verb} `)
    expect(stdout).not.toContain('quickstart')
    expect((await shop.run(['generate', '--help'])).stdout).toMatch(/--length <N> .*\(default: 300\)/)
    expect((await shop.run(['next', '--help'])).stdout).toMatch(/--top <N> .*\(default: 5\)/)
  })

  it('is shown where no verb is given, as wrong usage; --version is a number', async () => {
    expect(await shop.run([])).toMatchObject({ code: 2, stdout: '' })
    expect(await shop.run(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  })
})

describe('--quiet and --no-color', () => {
  it('are flags of every kind of verb', async () => {
    for (const verb of ['train lm', 'resume', 'runs show', 'generate', 'eval', 'inspect text', 'data', 'bench']) {
      const { stdout } = await shop.run([...verb.split(' '), '--help'])
      expect(stdout).toMatch(/ --quiet +nothing on standard error but faults/)
      expect(stdout).toMatch(/ --no-color +no colours on a terminal/)
    }
  }, 60_000)

  it('leave the result on standard output, and of standard error faults alone', async () => {
    const { code, stdout, stderr } = await shop.train('quiet', '--quiet', '--no-color')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^quiet: test loss /)
    expect(fault(await shop.run(['resume', 'nowhere', '--quiet']))).toMatch(/^recurra: nowhere: /)
    await rm(shop.path('quiet'), { recursive: true })
  })
})

describe('wrong usage', () => {
  it.each([
    ['trian lm fox.txt', 'recurra: trian is not known; did you mean train?'],
    ['train ml fox.txt', 'recurra: train: ml is not known; did you mean lm?'],
    ['--verson', "recurra: unknown option '--verson' (Did you mean --version?)"],
    ['train lm', 'recurra: train lm: FILE is missing; give a text to train on, or - for standard input'],
    ['train lm fox.txt fix.txt', 'recurra: train lm: fix.txt is too much; it takes FILE'],
    ['train lm fox.txt --hidden-size', "recurra: option '--hidden-size <N>' argument missing"],
    ['train lm fox.txt --hiden-size 3', 'recurra: train lm: --hiden-size is not known; did you mean --hidden-size?'],
    ['train lm --hiden-size=3 fox.txt', 'recurra: train lm: --hiden-size is not known; did you mean --hidden-size?'],
    ['train lm fox.txt --hiddenSize 3', 'recurra: train lm: --hiddenSize is not known; did you mean --hidden-size?'],
    [
      'train lm fox.txt --cell lsmt',
      'recurra: train lm: --cell must be elman, gru or lstm; got lsmt; did you mean lstm?',
    ],
    ['train lm fox.txt --hidden-size -3', 'recurra: train lm: --hidden-size: must be at least 1; got -3'],
    ['train lm fox.txt --dropout much', 'recurra: train lm: --dropout: must be a number; got much'],
    [
      'train lm nothing.txt --steps 1.5 --cel gru --optimizer adm',
      'recurra: train lm: --steps: must be a whole number; got 1.5; --optimizer must be adam, adamw, sgd, asgd, rmsprop or adagrad; got adm; did you mean adam?; --cel is not known; did you mean --cell?',
    ],
    [
      'train lm fox.txt --tie-weights --embedding one-hot --hiden-size 3 --steps 0',
      'recurra: train lm: --steps: must be at least 1; got 0; --hiden-size is not known; did you mean --hidden-size?; --tie-weights: needs a learned embedding; leave it or --embedding one-hot out; got true',
    ],
    [
      'train ngram fox.txt --vocabulary-size 300 --order 2 --prune 0,0,1',
      'recurra: train ngram: --vocabulary-size: is for byte pairs alone; leave it out, or give --unit byte-pair; got 300; --prune: must have at most 2 elements, one an order; got [0,0,1]',
    ],
    ['train lm fox.txt --config nothing.yaml', /^recurra: nothing.yaml: cannot read the file: it does not exist/],
    ['generate', "recurra: missing required argument 'MODEL'"],
    ['generate m --text a --prompt b', 'recurra: generate: --prompt and --text mean the same; give one of them'],
    ['generate m --temperature 0', 'recurra: generate: --temperature: must be above 0; got 0'],
    ['next m', 'recurra: next: --text is missing'],
    ['eval m', 'recurra: eval: FILE is missing; give what MODEL is to be measured on, or - for standard input'],
    ['score m', 'recurra: score: give a FILE or --text, one of them'],
    ['ngram lst', 'recurra: ngram: lst is not known; did you mean list?'],
    ['train ngram', 'recurra: train ngram: FILE is missing; give a text to count, or - for standard input'],
    [
      'bench ngram --cell lstm',
      'recurra: bench: --cell is for training, --profile, --memory, not for ngram; leave it out',
    ],
    ['bench --peers --cell lstm', /^recurra: bench: --cell is for .*, not for --peers; leave it out$/],
    ['bench --rounds 3', 'recurra: bench: --rounds is for --peers, neighbours, not for training; leave it out'],
    ['bench --peers --memory', 'recurra: bench: --peers and --memory are two measurements; give one of them'],
    ['bench --cell lsmt', 'recurra: bench: --cell must be elman, gru or lstm; got lsmt; did you mean lstm?'],
  ])('%s', async (line, message) => {
    const ending = await shop.run(line.split(' '))
    expect(ending.code).toBe(2)
    if (typeof message === 'string') expect(fault(ending)).toBe(message)
    else expect(fault(ending)).toMatch(message)
    expect(await readdir(shop.folder)).toEqual(['fox.txt'])
  })

  it('shows a stack trace with --debug alone', async () => {
    const { stderr } = await shop.run(['train', 'lm', 'nothing.txt', '--debug'])
    expect(stderr).toMatch(/^recurra: nothing.txt: .*\n[\s\S]*\n {4}at /)
  })
})
