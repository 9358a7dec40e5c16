// recurra generate, next, eval and quickstart: what a trained model is used for.
import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { text, Workshop } from './commandLine.js'

let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
  await shop.train('run')
})
afterAll(() => shop.close())

const stdout = async (...args: string[]) => {
  const ending = await shop.run(args)
  expect(ending).toMatchObject({ code: 0, stderr: '' })
  return ending.stdout
}

describe('generate', () => {
  it('writes the prompt and as many characters as asked, the same under the same seed', async () => {
    const first = await stdout('generate', 'run', '--prompt', 'the ', '--length', '40', '--seed', '3')
    expect(first.startsWith('the ')).toBe(true)
    expect(first).toHaveLength(4 + 40 + 1)
    expect(await stdout('generate', 'run', '--text', 'the ', '--length', '40', '--seed', '3')).toBe(first)
    expect(await stdout('generate', 'run', '--prompt', 'the ', '--length', '40', '--seed', '4')).not.toBe(first)
  })

  it('draws greedily, from the likeliest, and without a prompt', async () => {
    const greedy = await stdout('generate', 'run', '--length', '20', '--greedy')
    expect(await stdout('generate', 'run', '--length', '20', '--top-k', '1', '--seed', '9')).toBe(greedy)
    expect(await stdout('generate', 'run', '--length', '20', '--top-p', '0.001', '--temperature', '2')).toBe(greedy)
  })

  it('ends before a stop text', async () => {
    const all = (await stdout('generate', 'run', '--length', '60')).slice(0, 60)
    const stop = all.slice(20, 22)
    const stopped = await stdout('generate', 'run', '--length', '60', '--stop', 'never there', '--stop', stop)
    expect(stopped).toBe(`${all.slice(0, all.indexOf(stop))}\n`)
  })

  it.skipIf(process.platform === 'win32')('does not mind a reader that has seen enough', () => {
    const script = `"$0" "$1" generate run --length 200000 | head -c 10; echo " \${PIPESTATUS[0]}"`
    const main = new URL('../../dist/bin/recurra.js', import.meta.url).pathname
    const result = spawnSync('bash', ['-c', script, process.execPath, main], { cwd: shop.folder, encoding: 'utf8' })
    expect(result.stdout.slice(-3)).toBe(' 0\n')
    expect(result.stderr).toBe('')
  })

  it('takes a model file, and a run whose only model is the last', async () => {
    const best = await stdout('generate', 'run', '--length', '30')
    expect(await stdout('generate', 'run/best.safetensors', '--length', '30')).toBe(best)
    await mkdir(shop.path('only'))
    await copyFile(shop.path('run/best.safetensors'), shop.path('only/last.safetensors'))
    expect(await stdout('generate', 'only', '--length', '30')).toBe(best)
  })
})

describe('next', () => {
  it('tells the likeliest characters, for people and as JSON', async () => {
    expect(await stdout('next', 'run', '--text', 'the qu')).toMatch(/^( *\d+\.\d % {2}".+"\n){5}$/)
    const next = JSON.parse(await stdout('next', 'run', '--text', 'the qu', '--top', '3', '--json'))
    expect(next).toHaveLength(3)
    expect(next[0]).toMatchObject({ text: expect.any(String), probability: expect.any(Number) })
    expect(next[0].probability).toBeGreaterThanOrEqual(next[1].probability)
  })
})

describe('eval', () => {
  it('measures a whole file, or standard input', async () => {
    expect(await stdout('eval', 'run', 'fox.txt')).toMatch(/^fox\.txt: loss \d\.\d+ nats per character, perplexity /)
    const one = JSON.parse(await stdout('eval', 'run', 'fox.txt', '--json'))
    expect(one).toMatchObject({ tokens: text.length, unknown: 0, perplexity: Math.exp(one.loss) })
    expect(one.bitsPerCharacter).toBeCloseTo(one.loss / Math.LN2)
    const piped = await shop.run(['eval', 'run', '-', '--json'], text)
    expect(JSON.parse(piped.stdout)).toEqual(one)
  })

  it('counts characters that the vocabulary lacks, and refuses an empty text', async () => {
    await shop.write('strange.txt', 'the fox Ω')
    expect(JSON.parse(await stdout('eval', 'run', 'strange.txt', '--json'))).toMatchObject({ unknown: 1 })
    await shop.write('empty.txt', '')
    expect(await shop.run(['eval', 'run', 'empty.txt'])).toMatchObject({
      code: 1,
      stderr: 'recurra: empty.txt: there is nothing to evaluate; give a text that is not empty\n',
    })
  })
})

describe('the quickstart', () => {
  it('samples on the way, replaces its run, and ends with three lines that run', async () => {
    const args = ['quickstart', 'fox.txt', '--minutes', '0.02']
    expect((await shop.run(args)).code).toBe(0)
    const { code, stdout, stderr } = await shop.run(args)
    expect(code).toBe(0)
    expect(stderr.match(/after \d+ steps it writes:/g)?.length).toBeGreaterThanOrEqual(2)
    expect(stderr).toMatch(/\nheld-out text: loss \d/)
    expect(await readdir(shop.path('runs'))).toEqual(['quickstart'])
    const lines = stdout.trimEnd().split('\n').slice(-3)
    for (const line of lines) {
      const args = /^npx recurra (.*)$/.exec(line)?.[1].match(/"[^"]*"|\S+/g) ?? []
      expect(await shop.run(args.map(arg => arg.replaceAll('"', '')))).toMatchObject({ code: 0, stderr: '' })
    }
  })
})
