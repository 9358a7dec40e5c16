/* recurra inspect summary and gradients, recurra lesson, and --watch-gradients, as a user has them. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fault, Workshop } from './commandLine.js'

describe('looking into a model', () => {
  let shop: Workshop
  beforeAll(async () => {
    shop = await Workshop.open()
    await shop.train('fox', '--watch-gradients')
    await shop.write('gru.yaml', 'cell: gru\nhiddenSize: 8\nnumLayers: 1\n')
  })
  afterAll(() => shop.close())

  test('summary lists what the model is made of, and its count', async () => {
    const { code, stdout } = await shop.run(['inspect', 'summary', 'fox'])
    expect(code).toBe(0)
    for (const line of [/layer 0 {2}U +\[32, 8\] +4 × 8 × 8 +256/, /layer 0 {2}b .* 2 × 4 × 8 +64/, /output {2}c/])
      expect(stdout).toMatch(line)
    const json = JSON.parse((await shop.run(['inspect', 'summary', 'fox', '--json'])).stdout)
    expect(stdout).toContain(`${json.count.toLocaleString('en')} parameters`)
  })

  test('gradients as a table, a picture, SVG and JSON', async () => {
    const options = ['--max-tokens', '20', '--svg', 'pictures/g.svg']
    const shown = await shop.run(['inspect', 'gradients', 'fox', 'fox.txt', ...options])
    expect(shown.code).toBe(0)
    for (const line of [/^layer 0 \(lstm\)/m, /^steps back .*‖∂E\/∂\(h, c\)‖ +bound/m, /^half-life/m, /steps back$/m])
      expect(shown.stdout).toMatch(line)
    expect(shown.stdout).not.toContain('\u001b[')
    for (const name of ['g.svg', 'g-layer-0.svg'])
      expect(readFileSync(join(shop.folder, 'pictures', name), 'utf8')).toMatch(/^<svg xmlns/)
    const json = JSON.parse(
      (await shop.run(['inspect', 'gradients', 'fox', 'fox.txt', '--max-tokens', '20', '--json'])).stdout,
    )
    expect(json.steps).toBe(20)
    const [layer] = json.layers
    expect(layer.hidden.total).toHaveLength(20)
    expect(layer.joint.decay.perStep).toBeGreaterThan(0)
    expect(layer.factors.weights.map(({ gate }: { gate: string }) => gate)).toContain('forget')
  })

  test('a configuration instead of a model: at initialisation', async () => {
    const { code, stdout } = await shop.run([
      'inspect',
      'gradients',
      '--config',
      'gru.yaml',
      'fox.txt',
      '--max-tokens',
      '9',
    ])
    expect(code).toBe(0)
    expect(stdout).toContain('layer 0 (gru)')
    expect(stdout).toContain('update gate')
  })

  for (const [args, code, message] of [
    [['gradients'], 2, 'inspect gradients: give MODEL and FILE; got neither'],
    [['gradients', '--config', 'gru.yaml'], 2, 'inspect gradients: give FILE; got neither'],
    [['gradients', 'fox', '--text', 'a'], 2, 'inspect gradients: --text must have two tokens at least; got 1'],
    [['gradients', 'fox', 'fox.txt', '--svg', 'fox.txt'], 1, 'fox.txt: it exists, and is never overwritten'],
    [['gradients', 'fox', 'fox.txt', '--max-tokens', '1'], 2, '--max-tokens: must be at least 2; got 1'],
    [['gradient'], 2, 'did you mean gradients?'],
    [['summary', 'nothing'], 1, 'nothing: cannot read the file: it does not exist'],
  ] as const)
    test(`inspect ${args.join(' ')}: one line`, async () => {
      const ending = await shop.run(['inspect', ...args])
      expect(fault(ending)).toContain(message)
      expect(ending.code).toBe(code)
    })

  test('--watch-gradients keeps half-lives along the run', () => {
    const lines = readFileSync(join(shop.folder, 'fox', 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
    const watched = lines.map(line => JSON.parse(line)).filter(({ gradients }) => gradients)
    expect(watched.length).toBeGreaterThan(0)
    expect(watched[0].gradients[0]).toMatchObject({ layer: 0, reverse: false })
    expect(watched[0].gradients[0].norms[0].norm).toBeGreaterThan(0)
  })

  test('lessons are listed, run, and missed in one line', async () => {
    const { stdout } = await shop.run(['lesson'])
    expect(stdout.trim().split('\n')).toHaveLength(7)
    expect((await shop.run(['lesson', 'recurrence'])).stdout).toContain('h_t by the kernel')
    expect(JSON.parse((await shop.run(['lesson', 'bptt', '--json'])).stdout).parts).toHaveLength(3)
    const ending = await shop.run(['lesson', 'vanish'])
    expect(fault(ending)).toBe('recurra: lesson: vanish is not known; did you mean vanishing?')
    expect(ending.code).toBe(2)
    expect(existsSync(shop.path('runs'))).toBe(false)
  })
})
