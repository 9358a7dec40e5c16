// recurra train classify, classify and eval as a user has them: tables, folders, the built-in corpus; bad input, and a model of
// another kind than the verb's.
import { mkdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { fault, Workshop } from './commandLine.js'

let shop: Workshop
const tiny = '--hidden-size 8 --batch-size 8 --threads 1 --steps 4'.split(' ')
const table = `review,mood\n${Array.from({ length: 60 }, (_, i) => `it was ${i % 3 ? 'fine' : 'dull'} number ${i},${i % 3 ? 'good' : 'bad'}\n`).join('')}`
const columns = ['--text-column', 'review', '--label-column', 'mood']
beforeAll(async () => {
  shop = await Workshop.open()
  await shop.write('reviews.csv', table)
  const trained = await shop.run(['train', 'classify', 'reviews.csv', ...columns, ...tiny, '--out', 'mood'])
  expect(trained).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mood: test accuracy \d\.\d{4}, macro F1 /) })
  expect(trained.stderr).toMatch(/\nmodel: lstm, 1 layer of 8, [\d,]+ parameters, \d+ symbols, classes bad, good\n/)
  expect(trained.stderr).toMatch(/\ntexts: reviews.csv: 48 to train on, 6 for validation, 6 for the test\n/)
}, 30_000)
afterAll(() => shop.close())

describe('a classifier', () => {
  it('is trained on the built-in reviews without a file, beside its baselines', async () => {
    const { code, stdout, stderr } = await shop.run(['train', 'classify', 'reviews', ...tiny, '--baselines', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      run: 'runs/classify-1',
      test: { texts: 1200, confusion: expect.any(Array) },
    })
    expect(stderr).toMatch(/naive Bayes on bags of words: test accuracy 0\.\d{4}, macro F1/)
    expect(stderr).toMatch(/logistic regression on bags of words: test accuracy 0\.\d{4}/)
  })

  it('is trained on a folder of classes, on characters', async () => {
    await mkdir(shop.path('names'))
    for (const [name, word] of [
      ['Aa', 'ab'],
      ['Bb', 'ba'],
    ])
      await shop.write(
        `names/${name}.txt`,
        Array.from({ length: 30 }, (_, i) => `${word.repeat(1 + (i % 7))}\n`).join(''),
      )
    const args = ['train', 'classify', 'names', '--unit', 'character', '--remove-duplicates', '--out', 'named', ...tiny]
    const { code, stderr } = await shop.run([...args, '--validation', '0.2', '--test', '0.2'])
    expect(code).toBe(0)
    expect(stderr).toContain('46 repeated an earlier one and were left out')
    expect(parse(await readFile(shop.path('named/config.yaml'), 'utf8'))).toMatchObject({
      data: shop.path('names'),
      unit: 'character',
    })
  })

  it('tells the class of each line, and of a text', async () => {
    const lines = await shop.run(['classify', 'mood', '-'], 'it was fine\n\nzzz \u{1f600}\n')
    expect(lines.code).toBe(0)
    expect(lines.stdout).toMatch(/^(good|bad)\t\w+ 0\.\d{4}, \w+ 0\.\d{4}\n\n(good|bad)\t.*\n$/)
    expect(lines.stderr).toBe('a line holds no text: no class is told there\n')
    const text = await shop.run(['classify', 'mood', '--text', 'it was dull', '--json'])
    const { label, labels, probabilities } = JSON.parse(text.stdout)
    expect(labels).toEqual([label])
    expect(Object.keys(probabilities)).toEqual(['bad', 'good'])
  })

  it('is measured: scores of each label and the confusion matrix', async () => {
    await shop.write('more.csv', 'review,mood\nit was fine,good\nit was dull,bad\nso so,strange\n')
    const { code, stdout } = await shop.run(['eval', 'mood', 'more.csv', ...columns])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^more.csv: accuracy .*\(3 texts\); the model does not have these labels.*: strange \(1\)\n/)
    expect(stdout).toMatch(/\n +precision +recall +F1 +count\nbad /)
    expect(stdout).toMatch(/\ntrue \\ predicted +bad +good +strange\n/)
    const json = JSON.parse((await shop.run(['eval', 'mood', 'more.csv', ...columns, '--json'])).stdout)
    expect(json).toMatchObject({ texts: 3, unknownLabels: { strange: 1 }, macro: { f1: expect.any(Number) } })
  })

  it('is resumed to the bits of one left alone', async () => {
    const args = ['train', 'classify', 'reviews.csv', ...columns, ...tiny, '--word-dropout', '0.1', '--out']
    expect((await shop.run([...args, 'whole'])).code).toBe(0)
    expect((await shop.run([...args, 'halved', '--stop-at', '2'])).code).toBe(0)
    expect((await shop.run(['resume', 'halved', '--threads', '1'])).code).toBe(0)
    expect(await readFile(shop.path('halved/last.safetensors'))).toEqual(
      await readFile(shop.path('whole/last.safetensors')),
    )
  })
})

describe('bad input is one clear line', () => {
  it.each([
    [
      ['train', 'classify', 'reviews.csv', ...tiny],
      1,
      'reviews.csv, line 2: there is no column text; the columns are review, mood',
    ],
    [
      ['train', 'classify', 'reviews.csv', '--pooling', 'maximum'],
      2,
      'must be last, mean, max or attention; got maximum',
    ],
    [
      ['train', 'classify', 'reviews.csv', ...columns, '--class-weights', 'god=2'],
      2,
      'there is no class god; did you mean good?',
    ],
    [['train', 'classify', 'one.csv', ...tiny], 1, 'one.csv (training): it must have two classes or more; got x; give'],
    [['train', 'classify', 'hole.csv', ...tiny], 1, 'hole.csv, line 3: the column text is empty'],
    [['train', 'classify', 'nowhere.csv', ...tiny], 1, 'nowhere.csv'],
    [['classify', 'mood'], 2, 'classify: give a FILE or --text, one of them'],
    [
      ['generate', 'mood'],
      1,
      'generate: MODEL must be a language model or an n-gram model; mood is a classifier, which is for recurra classify, recurra eval, recurra inspect neurons, recurra inspect saliency, recurra inspect attention, recurra inspect summary, recurra doctor',
    ],
    [
      ['classify', 'fox', '--text', 'x'],
      1,
      'classify: MODEL must be a classifier; fox is a language model, which is for recurra generate',
    ],
  ])('%j', async (args, code, message) => {
    await shop.write('one.csv', `text,label\n${'a,x\n'.repeat(30)}`)
    await shop.write('hole.csv', 'text,label\na,x\n,y\n')
    if (args[1] === 'fox') await shop.train('fox')
    const ending = await shop.run(args)
    expect(fault(ending)).toContain(message)
    expect(ending.code).toBe(code)
  })

  it('a configuration whose data are missing tells where they come from', async () => {
    await shop.write('c.yaml', '# Some reviews.\n# Download: curl -O https://example.org/r.csv\n\ndata: r.csv # here\n')
    const { code, stderr } = await shop.run(['train', 'classify', '--config', 'c.yaml'])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^r.csv is missing; c.yaml says where it comes from:\n\nSome reviews.\nDownload: curl .*\n\nrecurra: r.csv: /,
    )
  })
})
