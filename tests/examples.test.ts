// Every configuration in examples/ is one that its command takes, trained a step or two on small data of its form; it begins with
// what its data are, and says so where they are missing.
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Workshop } from './cli/commandLine.js'

const folder = join(import.meta.dirname, '..', 'examples')

const heldOut = (file: string) => ['--validation-file', file, '--test-file', file]
const lm = ['--time-steps', '5', '--batch-size', '4']
const translator = ['--encoder-hidden-size', '8', '--embedding-size', '8', '--bootstrap', '0', '--batch-size', '8']
const vectors = ['--embedding', 'vectors.txt']

/** Its data, and what else makes it small; undefined where the data are built in. */
const examples: Readonly<Record<string, { readonly data?: string; readonly more?: readonly string[] }>> = {
  'adding.yaml': { more: ['--length', '5'] },
  'copy.yaml': { more: ['--delay', '3'] },
  'dates.yaml': { more: [...translator, '--beam-size', '1'] },
  'english-french.yaml': { more: [...translator, '--beam-size', '1'] },
  'imdb.yaml': { data: 'imdb/train', more: ['--test-file', 'imdb/test', ...vectors] },
  'multi30k.yaml': { data: 'fox.tsv', more: [...heldOut('pairs.tsv'), ...translator] },
  'names.yaml': { data: 'classes' },
  'penn-treebank-medium.yaml': { data: 'book.txt', more: [...heldOut('book.txt'), ...lm] },
  'penn-treebank-small.yaml': { data: 'book.txt', more: [...heldOut('book.txt'), ...lm] },
  'reviews.yaml': {},
  'rt-polarity.yaml': { data: 'classes' },
  'sms-spam.yaml': { data: 'sms' },
  'sst-2.yaml': { data: 'phrases.tsv', more: ['--test-file', 'dev.tsv', ...vectors] },
  'tatoeba-attention.yaml': { data: 'pairs.tsv', more: translator },
  'tatoeba-plain.yaml': { data: 'pairs.tsv', more: translator },
  'tinyshakespeare.yaml': { data: 'book.txt', more: lm },
  'ud-english-ewt.yaml': { data: 'a.conllu', more: heldOut('a.conllu') },
}

/** How a folder or a table is to be split, where that is its own. */
const told: Readonly<Record<string, string>> = {
  'imdb.yaml': ': 17 to train on, 7 for validation, 24 for the test',
  'sst-2.yaml': ': 57 to train on, 3 for validation, 2 for the test',
}

let shop: Workshop
const rows = (count: number, row: (i: number) => string) => Array.from({ length: count }, (_, i) => row(i)).join('')
beforeAll(async () => {
  shop = await Workshop.open()
  await shop.write(
    'book.txt',
    rows(60, i => `a line of ${i} words\n`),
  )
  await shop.write(
    'pairs.tsv',
    rows(60, i => `one two ${i % 30}\tun deux ${i % 30}\n`),
  )
  await shop.write('fox.tsv', 'a b\tc d\ne f\tg h\ne f\tg h\na b\tc d\n')
  await mkdir(shop.path('classes'))
  for (const [label, word] of [
    ['pos', 'fine'],
    ['neg', 'dull'],
  ])
    await shop.write(
      `classes/rt.${label}`,
      rows(30, i => `${word} film number ${i}\n`),
    )
  await shop.write(
    'sms',
    rows(60, i => `${i % 4 ? 'ham' : 'spam'}\tnow, "free" ${i}!\n`),
  )
  await shop.write('phrases.tsv', `sentence\tlabel\n${rows(60, i => `it 's "film" ${i}\t${i % 2}\n`)}`)
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

it('there is no configuration that is not tried here', async () => {
  const names = (await readdir(folder)).filter(name => name.endsWith('.yaml'))
  expect(Object.keys(examples)).toEqual(names.toSorted())
})

describe.each(Object.entries(examples))('examples/%s', (name, { data, more = [] }) => {
  const path = join(folder, name)
  const headed = async () => {
    const text = await readFile(path, 'utf8')
    const head = text.slice(0, text.search(/^[^#]/m))
    const verb = /recurra train (\w+) --config/.exec(head)?.[1] ?? 'none'
    return { text, head, verb }
  }

  it('is headed by source, licence, SHA-256, download line and command', async () => {
    const { head } = await headed()
    for (const field of ['source', 'licence', 'SHA-256', 'download', 'run']) expect(head).toContain(`\n# ${field} `)
    expect(head).toContain(`examples/${name}`)
  })

  it('is taken by its command, whose flags go before it', async () => {
    const { verb } = await headed()
    const small = ['--steps', '2', '--hidden-size', '8', '--threads', '1', '--out', name, ...more]
    const ending = await shop.run(['train', verb, ...(data ? [data] : []), '--config', path, ...small])
    expect(ending.stderr).not.toContain('recurra:')
    expect(ending.stderr).toContain(told[name] ?? '')
    expect(ending.code).toBe(0)
  })

  // What is built in is missing nowhere.
  if (data === undefined) return
  it('says where its data come from where they are missing', async () => {
    const { text, verb } = await headed()
    const ending = await shop.run(['train', verb, '--config', path])
    expect(ending.code).toBe(1)
    expect(ending.stderr).toContain(`${name} says where it comes from:\n\n`)
    for (const field of ['source', 'licence', 'SHA-256', 'download']) expect(ending.stderr).toContain(`\n${field} `)
    const [, missing, fault] = /^recurra: (\S+): (.*)$/.exec(ending.stderr.trimEnd().split('\n').at(-1) ?? '') ?? []
    expect(Object.values(parse(text))).toContain(missing)
    expect(fault).toContain('does not exist')
  })
})
