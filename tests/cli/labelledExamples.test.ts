// The configurations of classifiers and taggers in examples/ are what their commands take: each trains two steps on small data
// of its form.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Workshop } from './commandLine.js'

const folder = join(import.meta.dirname, '..', '..', 'examples')
let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
  const lines = (word: string) => Array.from({ length: 30 }, (_, i) => `${word} film number ${i}\n`).join('')
  await mkdir(shop.path('classes'))
  await shop.write('classes/rt.pos', lines('fine'))
  await shop.write('classes/rt.neg', lines('dull'))
  await shop.write(
    'sms',
    Array.from({ length: 60 }, (_, i) => `${i % 4 ? 'ham' : 'spam'}\tnow, "free" ${i}!\n`).join(''),
  )
  await shop.write(
    'phrases.tsv',
    `sentence\tlabel\n${Array.from({ length: 60 }, (_, i) => `it 's "film" ${i}\t${i % 2}\n`).join('')}`,
  )
  await shop.write('dev.tsv', "sentence\tlabel\nit 's a film \t1\ndull\t0\n")
  await shop.write('vectors.txt', 'film 0.1 0.2 0.3\nthe 0.4 0.5 0.6\n')
  for (const part of ['train', 'test'])
    for (const label of ['pos', 'neg']) {
      await mkdir(shop.path(`imdb/${part}/${label}`), { recursive: true })
      for (let i = 0; i < 12; i++) await shop.write(`imdb/${part}/${label}/${i}_7.txt`, `The film<br />${label}, ${i}.`)
    }
  await shop.write('imdb/train/urls_pos.txt', 'http://example.org\n')
  const word = (i: number, form: string, tag: string) =>
    `${[i, form, '_', tag, '_', '_', 0, '_', '_', '_'].join('\t')}\n`
  await shop.write('a.conllu', `${word(1, 'dogs', 'NOUN')}${word(2, 'bark', 'VERB')}\n`.repeat(20))
})
afterAll(() => shop.close())

it.each([
  ['reviews.yaml', 'classify', []],
  ['rt-polarity.yaml', 'classify', ['classes']],
  ['sms-spam.yaml', 'classify', ['sms']],
  ['names.yaml', 'classify', ['classes']],
  ['sst-2.yaml', 'classify', ['phrases.tsv', '--test-file', 'dev.tsv', '--embedding', 'vectors.txt']],
  ['imdb.yaml', 'classify', ['imdb/train', '--test-file', 'imdb/test', '--embedding', 'vectors.txt']],
  ['ud-english-ewt.yaml', 'tag', ['a.conllu', '--validation-file', 'a.conllu', '--test-file', 'a.conllu']],
])('examples/%s', async (name, verb, data) => {
  const small = ['--steps', '2', '--hidden-size', '8', '--threads', '1', '--out', name]
  const ending = await shop.run(['train', verb, ...data, '--config', join(folder, name), ...small])
  expect(ending.stderr).not.toContain('recurra:')
  expect(ending.code).toBe(0)
  if (name === 'imdb.yaml') expect(ending.stderr).toContain(': 17 to train on, 7 for validation, 24 for the test')
  if (name === 'sst-2.yaml') expect(ending.stderr).toContain(': 57 to train on, 3 for validation, 2 for the test')
})

it('say where their data come from where they are missing', async () => {
  const ending = await shop.run(['train', 'classify', '--config', join(folder, 'names.yaml')])
  expect(ending.code).toBe(1)
  for (const field of ['source', 'licence', 'SHA-256', 'download']) expect(ending.stderr).toContain(`\n${field} `)
  expect(ending.stderr.trimEnd().split('\n').at(-1)).toMatch(/^recurra: data\/names: /)
})
