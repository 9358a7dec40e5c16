// recurra train tag, tag and eval as a user has them: CoNLL-U, files of two columns, parts given as files of their own.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fault, Workshop } from './commandLine.js'

let shop: Workshop
const tiny = '--hidden-size 8 --embedding-size 8 --character-hidden-size 4 --batch-size 8 --threads 1 --steps 3'.split(
  ' ',
)
const row = (i: number, word: string, upos: string, xpos: string) =>
  `${[i, word, '_', upos, xpos, '_', 0, '_', '_', '_'].join('\t')}\n`
const treebank = (count: number) =>
  Array.from(
    { length: count },
    (_, i) =>
      `# text = the dog${i} barks\n${row(1, 'the', 'DET', 'DT')}${row(2, `dog${i}`, 'NOUN', 'NN')}${row(3, 'barks', 'VERB', 'VBZ')}\n`,
  ).join('')
beforeAll(async () => {
  shop = await Workshop.open()
  await shop.write('train.conllu', treebank(30))
  await shop.write('dev.conllu', treebank(5))
  const args = [
    'train',
    'tag',
    'train.conllu',
    '--validation-file',
    'dev.conllu',
    '--test-file',
    'dev.conllu',
    '--crf',
    ...tiny,
  ]
  const { code, stdout, stderr } = await shop.run([...args, '--out', 'upos'])
  expect(code).toBe(0)
  expect(stdout).toMatch(
    /^upos: test accuracy \d\.\d{4}, on unknown words –, macro F1 .* \(15 words, 0 of them unknown, in 5 sentences\)\n$/,
  )
  expect(stderr).toMatch(
    /\nmodel: lstm, 1 layer of 8 in both directions, characters 4 in both, CRF, [\d,]+ parameters, 33 words, 3 tags\n/,
  )
  expect(stderr).toContain('sentences: train.conllu: 30 to train on, 5 for validation, 5 for the test; 5 of the')
}, 30_000)
afterAll(() => shop.close())

describe('a tagger', () => {
  it('tags lines: two columns that are read back, or JSON', async () => {
    const { code, stdout } = await shop.run(['tag', 'upos', '-'], 'the dog barks\n\n the \u{1f415}\n')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^the\t[A-Z]+\ndog\t[A-Z]+\nbarks\t[A-Z]+\n\nthe\t[A-Z]+\n\u{1f415}\t[A-Z]+\n\n$/u)
    await shop.write('tagged.txt', stdout)
    expect((await shop.run(['eval', 'upos', 'tagged.txt'])).stdout).toMatch(/^tagged.txt: accuracy 1.0000/)
    const json = await shop.run(['tag', 'upos', '--text', 'the dog', '--json'])
    expect(JSON.parse(json.stdout)).toEqual({ words: ['the', 'dog'], tags: [expect.any(String), expect.any(String)] })
  })

  it('is measured on another column, whose tags it does not have', async () => {
    const { code, stdout } = await shop.run(['eval', 'upos/best.safetensors', 'dev.conllu', '--tag-column', 'xpos'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/accuracy 0\.0000.*the model does not have these labels.*: DT \(5\), NN \(5\), VBZ \(5\)\n/)
  })

  it('says the built-in symbols again after any delay', async () => {
    const copy = ['train', 'tag', 'copy', '--delay', '3', '--steps', '2', '--hidden-size', '8', '--threads', '1']
    const ending = await shop.run([...copy, '--out', 'echo'])
    expect(ending.code).toBe(0)
    // 10 symbols, 2 blanks, the sign, 10 blanks: 23 steps of each of 1,000 sequences.
    expect(ending.stdout).toMatch(/\(23,000 words, 0 of them unknown, in 1,000 sentences\)/)
    expect((await shop.run(['eval', 'echo', 'copy', '--delay', '3'])).stdout).toContain('(23,000 words')
    expect(fault(await shop.run(['train', 'tag', 'tagged.txt', '--delay', '3']))).toBe(
      'recurra: train tag: --delay is for copy; got tagged.txt; leave it out',
    )
  })

  it('on BIO tags is measured by spans too', async () => {
    await shop.write('ner.txt', 'Anna\tB-PER\nLee\tI-PER\nruns\tO\n\nin\tO\nRome\tB-LOC\n\n'.repeat(20))
    expect((await shop.run(['train', 'tag', 'ner.txt', ...tiny, '--out', 'ner'])).code).toBe(0)
    const { stdout } = await shop.run(['eval', 'ner', 'ner.txt'])
    expect(stdout).toMatch(/, span F1 \d\.\d{4}, /)
    expect(stdout).toMatch(/\nspans, micro +\d\.\d{4}/)
  })
})

describe('bad input is one clear line', () => {
  it.each([
    [['train', 'tag', 'reviews'], 1, 'reviews'],
    [['train', 'tag', 'cut.conllu'], 1, "cut.conllu, line 2: the word's number must be 2"],
    [
      ['train', 'tag', 'train.conllu', '--tag-column', 'pos'],
      2,
      '--tag-column must be upos, xpos, feats or deprel; got pos; did you mean upos?',
    ],
    [
      ['train', 'tag', 'train.conllu', '--embedding', 'one-hot'],
      2,
      '--embedding must be learned or a file of word vectors; got one-hot',
    ],
    [
      ['classify', 'upos', '--text', 'x'],
      1,
      'classify: MODEL must be a classifier; upos is a tagger, which is for recurra tag, recurra eval, recurra inspect summary, recurra doctor',
    ],
    [['tag', 'upos'], 2, 'tag: give a FILE or --text, one of them'],
  ])('%j', async (args, code, message) => {
    await shop.write('cut.conllu', `${row(1, 'the', 'DET', 'DT')}${row(3, 'dog', 'NOUN', 'NN')}\n`)
    const ending = await shop.run(args)
    expect(fault(ending)).toContain(message)
    expect(ending.code).toBe(code)
  })
})
