/* n-gram files that somebody has made to cost time or memory are refused, or read in time that is linear in them. */
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { FileFormatError } from '../../src/errors.js'
import { xxHash32 } from '../../src/formats/checksum.js'
import { ByteWords } from '../../src/ngram/byteWords.js'
import { NGram } from '../../src/ngram/ngram.js'
import { processorSeconds } from '../processorTime.js'

/** Words that share the 32 bits of FNV-1a: each level finds two endings that bring every word so far to one state. */
function collidingWords(levels: number): string[] {
  let words = ['']
  let state = 0x811c9dc5 | 0
  for (let level = 0; level < levels; level++) {
    const seen = new Map<number, string>()
    for (let n = 0; ; n++) {
      const block = n.toString(36).padStart(4, '!')
      let hash = state
      for (let i = 0; i < block.length; i++) hash = Math.imul(hash ^ block.charCodeAt(i), 0x01000193)
      const other = seen.get(hash)
      if (other !== undefined) {
        words = words.flatMap(word => [word + block, word + other])
        state = hash
        break
      }
      seen.set(hash, block)
    }
  }
  return words
}

const encoder = new TextEncoder()
const arpaOf = (words: readonly string[]) =>
  encoder.encode(
    `\\data\\\nngram 1=${words.length}\n\n\\1-grams:\n${words.map(word => `-1\t${word}\n`).join('')}\n\\end\\\n`,
  )
const refused = (source: Uint8Array | Iterable<Uint8Array>, message: RegExp, maxBytes?: number) =>
  expect(NGram.fromArpa(source, { where: 'm.arpa', maxBytes })).rejects.toThrow(message)

describe('words whose hashes collide', () => {
  it('cost time that is linear in them, and keep their numbers', async () => {
    const words = collidingWords(16)
    expect(new Set(words).size).toBe(65_536)
    expect(await processorSeconds(() => NGram.fromArpa(arpaOf(words)))).toBeLessThan(2)
    const table = new ByteWords()
    const numbers = words.map(word => {
      const bytes = encoder.encode(word)
      return table.add(bytes, 0, bytes.length)
    })
    expect(numbers).toEqual(words.map((_, i) => i))
    words.forEach((word, i) => {
      const bytes = encoder.encode(`x${word}y`)
      if (table.find(bytes, 1, bytes.length - 1) !== i) expect.fail(`${word} is not found`)
      if (table.add(bytes, 1, bytes.length - 1) !== -1) expect.fail(`${word} is new`)
    })
    expect(table.texts()).toEqual(words)
  }, 30_000)
})

describe('an ARPA file', () => {
  function* repeated(text: string, times: number) {
    const bytes = encoder.encode(text.repeat(4096))
    for (let i = 0; i < times; i++) yield bytes
  }

  it('of nothing but comments, of any length, is refused soon', async () => {
    expect(
      await processorSeconds(() => refused(repeated('# a comment\n', 1e6), /before \\data\\ there may stand/)),
    ).toBeLessThan(2)
    const part = `# recurra.tokenizer ${'x'.repeat(3980)}\n`
    await refused(
      repeated(part, 1e6),
      /line \d+: before \\data\\ there may stand .* of a tokenizer; there are more; is this/,
    )
    await refused(repeated('# a comment without end', 1e6), /line 1: longer than 1048576 bytes/)
    await refused(repeated('\n', 1e6), /an ARPA file may have 10000 empty lines; it has more/)
  })

  it('that unpacks to more than it may is refused', async () => {
    const packed = gzipSync(arpaOf(Array.from({ length: 100_000 }, (_, i) => `w${i}`)))
    await refused(packed, /unpacked, it may have 500000 bytes and has more; raise maxBytes/, 500_000)
  })

  it('that promises more words than a map holds, or n-grams than numbers count, is refused before they come', async () => {
    await refused(
      encoder.encode('\\data\\\nngram 1=20000000\n'),
      /line 2: at most 16776192 different words can be read/,
    )
    await refused(
      encoder.encode('\\data\\\nngram 1=3\nngram 2=2000000000\nngram 3=2000000000\n'),
      /line 4: at most 2147483647 n-grams can be read; with this order there are more/,
    )
  })

  it('with more n-grams than it promises is refused at the first', async () => {
    const head = encoder.encode('\\data\\\nngram 1=2\n\n\\1-grams:\n-1\ta\n-1\tb\n')
    await refused(
      (function* () {
        yield head
        yield* repeated('-1\tc\n', 1e9)
      })(),
      /line 7: \\data\\ promised 2 1-grams; there are more/,
    )
  })

  it('may call the unknown word <UNK>, as SRILM does and KenLM reads', async () => {
    const lines = [
      '\\data\\',
      'ngram 1=3',
      'ngram 2=2',
      '',
      '\\1-grams:',
      '-0.5\t<UNK>\t-0.1',
      '-1\ta\t-0.2',
      '-2\tb\t0',
    ]
    const bigrams = ['', '\\2-grams:', '-0.25\ta <UNK>', '-0.125\t<unk> b', '', '\\end\\', '']
    const model = await NGram.fromArpa(encoder.encode([...lines, ...bigrams].join('\n')))
    expect(model.tokenizer.vocabulary).toEqual(['<unk>', 'a', 'b'])
    expect(model.score('z a z b').map(({ log10Probability }) => log10Probability)).toEqual(
      [-0.5, -1.1, -0.25, -0.125].map(x => expect.closeTo(x, 6)),
    )
    // A text's own word <UNK> stays one beside <unk>.
    const chunks = [...NGram.fit('<UNK> a b <UNK> a', { order: 1, smoothing: 'maximum-likelihood' }).arpa()]
    expect((await NGram.fromArpa(Buffer.concat(chunks))).tokenizer.vocabulary).toContain('<UNK>')
  })
})

describe('a binary model', () => {
  const bytes = NGram.fit('a b a c a b', { order: 3, discountFallback: true, sentences: false }).toBytes()
  const headerSize = new DataView(bytes.buffer).getUint32(16, true)

  /** The model with a header of its own or numbers changed, and a checksum that fits. */
  function changed(header: string | undefined, change: (arrays: Int32Array) => void = () => {}): Uint8Array {
    const text = header === undefined ? bytes.slice(24, 24 + headerSize) : encoder.encode(header)
    const size = Math.ceil(text.length / 8) * 8
    const model = new Uint8Array(24 + size + bytes.length - 24 - headerSize)
    model.set(bytes.subarray(0, 24))
    model.fill(0x20, 24, 24 + size)
    model.set(text, 24)
    model.set(bytes.subarray(24 + headerSize), 24 + size)
    change(new Int32Array(model.buffer, 24 + size))
    const view = new DataView(model.buffer)
    view.setUint32(16, size, true)
    view.setUint32(20, xxHash32(model.subarray(24), xxHash32(model.subarray(0, 20))), true)
    return model
  }

  it('whose header is no object, or deep, or full of lists, is refused in one line', async () => {
    expect(NGram.fromBytes(changed(undefined)).order).toBe(3)
    for (const header of ['null', '[]', '3', '"x"', '{}', '{"starts":[0]}', '{"starts":null}', ''])
      expect(() => NGram.fromBytes(changed(header), 'm.ngram')).toThrow(FileFormatError)
    expect(() => NGram.fromBytes(changed('null'), 'm.ngram')).toThrow(
      /^m\.ngram: its header must be an object; got null/,
    )
    const time = await processorSeconds(() => {
      expect(() => NGram.fromBytes(changed('['.repeat(2e7)))).toThrow(/may stand 16 deep in each other/)
      expect(() => NGram.fromBytes(changed(`{"starts":[${'[],'.repeat(5e6)}0]}`))).toThrow(/may hold 2097152 lists/)
    })
    expect(time).toBeLessThan(4)
  })

  it('whose extensions lie outside it is refused at once', async () => {
    const { starts } = JSON.parse(new TextDecoder().decode(bytes.subarray(24, 24 + headerSize)))
    const total = starts.at(-1)
    const far = changed(undefined, arrays => {
      arrays[3 * total + 1] = 2143289344
    })
    const time = await processorSeconds(() => {
      expect(() => NGram.fromBytes(far)).toThrow(/node 0 has extensions from \d+ to 2143289344/)
    })
    expect(time).toBeLessThan(0.1)
  })
})
