// recurra inspect saliency, attention, neurons and summary, and recurra doctor, on classifiers, taggers and translators, as a
// user has them.
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fault, Workshop } from './commandLine.js'

let shop: Workshop
const flags = '--hidden-size 8 --threads 1 --steps 20 --batch-size 16'.split(' ')
beforeAll(async () => {
  shop = await Workshop.open()
  const reviews = Array.from(
    { length: 300 },
    (_, i) =>
      `the ${['film', 'plot', 'music'][i % 3]} number ${i} was ${i % 2 ? 'lovely' : 'awful'},${i % 2 ? 'pos' : 'neg'}\n`,
  )
  await shop.write('reviews.csv', `review,mood\n${reviews.join('')}`)
  const pairs = Array.from(
    { length: 100 },
    (_, i) => `${i % 2 ? 'red' : 'blue'} cat ${i % 7}\tchat ${i % 7} ${i % 2 ? 'rouge' : 'bleu'}\n`,
  )
  await shop.write('pairs.tsv', pairs.join(''))
  const words = Array.from({ length: 60 }, (_, i) => `the\tD\n${i % 2 ? 'dog' : 'cat'}\tN\nsees\tV\n\n`)
  await shop.write('tags.tsv', words.join(''))
  await stdout(
    'train',
    'classify',
    'reviews.csv',
    '--text-column',
    'review',
    '--label-column',
    'mood',
    '--pooling',
    'attention',
    '--out',
    'mood',
    ...flags,
  )
  await stdout('train', 'translate', 'pairs.tsv', '--out', 'french', '--min-count', '1', ...flags)
  await stdout('train', 'tag', 'tags.tsv', '--out', 'tags', ...flags)
})
afterAll(() => shop.close())

async function stdout(...args: string[]): Promise<string> {
  const ending = await shop.run(args)
  expect(ending).toMatchObject({ code: 0 })
  return ending.stdout
}

describe('a classifier', () => {
  it('tells the words that decided, for the class that is likeliest or named', async () => {
    const told = await stdout('inspect', 'saliency', 'mood', '--text', 'the film was lovely 😀')
    expect(told).toMatch(
      /^class (pos|neg): probability 0\.\d+, E = \d\.\d+ nats\n\ntoken +‖∂E\/∂x‖ +share +speaks for it\n/,
    )
    expect(told).toMatch(/^😀 \(unknown\) +\d\.\d+e-\d/m)
    const record = JSON.parse(
      await stdout('inspect', 'saliency', 'mood', '--text', 'lovely', '--label', 'neg', '--json'),
    )
    expect(record).toMatchObject({ label: 'neg', tokens: [{ text: 'lovely', share: 1 }], cut: false })
    const wrong = await shop.run(['inspect', 'saliency', 'mood', '--text', 'lovely', '--label', 'nag'])
    expect(wrong.code).toBe(2)
    expect(fault(wrong)).toBe('recurra: saliency: there is no class nag; did you mean neg?')
    expect(fault(await shop.run(['inspect', 'saliency', 'mood', '--text', 'x', '--target', 'y']))).toContain(
      '--target is for language models; of a classifier --label names the class',
    )
    expect(fault(await shop.run(['inspect', 'saliency', 'mood', '--text', ' ']))).toContain('the text is empty')
  })

  it('tells what each token weighs, in a table, as JSON and as a picture', async () => {
    const told = await stdout('inspect', 'attention', 'mood', '--text', 'the film was lovely', '--svg', 'mood.svg')
    expect(told).toMatch(/^class (pos|neg): probability 0\.\d+\n\ntoken +weight\nthe +0\.\d{4} +█+\n/)
    expect(await readFile(shop.path('mood.svg'), 'utf8')).toMatch(
      /<title>what each token weighs for (pos|neg)<\/title>/,
    )
    const record = JSON.parse(await stdout('inspect', 'attention', 'mood', 'fox.txt', '--json', '--max-tokens', '7'))
    expect(record).toMatchObject({ cut: true, tokens: { length: 7 } })
    const again = await shop.run(['inspect', 'attention', 'mood', '--text', 'the film', '--svg', 'mood.svg'])
    expect(fault(again)).toContain('mood.svg: it exists, and is never overwritten')
  })

  it('has units that tell its classes, read as training reads them', async () => {
    const told = await stdout(
      'inspect',
      'neurons',
      'mood',
      'reviews.csv',
      '--text-column',
      'review',
      '--label-column',
      'mood',
      '--top',
      '1',
    )
    expect(told).toMatch(/^label pos +\d\d\.\d % +(\d:c?\d|pooled:\d) +[≥<]/m)
    expect(told).toContain('300 texts')
    const few = await shop.run([
      'inspect',
      'neurons',
      'mood',
      'reviews.csv',
      '--text-column',
      'review',
      '--label-column',
      'mood',
      '--max-tokens',
      '90',
    ])
    expect(fault(few)).toContain('200 labelled texts or more are needed; got 15 within 90 tokens; raise maxTokens')
    expect(
      fault(
        await shop.run([
          'inspect',
          'neurons',
          'mood',
          'reviews.csv',
          '--pattern',
          'a',
          '--text-column',
          'review',
          '--label-column',
          'mood',
        ]),
      ),
    ).toContain('--pattern is for texts without classes')
  })
})

describe('a translator', () => {
  it('shows which words it looked at: the matrix, its picture, and JSON', async () => {
    const told = await stdout(
      'inspect',
      'attention',
      'french',
      '--text',
      'red cat 3',
      '--svg',
      'a/french.svg',
      '--beam-size',
      '1',
    )
    expect(told).toMatch(/\nlog p = -?\d+\.\d+ nats.*\n\n +red +cat +3 +<\/s>\n/)
    expect(await readFile(shop.path('a/french.svg'), 'utf8')).toMatch(/^<svg xmlns.*what each word written looked at/s)
    const { alignment } = JSON.parse(await stdout('inspect', 'attention', 'french', '--text', 'red cat 3', '--json'))
    expect(alignment.source).toEqual(['red', 'cat', '3', '</s>'])
    expect(alignment.weights).toHaveLength(alignment.target.length)
    const long = await shop.run(['inspect', 'attention', 'french', 'fox.txt', '--max-tokens', '9'])
    expect(long.code).toBe(2)
    expect(fault(long)).toMatch(
      /^recurra: attention: the text must have at most 9 tokens; got \d+; give a sentence of it, or raise maxTokens$/,
    )
    expect(fault(await shop.run(['inspect', 'attention', 'tags', '--text', 'a']))).toContain(
      'inspect attention: MODEL must be a translator or a classifier; tags is a tagger, which is for',
    )
  })
})

describe('every recurrent model', () => {
  it('has a summary', async () => {
    for (const model of ['mood', 'french', 'tags'])
      expect(await stdout('inspect', 'summary', model)).toMatch(
        /^output {2}V .*\n(.*\n)*[\d,]+ parameters, for texts of any length/m,
      )
  })

  it('is examined by the doctor, who knows it by itself', async () => {
    for (const [model, file, line] of [
      ['mood', 'reviews.csv', /^mood: classifier, lstm, 1 layer of 8, pooling attention, on reviews\.csv\n/],
      ['french', 'pairs.tsv', /^french: translator, gru, 1 layer of 8, attention luong-general, on pairs\.tsv\n/],
      ['tags', 'tags.tsv', /^tags: tagger, lstm, 1 layer of 8, both directions, on tags\.tsv\n/],
    ] as const) {
      const told = await stdout('doctor', model, file, '--threads', '1', '--steps', '10')
      expect(told).toMatch(line)
      expect(told).toMatch(/^ok {7}gradient/m)
      expect(told).toMatch(/^(ok|PROBLEM|note) +targets/m)
    }
  })

  it('is examined before it is trained, from its configuration', async () => {
    await shop.write('tag.yaml', 'data: tags.tsv\nhiddenSize: 8\ncrf: true\n')
    await shop.write('translate.yaml', 'sourceFile: en.txt\ntargetFile: fr.txt\nhiddenSize: 8\n')
    await shop.write(
      'classify.yaml',
      'data: reviews.csv\ntextColumn: review\nlabelColumn: mood\nhiddenSize: 8\nmaxLength: 3\n',
    )
    const lines = Array.from({ length: 80 }, (_, i) => (i % 9 === 0 ? 'so\n' : `${'so '.repeat(i % 5)}word ${i}\n`))
    await shop.write('en.txt', lines.join(''))
    await shop.write('fr.txt', [...lines.slice(1), lines[0]].map(line => line.toUpperCase()).join(''))
    const common = ['--threads', '1', '--steps', '10']
    expect(await stdout('doctor', '--config', 'tag.yaml', '--task', 'tag', ...common)).toContain('on tags.tsv')
    const told = await stdout('doctor', '--config', 'translate.yaml', '--task', 'translate', ...common)
    expect(told).toMatch(/^translate\.yaml: translator, .* on en\.txt, fr\.txt\n/)
    expect(told).toMatch(/^PROBLEM {2}targets +Sources and targets stand 1 line apart/m)
    expect(await stdout('doctor', '--config', 'classify.yaml', '--task', 'classify', ...common)).toMatch(
      /^PROBLEM {2}sentences +Of texts that are longer than 3 tokens only the beginning is read/m,
    )
    const wrong = await shop.run(['doctor', '--config', 'tag.yaml', '--task', 'tags'])
    expect(wrong.code).toBe(2)
    expect(fault(wrong)).toContain('--task')
  })
})
