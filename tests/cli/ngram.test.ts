// n-gram models on the command line: trained, kept, and used by the same verbs as recurrent ones.
import { existsSync, readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fault, text, Workshop } from './commandLine.js'

let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
  for (const ending of ['arpa', 'arpa.gz', 'ngram'])
    await stdout('train', 'ngram', 'fox.txt', '--order', '3', '--discount-fallback', '--out', `fox.${ending}`)
  await shop.train('run')
})
afterAll(() => shop.close())

const stdout = async (...args: string[]) => {
  const ending = await shop.run(args)
  expect(ending).toMatchObject({ code: 0 })
  return ending.stdout
}
const refusal = async (code: number, ...args: string[]) => {
  const ending = await shop.run(args)
  expect(ending.code).toBe(code)
  return fault(ending)
}

describe('train ngram', () => {
  it('tells counts, discounts and time, and the model on standard output', async () => {
    const ending = await shop.run([
      'train',
      'ngram',
      'fox.txt',
      '--order',
      '2',
      '--discount-fallback',
      '--out',
      'a.ngram',
    ])
    expect(ending.stderr).toMatch(
      /^order 1 +\d+ {2}discounts 0\.5.*\norder 2 +\d+ {2}discounts .*\n.* symbols, estimated/,
    )
    expect(ending.stdout).toMatch(/^a\.ngram: order 2, [\d,]+ n-grams\n$/)
  })

  it('takes the first free name in runs/ where none is given', async () => {
    const flags = ['--order', '1', '--discount-fallback', '--json']
    for (const n of [1, 2]) {
      const record = JSON.parse(await stdout('train', 'ngram', 'fox.txt', ...flags))
      expect(record).toMatchObject({ model: join('runs', `ngram-${n}.ngram`), order: 1, smoothing: 'kneser-ney' })
      expect(record.counts).toHaveLength(1)
    }
    expect(await readdir(shop.path('runs'))).toEqual(['ngram-1.ngram', 'ngram-2.ngram'])
  })

  it('takes a configuration file, and flags before it', async () => {
    await shop.write('n.yaml', 'data: fox.txt\norder: 4\nsmoothing: add-k\nk: 0.5\nprune: [0, 1]\n')
    const record = JSON.parse(await stdout('train', 'ngram', '--config', 'n.yaml', '--order', '3', '--json'))
    expect(record).toMatchObject({ order: 3, smoothing: 'add-k' })
    await shop.write('bad.yaml', 'ordr: 4\n')
    expect(await refusal(2, 'train', 'ngram', 'fox.txt', '--config', 'bad.yaml')).toBe(
      'recurra: bad.yaml: ordr is not known; did you mean order?',
    )
  })

  it('prunes by thresholds in one value', async () => {
    await stdout(
      'train',
      'ngram',
      'fox.txt',
      '--prune',
      '0,0,1',
      '--order',
      '3',
      '--discount-fallback',
      '--out',
      'p.arpa',
    )
    const [all, pruned] = await Promise.all(['fox.arpa', 'p.arpa'].map(name => readFile(shop.path(name), 'utf8')))
    const count = (arpa: string, order: number) => Number(new RegExp(`ngram ${order}=(\\d+)`).exec(arpa)?.[1])
    expect(count(pruned, 2)).toBe(count(all, 2))
    expect(count(pruned, 3)).toBeLessThan(count(all, 3))
  })

  it('never overwrites a file', async () => {
    const before = await readFile(shop.path('fox.arpa'))
    expect(await refusal(1, 'train', 'ngram', 'fox.txt', '--out', 'fox.arpa')).toBe(
      'recurra: fox.arpa: it exists, and is never overwritten; choose another name or remove it',
    )
    expect(await readFile(shop.path('fox.arpa'))).toEqual(before)
  })

  it.each([
    [
      2,
      'fox.txt --smoothing kneserney',
      /--smoothing must be kneser-ney, .*; got kneserney; did you mean kneser-ney\?/,
    ],
    [2, 'fox.txt --prune 0,2,1', /--prune: must begin with 0 and never fall, as 0,0,1; got \[0,2,1\]/],
    [2, 'fox.txt --prune 0,x', /--prune: must be a number; got x/],
    [
      2,
      'fox.txt --vocabulary-size 300',
      /--vocabulary-size: is for byte pairs alone; leave it out, or give --unit byte-pair; got 300/,
    ],
    [2, 'fox.txt --out m.txt', /--out must end in \.arpa, \.arpa\.gz or \.ngram; got m\.txt/],
    [2, 'fox.txt --smoothing add-k --out m.arpa', /ARPA cannot say add-k/],
    [1, 'fox.txt --out fox.txt/m.arpa', /fox\.txt is a file, not a folder/],
    [1, 'nothing.txt', /nothing\.txt: cannot read the file: it does not exist/],
    [1, 'empty.txt', /empty\.txt: there is nothing to count/],
    [1, 'ham.txt', /discounts for the 1-grams cannot be estimated: .*; give --discount-fallback /],
  ])('%i: %s', async (code, line, message) => {
    await shop.write('empty.txt', '')
    await shop.write('ham.txt', 'I like ham\n')
    const before = await readdir(shop.folder)
    expect(await refusal(code, 'train', 'ngram', ...line.split(' '))).toMatch(message)
    expect(await readdir(shop.folder)).toEqual(before)
  })
})

describe('the common verbs', () => {
  it('measure the same in every form of the file', async () => {
    const one = await stdout('eval', 'fox.ngram', 'fox.txt')
    expect(one).toMatch(/^fox\.txt: loss \d\.\d+ nats per token, perplexity \d+\.\d+, \d\.\d+ bits per character \(/)
    expect(await stdout('eval', 'fox.arpa', 'fox.txt')).toBe(one)
    expect(await stdout('eval', 'fox.arpa.gz', 'fox.txt')).toBe(one)
    const record = JSON.parse(await stdout('eval', 'fox.arpa', 'fox.txt', '--json'))
    expect(record).toMatchObject({ unknown: 0, tokens: text.split(/\s+/).length - 1 + 300 })
    expect(record.perplexityWithoutUnknown).toBeCloseTo(record.perplexity, 10)
  })

  it('know a model by what it holds, not by its name', async () => {
    await shop.write('named.bin', await readFile(shop.path('fox.arpa')))
    await shop.write('packed', await readFile(shop.path('fox.arpa.gz')))
    await shop.write('m.safetensors', await readFile(shop.path('fox.ngram')))
    const expected = await stdout('score', 'fox.arpa', '--text', 'the red fox')
    for (const name of ['named.bin', 'packed', 'm.safetensors'])
      expect(await stdout('score', name, '--text', 'the red fox')).toBe(expected)
  })

  it('score lines and tokens as KenLM’s query prints them', async () => {
    const words = (await stdout('score', 'fox.arpa', '--text', 'the blue fox\nthe', '--tokens')).split('\n')
    const number = String.raw`-?\d+(\.\d+)?(e-\d+)?`
    expect(words[0]).toMatch(
      new RegExp(
        `^the=3 2 ${number}\tblue=0 1 ${number}\tfox=\\d+ 1 ${number}\t</s>=2 1 ${number}\tTotal: ${number} OOV: 1$`,
      ),
    )
    expect(await stdout('score', 'fox.arpa', '--text', 'the blue fox\nthe')).toBe(
      `${words.map(line => line.replace(/^.*\t/, '')).join('\n')}`,
    )
    const [record] = (await stdout('score', 'fox.arpa', '--text', 'the blue fox', '--tokens', '--json')).split('\n')
    const { scores, ...line } = JSON.parse(record)
    expect(line).toMatchObject({ text: 'the blue fox', tokens: 4, unknown: 1 })
    expect(scores[1]).toMatchObject({ text: 'blue', token: 0, matched: 1, unknown: true })
    const sum = scores.reduce(
      (total: number, { logProbability }: { logProbability: number }) => total + logProbability,
      0,
    )
    expect(line.logProbability).toBeCloseTo(sum, 8)
  })

  it('score with a recurrent model what it evaluates', async () => {
    const line = 'the quick fox number 0 jumps over it\n'
    await shop.write('line.txt', line)
    const { loss, tokens } = JSON.parse(await stdout('eval', 'run', 'line.txt', '--json'))
    const scored = JSON.parse(await stdout('score', 'run', 'line.txt', '--json'))
    expect(scored).toMatchObject({ tokens, unknown: 0, text: line.trimEnd() })
    expect(scored.logProbability).toBeCloseTo(-loss * tokens, 3)
    expect(scored.perplexity).toBeCloseTo(Math.exp(loss), 3)
    const { stderr } = await shop.run(['score', 'run', 'line.txt'])
    expect(stderr).toBe(`perplexity ${Math.exp(loss).toFixed(2)} (${tokens} tokens)\n`)
    expect(await stdout('score', 'run', '--text', 'the q', '--tokens')).toMatch(
      /^t=\d+ -\S+\t.*<U\+0020>=\d+ .*Total: /,
    )
  })

  it('tell what comes next, and go on', async () => {
    const [first] = JSON.parse(await stdout('next', 'fox.arpa', '--text', 'jumps over', '--json'))
    expect(first.text).toBe('it')
    const continued = await stdout(
      'generate',
      'fox.ngram',
      '--prompt',
      'the red fox number ',
      '--length',
      '8',
      '--greedy',
    )
    expect(continued).toMatch(/^the red fox number .*jumps over it\n/)
  })

  it.each([
    ['character', []],
    ['byte', []],
    ['byte-pair', ['--vocabulary-size', '280']],
  ])('work on units of %s, from ARPA too', async (unit, flags) => {
    for (const ending of ['arpa', 'ngram'])
      await stdout(
        ...['train', 'ngram', 'fox.txt', '--unit', unit, ...flags, '--order', '4', '--discount-fallback'],
        ...['--out', `${unit}.${ending}`],
      )
    const record = await stdout('eval', `${unit}.arpa`, 'fox.txt', '--json')
    expect(JSON.parse(record).perplexity).toBeCloseTo(
      JSON.parse(await stdout('eval', `${unit}.ngram`, 'fox.txt', '--json')).perplexity,
      6,
    )
    expect(await stdout('generate', `${unit}.arpa`, '--prompt', 'the qui', '--greedy', '--length', '8')).toMatch(
      /^the quick fox n/,
    )
  })
})

describe('a file that is no model', () => {
  it.each([
    ['of neither kind', 'x.dat', () => Buffer.from(text), /^recurra: x\.dat: it is no model: neither /],
    ['empty', 'x.dat', () => Buffer.alloc(0), /^recurra: x\.dat: it is no model: neither /],
    [
      'an ARPA file with a bad line',
      'x.arpa',
      (arpa: Buffer) => Buffer.from(arpa.toString().replace(/\n-\d/, '\nx')),
      /^recurra: x\.arpa: line \d+: /,
    ],
    ['an ARPA file cut short', 'x.arpa', (arpa: Buffer) => arpa.subarray(0, 4000), /^recurra: x\.arpa: line \d+: /],
    [
      'gzip of something else cut short',
      'x.arpa.gz',
      (_: Buffer, gzip: Buffer) => gzip.subarray(0, 900),
      /^recurra: x\.arpa\.gz: .*gzip/,
    ],
    [
      'a binary model cut short',
      'x.ngram',
      (_: Buffer, __: Buffer, binary: Buffer) => binary.subarray(0, 2000),
      /^recurra: x\.ngram: .*; give a model that recurra saved/,
    ],
  ])('%s', async (_, name, bytes, message) => {
    const files = await Promise.all(['fox.arpa', 'fox.arpa.gz', 'fox.ngram'].map(file => readFile(shop.path(file))))
    await shop.write(name, bytes(files[0], files[1], files[2]))
    for (const verb of [
      ['eval', name, 'fox.txt'],
      ['score', name, '--text', 'a'],
      ['next', name, '--text', 'a'],
      ['generate', name],
    ])
      expect(await refusal(1, ...verb)).toMatch(message)
  })
})

describe('ngram list', () => {
  it('lists n-grams with their counts', async () => {
    expect(await stdout('ngram', 'list', '--order', '2', '--text', 'We learn RNN')).toBe('We learn\t1\nlearn RNN\t1\n')
    expect(await stdout('ngram', 'list', '--order', '1', '--unit', 'character', '--text', 'a a')).toBe(
      'a\t2\n<U+0020>\t1\n',
    )
    expect(JSON.parse(await stdout('ngram', 'list', 'fox.txt', '--json'))[0]).toEqual({
      tokens: ['the', 'quick'],
      count: 100,
    })
    expect(await refusal(2, 'ngram', 'list')).toBe('recurra: ngram list: give a FILE or --text, one of them')
  })
})

describe('data', () => {
  it('lists the built-in corpora, and writes one on standard output or to a new file', async () => {
    const listed: { name: string }[] = JSON.parse(await stdout('data', '--json'))
    expect(listed.map(({ name }) => name)).toContain('reviews')
    expect(await stdout('data')).toContain('reviews (for classify; 12,000 items)\n')
    const dates = await stdout('data', 'dates', '--count', '20', '--seed', '3')
    expect(dates.match(/\t\d{4}-\d\d-\d\d\n/g)).toHaveLength(20)
    expect(await stdout('data', 'dates', '--count', '20', '--seed', '3', '--out', 'dates.tsv')).toBe('')
    expect(await readFile(shop.path('dates.tsv'), 'utf8')).toBe(dates)
    expect(await refusal(1, 'data', 'dates', '--out', 'dates.tsv')).toMatch(/it exists, and is never overwritten/)
    expect(await refusal(2, 'data', 'dats')).toMatch(/there is no built-in corpus "dats"; .*did you mean dates\?/)
  })
})

const shared = fileURLToPath(new URL('../../../shared/data/tinyshakespeare/input.txt', import.meta.url))
const reason = existsSync(shared) ? '' : ` (skipped: ${shared} is not there)`

describe.skipIf(reason !== '')(`KenLM’s figures on tinyshakespeare${reason}`, () => {
  it.each([
    [3, 586.8951581669656, 288.3000494477669],
    [5, 585.6062329621168, 287.7275153634148],
  ])('order %i, through the ARPA file', async (order, all, known) => {
    const lines = readFileSync(shared, 'utf8').replace(/\n$/, '').split('\n')
    await shop.write('train.txt', lines.slice(0, 36000).filter(Boolean).join('\n'))
    await shop.write('test.txt', lines.slice(-4000).filter(Boolean).join('\n'))
    await stdout('train', 'ngram', 'train.txt', '--order', String(order), '--out', `m${order}.arpa`)
    const record = JSON.parse(await stdout('eval', `m${order}.arpa`, 'test.txt', '--json'))
    expect(record).toMatchObject({ tokens: 21052, unknown: 2125 })
    expect(Math.abs(record.perplexity - all)).toBeLessThan(1e-3)
    expect(Math.abs(record.perplexityWithoutUnknown - known)).toBeLessThan(1e-3)
  })
})
