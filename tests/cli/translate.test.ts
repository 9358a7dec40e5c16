// recurra train translate, translate, eval: pairs in a file, in two, built in; and what is told of bad ones.
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { englishFrench } from '../../src/data/generated/englishFrench.js'
import { fault, Workshop } from './commandLine.js'

const tiny = '--hidden-size 16 --threads 1 --batch-size 16'.split(' ')
const pairs = englishFrench.generate({ count: 200 }).toFile()

let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
  await shop.write('pairs.tsv', pairs)
  await shop.write('en.txt', pairs.replace(/\t.*/g, ''))
  await shop.write('fr.txt', pairs.replace(/.*\t/g, ''))
  const ending = await shop.run([
    'train',
    'translate',
    'pairs.tsv',
    ...tiny,
    '--steps',
    '40',
    '--out',
    'run',
    '--bootstrap',
    '20',
  ])
  expect(ending).toMatchObject({ code: 0 })
  expect(ending.stdout).toMatch(
    /^run: test BLEU [\d.]+ \(μ = [\d.]+ ± [\d.]+\), chrF2 [\d.]+ \(.*\), exact [\d.]+ %, loss [\d.]+, perplexity [\d.]+ \(10 pairs\)\n/,
  )
  expect(ending.stdout).toContain('\nBLEU|nrefs:1|bs:20|seed:12345|case:mixed|eff:no|tok:13a|smooth:exp|version:')
  expect(ending.stderr).toMatch(
    /\nmodel: gru, encoder 1 layer of 16 in both directions, decoder 1 layer of 16, attention luong-general, /,
  )
})
afterAll(() => shop.close())

describe('recurra train translate', () => {
  it('leaves the folder of a run, and goes on after a stop', async () => {
    expect(parse(await readFile(shop.path('run/config.yaml'), 'utf8'))).toMatchObject({
      ...{ data: shop.path('pairs.tsv'), unit: 'word', attention: 'luong-general', beamSize: 4 },
    })
    const args = [
      'train',
      'translate',
      '--source-file',
      'en.txt',
      '--target-file',
      'fr.txt',
      ...tiny,
      '--steps',
      '4',
      '--bootstrap',
      '0',
    ]
    expect((await shop.run([...args, '--stop-at', '2', '--out', 'half'])).stdout).toBe('half: stopped\n')
    expect(await shop.run([...args, '--out', 'whole'])).toMatchObject({ code: 0 })
    expect(await shop.run(['resume', 'half'])).toMatchObject({ code: 0 })
    expect(await readFile(shop.path('half/last.safetensors'))).toEqual(
      await readFile(shop.path('whole/last.safetensors')),
    )
  })

  it('takes dates as characters, and held-out files as they are', async () => {
    const dates = await shop.run([
      'train',
      'translate',
      'dates',
      ...tiny,
      '--steps',
      '1',
      '--attention',
      'none',
      '--beam-size',
      '1',
      '--out',
      'dates',
    ])
    expect(dates).toMatchObject({ code: 0 })
    expect(parse(await readFile(shop.path('dates/config.yaml'), 'utf8'))).toMatchObject({ unit: 'character' })
    const given = ['--validation-file', 'pairs.tsv', '--test-file', 'pairs.tsv']
    await shop.write('more.tsv', `${pairs}hello\tbonjour\ngood bye\tau revoir\n`)
    const ending = await shop.run([
      'train',
      'translate',
      'more.tsv',
      ...tiny,
      '--steps',
      '1',
      '--min-count',
      '1',
      '--out',
      'given',
      '--beam-size',
      '1',
      ...given,
    ])
    expect(ending).toMatchObject({ code: 0 })
    expect(ending.stderr).toContain(
      ': 2 to train on (up to 200 tokens), 200 for validation, 200 for the test; 200 were left out whose source is in a held-out file',
    )
  })
})

describe('recurra translate', () => {
  it('writes a line for a line', async () => {
    const { code, stdout } = await shop.run(['translate', 'run', '-', '--beam-size', '2'], 'I see you .\n\nxyzzy\n')
    expect(code).toBe(0)
    const lines = stdout.split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[1]).toBe('')
    expect(stdout).not.toContain('<unk>')
  })

  it('writes n-best lists, JSON and the alignment', async () => {
    const args = ['translate', 'run', '--text', 'the <red> cats & dogs .', '--attention', 'look.svg', '--n-best', '2']
    const { stdout } = await shop.run(args)
    expect(stdout).toMatch(/^1\t-\d+\.\d{4}\t.*\n1\t-\d+\.\d{4}\t.*\n$/)
    const picture = await readFile(shop.path('look.svg'), 'utf8')
    expect(picture).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" /)
    expect(picture).toMatch(/<g transform=[^>]*rotate[^>]*><text[^>]*>the<\/text>/)
    expect(picture.match(/<rect x/g)?.length).toBeGreaterThan(6)
    expect(picture).not.toMatch(/&(?!amp;|lt;|gt;|quot;)/)
    const json = await shop.run(['translate', 'run', 'en.txt', '--json', '--beam-size', '1'])
    const records = json.stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(records).toHaveLength(200)
    expect(records[0]).toMatchObject({
      source: expect.any(String),
      translations: [{ logProbability: expect.any(Number) }],
    })
  })
})

it('recurra eval measures a translator', async () => {
  const line = await shop.run([
    'eval',
    'run',
    '--source-file',
    'en.txt',
    '--target-file',
    'fr.txt',
    '--bootstrap',
    '0',
    '--chrf-words',
    '2',
    '--tokenize',
    'none',
  ])
  expect(line.stdout).toMatch(
    /^en\.txt, fr\.txt: BLEU [\d.]+, chrF2\+\+ [\d.]+, exact [\d.]+ %, .* \(200 pairs\)\nBLEU by the source’s length: /,
  )
  expect(line.stdout).toContain('tok:none')
  const json = await shop.run(['eval', 'run', 'pairs.tsv', '--json', '--bootstrap', '10'])
  expect(JSON.parse(json.stdout)).toMatchObject({
    pairs: 200,
    bleu: { score: expect.any(Number) },
    chrf: { name: 'chrF2' },
  })
})

describe('what cannot be is told in one line', () => {
  const told = async (...args: string[]) => {
    const ending = await shop.run(args)
    return [ending.code, fault(ending)]
  }
  it('of files, models and flags', async () => {
    await shop.write('short.txt', 'un\n')
    expect(await told('train', 'translate', '--source-file', 'en.txt', '--target-file', 'short.txt')).toEqual([
      1,
      'recurra: short.txt: it must have as many lines as en.txt; it has 1, and that one 200; give files whose lines belong together',
    ])
    await shop.write('bare.tsv', 'one\n')
    expect(await told('train', 'translate', 'bare.tsv')).toEqual([
      1,
      'recurra: bare.tsv, line 1: source and target must be set apart by a tab; got none; set one between them',
    ])
    expect(await told('train', 'translate')).toEqual([
      2,
      'recurra: train translate: FILE is missing; give pairs set apart by a tab, --source-file and --target-file, or english-french or dates',
    ])
    expect(await told('train', 'translate', 'pairs.tsv', '--attention', 'luong')).toEqual([
      2,
      'recurra: train translate: --attention must be none, bahdanau, luong-dot or luong-general; got luong',
    ])
    expect(await told('generate', 'run')).toEqual([
      1,
      'recurra: generate: MODEL must be a language model or an n-gram model; run is a translator, which is for recurra translate, recurra eval, recurra inspect attention, recurra inspect summary, recurra doctor',
    ])
    expect(await told('translate', 'run', '--n-best', '9')).toEqual([
      2,
      'recurra: translate: --n-best must be at most --beam-size, 4; got 9',
    ])
    await shop.train('lm')
    expect(await told('translate', 'lm')).toEqual([
      1,
      expect.stringMatching(
        /^recurra: translate: MODEL must be a translator; lm is a language model, which is for recurra generate, recurra next, recurra eval, recurra score, (recurra inspect \w+, )+recurra doctor$/,
      ),
    ])
    expect(await told('eval', 'lm', 'fox.txt', '--beam-size', '2')).toEqual([
      2,
      'recurra: eval: --beam-size is for translators; leave it out',
    ])
  })
})
