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
  ['ud-english-ewt.yaml', 'tag', ['a.conllu', '--validation-file', 'a.conllu', '--test-file', 'a.conllu']],
])('examples/%s', async (name, verb, data) => {
  const small = ['--steps', '2', '--hidden-size', '8', '--threads', '1', '--out', name]
  const ending = await shop.run(['train', verb, ...data, '--config', join(folder, name), ...small])
  expect(ending.stderr).not.toContain('recurra:')
  expect(ending.code).toBe(0)
})

it('say where their data come from where they are missing', async () => {
  const ending = await shop.run(['train', 'classify', '--config', join(folder, 'names.yaml')])
  expect(ending.code).toBe(1)
  for (const field of ['source', 'licence', 'SHA-256', 'download']) expect(ending.stderr).toContain(`\n${field} `)
  expect(ending.stderr.trimEnd().split('\n').at(-1)).toMatch(/^recurra: data\/names: /)
})
