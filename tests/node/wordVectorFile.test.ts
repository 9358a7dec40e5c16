/* Real files of word vectors, each form of them, as gensim's tests have them. */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { WordVectorFormat } from '../../src/data/wordVectors.js'
import { ConfigurationError } from '../../src/errors.js'
import { readWordVectors } from '../../src/node/wordVectorFile.js'

const real = '../shared/data/embeddings'
const files: [string, WordVectorFormat, inFile: number, dimension: number, word: string, values: number[]][] = [
  ['test_glove.txt', 'glove text', 76, 50, 'the', [0.418, 0.24968, -0.41242]],
  ['lee_fasttext.vec', 'word2vec text', 1762, 10, 'of', [-0.4761, -0.0054098, 0.34065]],
  [
    'EN.1-10.cbow1_wind5_hs0_neg10_size300_smpl1e-05.txt',
    'word2vec text',
    20,
    300,
    'one',
    [-0.016713, 0.072396, -0.060525],
  ],
  ['high_precision.kv.txt', 'word2vec text', 2, 2, 'horse.n.01', [-0.0008546282, 0.00076941425]],
  ['euclidean_vectors.bin', 'word2vec binary', 2747, 10, 'the', []],
]

describe.skipIf(!existsSync(real))(`word vectors on disk (skipped without ${real})`, () => {
  it.each(files)('%s is %s', async (name, format, inFile, dimension, word, values) => {
    const words = ['no-such-word', word]
    const { table, report } = await readWordVectors(join(real, name), { words })
    expect(report).toEqual({ format, dimension, inFile, found: 1, missing: 1, missingWords: ['no-such-word'] })
    expect([...table.subarray(0, dimension)]).toEqual(Array.from({ length: dimension }, () => 0))
    const found = table.subarray(dimension)
    expect(found.every(value => Number.isFinite(value))).toBe(true)
    expect(found.some(value => value !== 0)).toBe(true)
    values.forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value, 7)
    })
  })

  it('the binary file holds the bytes that stand behind the word', async () => {
    const path = join(real, 'euclidean_vectors.bin')
    const bytes = await readFile(path)
    const { table } = await readWordVectors(path, { words: ['the', 'is'] })
    const at = bytes.indexOf('\nthe ') + 5
    expect([...table.subarray(0, 10)]).toEqual(Array.from({ length: 10 }, (_, i) => bytes.readFloatLE(at + 4 * i)))
  })

  it('are the same out of gzip', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'recurra-vectors-'))
    const path = join(folder, 'v.vec.gz')
    await writeFile(path, gzipSync(await readFile(join(real, 'lee_fasttext.vec'))))
    const words = ['the', 'of']
    expect(await readWordVectors(path, { words })).toEqual(
      await readWordVectors(join(real, 'lee_fasttext.vec'), { words }),
    )
    await rm(folder, { recursive: true })
  })
})

it('a missing file, and no words, are one line', async () => {
  await expect(readWordVectors('no/such.vec', { words: ['a'] })).rejects.toThrow(/no\/such\.vec: cannot read the file/)
  await expect(readWordVectors('no/such.vec', { words: [] })).rejects.toThrow(ConfigurationError)
})
