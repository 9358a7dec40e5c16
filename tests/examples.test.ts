// Every configuration in examples/ is one that its command takes, and begins with what its data are.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Workshop } from './cli/commandLine.js'

const folder = join(import.meta.dirname, '..', 'examples')
const names = readdirSync(folder).filter(name => name.endsWith('.yaml'))

let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
  await shop.write('book.txt', Array.from({ length: 60 }, (_, i) => `a line of ${i} words\n`).join(''))
  await shop.write('pairs.tsv', Array.from({ length: 60 }, (_, i) => `one two ${i % 30}\tun deux ${i % 30}\n`).join(''))
})
afterAll(() => shop.close())

describe.each(names)('examples/%s', name => {
  const text = readFileSync(join(folder, name), 'utf8')
  const head = text.slice(0, text.search(/^[^#]/m))

  it('is headed by source, licence, SHA-256, download line and command', () => {
    for (const field of ['source', 'licence', 'SHA-256', 'download', 'run']) expect(head).toContain(`\n# ${field} `)
    expect(head).toContain(`examples/${name}`)
  })

  it('is taken by its command, whose flags go before it', async () => {
    const verb = /recurra train (\w+) --config/.exec(head)?.[1] as string
    if (verb === 'lm') {
      const held = 'validationFile' in parse(text) ? ['--validation-file', 'book.txt', '--test-file', 'book.txt'] : []
      const small = ['--steps', '1', '--hidden-size', '8', '--time-steps', '5', '--batch-size', '4', '--out', name]
      const ending = await shop.run(['train', 'lm', 'book.txt', '--config', join(folder, name), ...held, ...small])
      expect(ending.stderr).not.toContain('recurra:')
      expect(ending.code).toBe(0)
      return
    }
    if (verb !== 'translate') return
    const small = ['--steps', '1', '--hidden-size', '8', '--encoder-hidden-size', '8', '--embedding-size', '8']
    const held = [
      'validationFile' in parse(text) ? ['--validation-file', 'pairs.tsv', '--test-file', 'pairs.tsv'] : [],
    ].flat()
    const data = held.length > 0 ? 'fox.tsv' : 'pairs.tsv'
    await shop.write('fox.tsv', 'a b\tc d\ne f\tg h\ne f\tg h\na b\tc d\n')
    const rest = ['--bootstrap', '0', '--batch-size', '8', '--out', name]
    const ending = await shop.run(['train', verb, data, '--config', join(folder, name), ...small, ...held, ...rest])
    expect(ending.stderr).not.toContain('recurra:')
    expect(ending.code).toBe(0)
  })

  it('says where its data come from where they are missing', async () => {
    const data: string = parse(text).data
    if (!/\./.test(data)) return
    const verb = /recurra train (\w+) --config/.exec(head)?.[1] as string
    const ending = await shop.run(['train', verb, '--config', join(folder, name)])
    expect(ending.code).toBe(1)
    expect(ending.stderr).toMatch(
      /is missing; .* says where it comes from:\n\n(.*\n)*\nlicence|is missing; .* says where it comes from:/,
    )
    for (const field of ['licence', 'SHA-256', 'download']) expect(ending.stderr).toContain(`\n${field} `)
    expect(ending.stderr.trimEnd().split('\n').at(-1)).toMatch(/^recurra: .*does not exist/)
  })
})
