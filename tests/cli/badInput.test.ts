/* Whatever file is given, a fault is one clear line and exit code 1, and nothing is lost or left lying about. */
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSafetensors } from '../../src/formats/safetensors.js'
import { fault, text, tiny, Workshop } from './commandLine.js'

let shop: Workshop
let model: Buffer
beforeAll(async () => {
  shop = await Workshop.open()
  await shop.train('run')
  model = await readFile(shop.path('run/best.safetensors'))
})
afterAll(() => shop.close())

describe('a text to train on', () => {
  const contents: [what: string, content: string | Uint8Array | undefined, message: RegExp][] = [
    ['empty', '', /bad\.txt: a text to train on must hold characters; it is empty/],
    ['of white space', ' \n \n', /bad\.txt: .* it holds nothing but white space/],
    ['of three characters', 'abc', /bad\.txt \(training\): 1 tokens do not fill one segment/],
    [
      'shorter than a segment',
      'to be or not\n',
      /bad\.txt \(training\): \d+ tokens do not fill one segment; .* a smaller batchSize/,
    ],
    ['not UTF-8', Uint8Array.of(0x61, 0xe9, 0x62), /bad\.txt: the text must be UTF-8; byte 1 \(0xe9\) is not/],
  ]
  it.each(contents)('%s', async (_, content, message) => {
    await shop.write('bad.txt', content ?? '')
    const ending = await shop.run(['train', 'lm', 'bad.txt', '--out', 'none', ...tiny])
    expect(ending.code).toBe(1)
    expect(fault(ending)).toMatch(message)
    expect(await readdir(shop.folder)).not.toContain('none')
  })

  it('that is missing, or a folder', async () => {
    for (const [path, cause] of [
      ['nothing.txt', 'it does not exist'],
      ['run', 'it is a folder'],
    ]) {
      const ending = await shop.run(['train', 'lm', path, '--out', 'none', ...tiny])
      expect(ending.code).toBe(1)
      expect(fault(ending)).toContain(`recurra: ${path}: cannot read the file: ${cause}`)
    }
  })
})

describe('a run', () => {
  it('whose folder cannot be written is refused before training', async () => {
    const ending = await shop.run(['train', 'lm', 'fox.txt', '--out', 'fox.txt/run', '--minutes', '5', ...tiny])
    expect(ending.code).toBe(1)
    expect(fault(ending)).toMatch(/^recurra: fox\.txt\/run: fox\.txt is a file, not a folder; choose another path$/)
    expect(ending.stderr).not.toContain(' step ')
    expect(await readFile(shop.path('fox.txt'), 'utf8')).toBe(text)
  })

  it.skipIf(process.platform !== 'linux')('whose folder would lie under /proc is refused at once', async () => {
    for (const [line, out] of [
      ['train lm missing.txt', '/proc/x/y'],
      ['train ngram missing.txt', '/proc/x/y.arpa'],
    ]) {
      const ending = await shop.run([...line.split(' '), '--out', out])
      expect(ending.code).toBe(1)
      expect(fault(ending)).toMatch(new RegExp(`^recurra: ${out}: cannot write the .*: its file system is read-only; `))
    }
  })

  it('whose environment.json is no object is refused in one line', async () => {
    const file = shop.path('run/environment.json')
    const environment = await readFile(file)
    for (const wrong of ['null', '{', '{}']) {
      await writeFile(file, wrong)
      const ending = await shop.run(['resume', 'run'])
      expect(ending.code).toBe(1)
      expect(fault(ending)).toMatch(/^recurra: run\/environment\.json: it must (be a JSON object|hold dataSha256)/)
    }
    await writeFile(file, environment)
  })

  it.skipIf(process.platform === 'win32')('that holds a pipe is refused, and not waited for', async () => {
    const verbs = {
      'config.yaml': 'resume',
      'metrics.jsonl': 'resume',
      'last.safetensors': 'resume',
      'environment.json': 'resume',
      'best.safetensors': 'generate',
    }
    for (const [name, verb] of Object.entries(verbs)) {
      const file = shop.path(`run/${name}`)
      await rename(file, shop.path('aside'))
      execFileSync('mkfifo', [file])
      expect(fault(await shop.run([verb, 'run']))).toContain(`run/${name}: cannot read the file: it is a pipe`)
      await rename(shop.path('aside'), file)
    }
  })

  it('of a model too large for 4 GiB tells the bytes', async () => {
    const ending = await shop.run(['train', 'lm', 'fox.txt', '--out', 'none', '--hidden-size', '30000'])
    expect(ending.code).toBe(1)
    expect(fault(ending)).toMatch(/57,610,320,140 bytes more are wanted.* at most 4,294,967,296; use a smaller model/)
    expect(await readdir(shop.folder)).not.toContain('none')
  })

  it('that diverges keeps the last good checkpoint', async () => {
    const ending = await shop.run([
      ...['train', 'lm', 'fox.txt', '--out', 'wild', '--cell', 'elman', '--nonlinearity', 'relu', '--optimizer', 'sgd'],
      ...['--learning-rate', '1e30', '--clip-norm', '1e30', '--checkpoint-every', '1', ...tiny],
    ])
    expect(ending.code).toBe(1)
    expect(fault(ending)).toMatch(/^recurra: train: step \d+: the gradient of \S+ \(layer \w+.*; lower learningRate/)
    const { tensors } = readSafetensors(await readFile(join(shop.folder, 'wild/last.safetensors')), 'wild')
    for (const { data } of tensors.values()) expect(Array.from(data as Float32Array).every(Number.isFinite)).toBe(true)
    const writing = await shop.run(['generate', 'wild', '--length', '1'])
    expect(writing.code).toBe(1)
    expect(fault(writing)).toMatch(
      /^recurra: generate: the model gives probabilities that are no numbers; .*; train it again/,
    )
  })
})

describe('a model', () => {
  const flipped = (at: (bytes: Buffer) => number) => {
    const bytes = Buffer.from(model)
    bytes[at(bytes)] ^= 4
    return bytes
  }
  const withHeader = (change: (header: string) => string) => {
    const length = Number(model.readBigUInt64LE(0))
    const header = Buffer.from(change(model.toString('utf8', 8, 8 + length)))
    const begin = Buffer.alloc(8)
    begin.writeBigUInt64LE(BigInt(header.length))
    return Buffer.concat([begin, header, model.subarray(8 + length)])
  }
  const files: [what: string, bytes: () => Uint8Array][] = [
    ['empty', () => new Uint8Array()],
    ['truncated', () => model.subarray(0, model.length - 100)],
    ['truncated in its header', () => model.subarray(0, 50)],
    ['with a bit flipped in its weights', () => flipped(bytes => bytes.length - 11)],
    ['with a bit flipped in its header', () => flipped(() => 60)],
    ['whose header claims 2^60 bytes', () => Buffer.concat([Buffer.of(0, 0, 0, 0, 0, 0, 0, 16), model.subarray(8)])],
    ['whose header lies about a shape', () => withHeader(header => header.replace(/"shape":\[(\d+)/, '"shape":[9$1'))],
    ['whose header lies about places', () => withHeader(header => header.replace(/("data_offsets":\[\d+,)/, '$19'))],
    ['that is a text', () => Buffer.from(text)],
  ]
  it.each(files)('%s is refused by every verb', async (_, bytes) => {
    await shop.write('bad.safetensors', bytes())
    const ending = await shop.run(['generate', 'bad.safetensors', '--prompt', 'the '])
    expect(ending.code).toBe(1)
    expect(fault(ending)).toMatch(/^recurra: bad\.safetensors: /)
  })

  it('for another task is named as such', async () => {
    const { fileMetadata, modelToBytes } = await import('../../src/models/shared/modelFile.js')
    const { CharacterTokenizer } = await import('../../src/data/tokenizers/characterTokenizer.js')
    await shop.write('mood.safetensors', modelToBytes([], fileMetadata('classifier', {}, CharacterTokenizer.fit('ab'))))
    for (const verb of [
      ['generate', 'mood.safetensors'],
      ['next', 'mood.safetensors', '--text', 'a'],
      ['score', 'mood.safetensors', 'fox.txt'],
    ]) {
      const ending = await shop.run(verb)
      expect(ending.code).toBe(1)
      expect(fault(ending)).toBe(
        `recurra: ${verb[0]}: MODEL must be a language model or an n-gram model; mood.safetensors is a classifier, which is for recurra classify, recurra eval, recurra inspect neurons, recurra inspect saliency, recurra inspect attention, recurra inspect summary, recurra doctor`,
      )
    }
  })

  it('that is missing, or a folder without one', async () => {
    await mkdir(shop.path('bare'))
    expect(fault(await shop.run(['generate', 'nothing']))).toContain('nothing: cannot read the file: it does not exist')
    expect(fault(await shop.run(['generate', 'bare']))).toMatch(
      /^recurra: bare: a run's folder holds best\.safetensors/,
    )
  })

  it('does not mind a corrupted config.yaml beside it', async () => {
    await shop.train('scratched')
    await shop.write('scratched/config.yaml', 'cell: [')
    expect((await shop.run(['generate', 'scratched', '--length', '3'])).code).toBe(0)
  })
})
