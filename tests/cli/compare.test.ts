// recurra compare: one table of n-grams and a recurrent model.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fault, Workshop } from './commandLine.js'

let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
})
afterAll(() => shop.close())

const brief = ['--minutes', '0.01', '--threads', '1']
const models = ['unigram', 'bigram', 'trigram', '5-gram', 'LSTM']

describe('compare FILE', () => {
  it('prints a row for every model, and how they were measured', async () => {
    const { code, stdout, stderr } = await shop.run(['compare', 'fox.txt', ...brief])
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^model +perplexity +bits per character +stored +bytes +training$/)
    expect(lines.slice(1, 6).map(line => line.split(' ')[0])).toEqual(models)
    for (const line of lines.slice(1, 5)) expect(line).toMatch(/ [\d.]+ +[\d.]+ +[\d,]+ n-grams +[\d,]+ +\d+\.\d s$/)
    expect(lines[5]).toMatch(/ [\d,]+ parameters /)
    expect(stdout).toMatch(/fox\.txt; 0\.01 minutes for all models, seed 1\n/)
    expect(stderr).toMatch(/unigram: counted in /)
  })

  it('gives the same as JSON, on words too', async () => {
    const { code, stdout } = await shop.run(['compare', 'fox.txt', '--unit', 'word', '--seed', '2', '--json', ...brief])
    expect(code).toBe(0)
    const result = JSON.parse(stdout)
    expect(result).toMatchObject({ data: 'fox.txt', unit: 'word', seed: 2, minutes: 0.01 })
    expect(result.models.map(({ model }: { model: string }) => model)).toEqual(models)
    expect(new Set(result.models.map(({ tokens }: { tokens: number }) => tokens)).size).toBe(1)
    expect(result.agreement).toBeUndefined()
  })

  it('has the grammar after it where asked to', async () => {
    const { stdout } = await shop.run(['compare', 'fox.txt', '--agreement', '--json', ...brief])
    expect(Object.keys(JSON.parse(stdout))).toEqual(['data', 'minutes', 'seed', 'unit', 'models', 'agreement'])
  })

  it('tells of a text that is too short, of words on the grammar, of a file that is not there', async () => {
    await shop.write('short.txt', 'a\n')
    expect(fault(await shop.run(['compare', 'short.txt', ...brief]))).toMatch(/short\.txt: /)
    const characters = await shop.run(['compare', '--unit', 'character'])
    expect(characters.code).toBe(2)
    expect(fault(characters)).toBe('recurra: compare: --unit must be word for agreement; got character; leave it out')
    await shop.train('model')
    expect(fault(await shop.run(['compare', 'model']))).toMatch(
      /^recurra: compare: FILE must be a text; model is a language model, which is for recurra generate, /,
    )
    expect(fault(await shop.run(['compare', 'none.txt']))).toMatch(/none\.txt: cannot read the file/)
  })
})

describe('compare without a file', () => {
  it('prints the accuracy on the verb’s number by distance', async () => {
    const { code, stdout } = await shop.run(['compare', ...brief])
    expect(code).toBe(0)
    const lines = stdout.split('\n')
    const head = lines.findIndex(line => line.startsWith('words from subject to verb'))
    expect(lines[head].split(/ {2,}/)).toEqual(['words from subject to verb', 'sentences', ...models])
    expect(lines[head + 1]).toMatch(/^1 +[\d,]+( +[01]\.\d{3}){5}$/)
  })

  it('has the same as JSON, under its name too', async () => {
    const { stdout } = await shop.run(['compare', 'agreement', '--json', ...brief])
    const { data, agreement } = JSON.parse(stdout)
    expect(data).toBe('agreement')
    expect(Object.keys(agreement.byDistance)).toEqual(models)
    expect(agreement.byDistance['5-gram'][0]).toMatchObject({ distance: 1, sentences: expect.any(Number) })
    expect(Object.keys(agreement.byCueDistance)).toEqual(models)
  })
})

it('the quickstart tells what counting gives on the same text, before its closing lines', async () => {
  const { stdout, stderr } = await shop.run(['quickstart', 'fox.txt', '--minutes', '0.01'])
  expect(stderr).toMatch(/\nheld-out text: 5-gram \d\.\d{3} nats per character \(counted in \d\.\d s\), LSTM \d\.\d{3}/)
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .slice(-3)
      .every(line => line.startsWith('npx recurra ')),
  ).toBe(true)
})
