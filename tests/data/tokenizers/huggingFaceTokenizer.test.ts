// A Hugging Face tokenizer.json, read through the optional package.
import { beforeAll, describe, expect, test } from 'vitest'
import { HuggingFaceTokenizer } from '../../../src/data/tokenizers/huggingFaceTokenizer.js'
import { tokenizerFromJSON } from '../../../src/data/tokenizers/tokenizer.js'
import { FileFormatError } from '../../../src/errors.js'

// Byte-level byte pairs as GPT-2 has them: Ġ is the space, Ċ the line end.
const bytes = [...'abcdefghijklmnopqrstuvwxyz.!', 'Ġ', 'Ċ', 'Ã', '©']
const merges = [
  ['t', 'h'],
  ['th', 'e'],
  ['Ġ', 'the'],
  ['c', 'a'],
  ['ca', 't'],
  ['Ġ', 'cat'],
  ['Ã', '©'],
]
const json = {
  version: '1.0',
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  post_processor: null,
  decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  model: {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: '',
    end_of_word_suffix: '',
    fuse_unk: false,
    byte_fallback: false,
    vocab: Object.fromEntries([...bytes, ...merges.map(pair => pair.join(''))].map((symbol, id) => [symbol, id])),
    merges: merges.map(pair => pair.join(' ')),
  },
}

let tokenizer: HuggingFaceTokenizer
beforeAll(async () => {
  tokenizer = await HuggingFaceTokenizer.load(json)
})

describe('a tokenizer.json', () => {
  test('encodes as its merges say, and decodes what it encoded', () => {
    const tokens = tokenizer.encode('the cat.\nthe café!')
    expect([...tokens].slice(0, 3).map(id => tokenizer.vocabulary[id])).toEqual(['the', 'Ġcat', '.'])
    expect(tokenizer.decode(tokens)).toBe('the cat.\nthe café!')
    expect(tokenizer.size).toBe(bytes.length + merges.length)
    expect(tokenizer.vocabulary[tokenizer.start]).toBe('Ċ')
  })

  test('decodes token by token to the same text, however long', () => {
    const text = 'the cat é.\n'.repeat(40)
    const decoder = tokenizer.decoder()
    const pieces = [...tokenizer.encode(text)].map(token => decoder.push(token))
    expect(pieces.join('') + decoder.end()).toBe(text)
  })

  test('gives a text in chunks the ids of the whole', () => {
    const text = 'the cat sat on the mat.\n'.repeat(2000)
    for (const size of [1, 7, 5000, 20_000]) {
      const encoder = tokenizer.encoder()
      const ids: number[] = []
      for (let from = 0; from < text.length; from += size) ids.push(...encoder.push(text.slice(from, from + size)))
      expect([...ids, ...encoder.end()]).toEqual([...tokenizer.encode(text)])
    }
  })

  test('encodes a long text as it does its lines', () => {
    const line = 'the cat.\n'
    expect(tokenizer.encode(line.repeat(3000))).toHaveLength(tokenizer.encode(line).length * 3000)
  })

  test('comes back from what a model file keeps', () => {
    const again = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer.toJSON())))
    expect([...again.encode('the cat')]).toEqual([...tokenizer.encode('the cat')])
    expect(again.vocabulary).toEqual(tokenizer.vocabulary)
  })

  test.each([[null], [[]], [{}], [{ model: { type: 'nonsense' } }], ['text']])(
    'that is %j is refused in one line',
    async broken => {
      await expect(HuggingFaceTokenizer.load(broken)).rejects.toThrow(FileFormatError)
      await expect(HuggingFaceTokenizer.load(broken)).rejects.toThrow(/^tokenizer\.json: [^\n]*$/)
    },
  )
})
