// @ts-nocheck: it runs the build, which need not be there where types are checked
/* What is fuzzed: every parser of the library that reads what others may have written, with files to begin from. A target
 * reads bytes; it may return, or throw an error of recurra's. It runs the build. */
import { gzipSync } from 'node:zlib'
import { faultsIn } from '../../dist/src/configuration.js'
import { TextCorpus } from '../../dist/src/data/corpora/corpus.js'
import { TagLines } from '../../dist/src/data/readers/tagLines.js'
import { HuggingFaceTokenizer } from '../../dist/src/data/tokenizers/huggingFaceTokenizer.js'
import { tokenizerFromJSON } from '../../dist/src/data/tokenizers/tokenizer.js'
import { WordVectorReader } from '../../dist/src/data/wordVectors.js'
import { checksumOf, xxHash32 } from '../../dist/src/formats/checksum.js'
import { readSafetensors, writeSafetensors } from '../../dist/src/formats/safetensors.js'
import { parseStrictObject, StrictJsonError } from '../../dist/src/formats/strictJson.js'
import {
  LanguageModel,
  languageModelSchema,
  NGram,
  openEngine,
  splitText,
  train,
  trainingSchema,
} from '../../dist/src/index.js'
import { parseMetrics } from '../../dist/src/node/metrics.js'
import { parseYAML } from '../../dist/src/node/yaml.js'

/**
 * @typedef {object} Target
 * @property {() => Uint8Array[] | Promise<Uint8Array[]>} seeds sound files
 * @property {readonly string[]} words that mean something in the format
 * @property {(bytes: Uint8Array, random: () => number) => unknown} read
 * @property {(bytes: Uint8Array) => Uint8Array} [mend] makes lengths and checksums right again, so that a change is met
 *     by what stands behind them
 */

const bytesOf = text => new TextEncoder().encode(text)
const textOf = bytes => new TextDecoder().decode(bytes)
const latin1 = bytes => new TextDecoder('latin1').decode(bytes)
const text = 'we learn to read\nand read to learn\nwe read\n'

/** What whoever forges a file would do. */
function mendSafetensors(given) {
  const bytes = given.slice()
  const end = Math.max(8, latin1(bytes).lastIndexOf('}') + 1)
  if (bytes.length < end) return bytes
  new DataView(bytes.buffer).setBigUint64(0, BigInt(end - 8), true)
  const start = '{"__metadata__":{"recurra.checksum":"'
  const digits = 8 + start.length
  if (latin1(bytes.subarray(8, digits)) !== start || end < digits + 16) return bytes
  bytes.set(bytesOf('0'.repeat(16)), digits)
  bytes.set(bytesOf(checksumOf(bytes.subarray(0, end), bytes.subarray(end))), digits)
  return bytes
}

function mendBinaryNGram(given) {
  const bytes = given.slice()
  if (bytes.length < 24) return bytes
  new DataView(bytes.buffer).setUint32(20, xxHash32(bytes.subarray(24), xxHash32(bytes.subarray(0, 20))), true)
  return bytes
}

/** A row of word2vec's binary form. */
const vector = word =>
  Buffer.concat([Buffer.from(`${word} `), Buffer.from(Float32Array.of(1, -2).buffer), Buffer.from('\n')])

/** A model that was read must also work. */
function useNGram(model) {
  model.score('we read what')
  model.next('we', { top: 3 })
  model.perplexity('we learn\n')
  NGram.fromBytes(model.toBytes())
}

/** A tokenizer that was read must also work. */
function useTokenizer(tokenizer) {
  const tokens = tokenizer.encode('we read, we learn \u{1f600}\n')
  tokenizer.decode(tokens)
  const decoder = tokenizer.decoder()
  for (const token of tokens) decoder.push(token)
  decoder.end()
  tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer.toJSON())))
}

const parsedJSON = bytes => {
  try {
    return JSON.parse(textOf(bytes))
  } catch {
    // The caller's part: it tells that the file is no JSON.
    return undefined
  }
}

const jsonWords = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '"',
  'null',
  'true',
  '"__proto__":{"x":1},',
  '\\u0061',
  '[[[[',
  '{"a":',
]

let engine
let learner
let data
const steps = { batchSize: 2, timeSteps: 8, samples: 0, reportEvery: 1, validateEvery: 100 }

/** @type {Record<string, Target>} */
export const targets = {
  safetensors: {
    seeds: () => [
      writeSafetensors(
        [
          { name: 'a', shape: [2, 3], data: new Float32Array(6) },
          { name: 'b', shape: [1], data: new Float64Array(1) },
          { name: 'c', shape: [0, 7], data: new Int32Array() },
          { name: 'd', shape: [], data: new BigInt64Array(1) },
        ],
        { 'recurra.format': '1', note: 'x' },
      ),
      mendSafetensors(bytesOf('12345678{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}12345678')),
      mendSafetensors(bytesOf('12345678{"__metadata__":{},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}1234')),
    ],
    words: [
      ...jsonWords,
      '"dtype":"F32",',
      '"shape":[1],',
      '"data_offsets":[0,4]',
      '"__metadata__":{},',
      '"recurra.x":"",',
    ],
    mend: mendSafetensors,
    read: (bytes, random) => readSafetensors(bytes, 'file', { requireChecksum: random() < 0.3 }),
  },
  'strict JSON': {
    seeds: () => [bytesOf('{"a":[1,-2.5e3,null,true],"b":{"c":"\\u00e9\\n","d":{}}}'), bytesOf('{}')],
    words: jsonWords,
    read(bytes) {
      try {
        parseStrictObject(bytes, { depth: 5, elements: 64 }, (_, value) => value)
      } catch (error) {
        if (!(error instanceof StrictJsonError)) throw error
        return error.message
      }
      // What strict JSON takes, JSON takes.
      JSON.parse(textOf(bytes))
    },
  },
  'model file': {
    async seeds() {
      engine = await openEngine({ backend: 'wasm', threads: 1 })
      const corpus = new TextCorpus(text, 'text')
      const tiny = { corpus, hiddenSize: 2, numLayers: 1, engine }
      const models = [
        await LanguageModel.create({ ...tiny, unit: 'character', cell: 'gru' }),
        await LanguageModel.create({ ...tiny, unit: 'word', cell: 'elman' }),
      ]
      return models.map(model => {
        const bytes = model.toBytes()
        model.close()
        return bytes
      })
    },
    words: [
      ...jsonWords,
      '\\"hiddenSize\\":3,',
      '\\"unit\\":\\"byte\\"',
      '\\"tieWeights\\":true',
      '\\"words\\":[]',
      'lstm',
    ],
    mend: mendSafetensors,
    async read(bytes) {
      const model = await LanguageModel.load(bytes, { engine })
      model.next('we', { top: 2 })
      model.close()
    },
  },
  checkpoint: {
    async seeds() {
      engine = await openEngine({ backend: 'wasm', threads: 1 })
      data = splitText(text.repeat(4), { validation: 0.2, test: 0.2 })
      learner = await LanguageModel.create({ corpus: data.train, hiddenSize: 2, numLayers: 1, engine })
      const run = train(learner, data, { ...steps, steps: 2 })
      let bytes
      for await (const _ of run) bytes = run.checkpoint()
      return [bytes]
    },
    words: [...jsonWords, '\\"step\\":1e99', '\\"index\\":7', '\\"course\\":null', '\\"best\\":{}', 'training.'],
    mend: mendSafetensors,
    async read(bytes) {
      await train(learner, data, { ...steps, steps: 3, resume: bytes })
    },
  },
  ARPA: {
    async seeds() {
      const join = chunks => Buffer.concat([...chunks])
      const models = [
        NGram.fit(text, { order: 3, discountFallback: true }),
        NGram.fit(text, { order: 2, unit: 'character', discountFallback: true }),
        NGram.fit(text, { order: 2, unit: 'byte-pair', vocabularySize: 260, discountFallback: true }),
      ]
      const arpas = models.map(model => Uint8Array.from(join(model.arpa())))
      return [...arpas, Uint8Array.from(gzipSync(arpas[0]))]
    },
    words: [
      '\\data\\',
      'ngram 1=3',
      'ngram 2=4294967296',
      '\\1-grams:',
      '\\2-grams:',
      '\\end\\',
      '<s>',
      '</s>',
      '<unk>',
      '-99',
      '# recurra.tokenizer ',
      '<U+0020>',
      '<U+110000>',
      '#3',
    ],
    read: async bytes => useNGram(await NGram.fromArpa(bytes, { where: 'file' })),
  },
  'binary n-grams': {
    seeds: () => [
      NGram.fit(text, { order: 3, discountFallback: true }).toBytes(),
      NGram.fit(text, { order: 2, unit: 'character', smoothing: 'add-k' }).toBytes(),
      NGram.fit(text, { order: 1, unit: 'byte-pair', vocabularySize: 260, smoothing: 'maximum-likelihood' }).toBytes(),
    ],
    words: [...jsonWords, '"starts":[0,3]', '"words":[]', '"unseen":"uniform"', '"sentences":true'],
    mend: mendBinaryNGram,
    read: bytes => useNGram(NGram.fromBytes(bytes, 'file')),
  },
  'word vectors': {
    seeds: () => [
      bytesOf('3 2\nwe 0.5 1\nread -1 2e-3\nlearn 0 0\n'),
      bytesOf('we 0.5 1\nread -1 2\nnew york 3 4\n'),
      Uint8Array.from(Buffer.concat([Buffer.from('2 2\n'), vector('we'), vector('read')])),
    ],
    words: ['3 2\n', '1 4096\n', '9999999999 1\n', 'we', 'read', ' 1.5', ' nan', '\n', '\r\n', '\ufeff'],
    read(bytes, random) {
      const reader = new WordVectorReader(['we', 'read', 'we', ''], 'file')
      for (let from = 0; from < bytes.length; ) {
        const to = from + 1 + Math.floor(random() * 200)
        reader.push(bytes.subarray(from, to))
        from = to
      }
      reader.end(random() < 0.5 ? 'zero' : random)
    },
  },
  'tokenizer JSON': {
    seeds: () =>
      [
        { unit: 'character', symbols: '\n abc' },
        { unit: 'byte' },
        { unit: 'word', boundaries: 'unicode', foldCase: true, words: ['we', '\n', ' ', ','] },
        { unit: 'word', boundaries: 'space', foldCase: false, words: ['we', 'read'], sentenceMarks: true },
        { unit: 'byte-pair', merges: [119, 101, 256, 32, 257, 257] },
      ].map(json => bytesOf(JSON.stringify(json))),
    words: [
      ...jsonWords,
      '"unit":"word",',
      '"sentenceMarks":true,',
      '"merges":[97,98],',
      '"words":["a"],',
      '"symbols":"ab",',
    ],
    read(bytes) {
      const json = parsedJSON(bytes)
      if (json !== undefined) useTokenizer(tokenizerFromJSON(json, 'file'))
    },
  },
  'Hugging Face tokenizer': {
    async seeds() {
      await HuggingFaceTokenizer.prepare()
      const model = {
        model: { type: 'BPE', vocab: { w: 0, e: 1, we: 2, ' ': 3, '<unk>': 4 }, merges: ['w e'], unk_token: '<unk>' },
        normalizer: {
          type: 'Sequence',
          normalizers: [{ type: 'Lowercase' }, { type: 'Replace', pattern: { String: 'x' }, content: 'y' }],
        },
        pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
        decoder: { type: 'ByteLevel' },
        post_processor: null,
        added_tokens: [{ id: 4, content: '<unk>', special: true }],
      }
      const wordPiece = {
        model: {
          type: 'WordPiece',
          vocab: { '[UNK]': 0, we: 1, '##e': 2 },
          unk_token: '[UNK]',
          continuing_subword_prefix: '##',
        },
        normalizer: { type: 'BertNormalizer', lowercase: true },
        pre_tokenizer: { type: 'BertPreTokenizer' },
        decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
        post_processor: null,
        added_tokens: [],
      }
      return [model, wordPiece].map(json => bytesOf(JSON.stringify(json)))
    },
    words: [
      ...jsonWords,
      '"type":"BPE",',
      '"type":"Unigram",',
      '"vocab":{},',
      '"merges":[],',
      '"pattern":{"Regex":"("},',
      '"added_tokens":null,',
    ],
    async read(bytes) {
      const json = parsedJSON(bytes)
      if (json !== undefined) useTokenizer(await HuggingFaceTokenizer.load(json, {}, 'file'))
    },
  },
  'tagged lines': {
    seeds: () => [
      bytesOf(
        '# text = we read\n1\twe\twe\tPRON\tPRP\t_\t2\tnsubj\t_\t_\n2-3\tx\t_\t_\t_\t_\t_\t_\t_\t_\n2\tread\tread\tVERB\tVB\t_\t0\troot\t_\t_\n\n',
      ),
      bytesOf('-DOCSTART- O\n\nwe PRON\nread VERB\n\nwe PRON\n'),
      bytesOf('new york\tLOC\nwe\tO\n'),
    ],
    words: ['\t', '\n\n', '1\t', '_\t_\t_', '# ', '-DOCSTART-', '3.1\t'],
    read(bytes, random) {
      const format = random() < 0.5 ? 'conllu' : 'columns'
      const sentences = new TagLines('file', { format, tag: ['upos', 'xpos', 'deprel'][Math.floor(random() * 3)] })
      textOf(bytes)
        .split('\n')
        .forEach((line, i) => void sentences.push(line, i + 1))
      sentences.end()
    },
  },
  'YAML configuration': {
    seeds: () => [
      bytesOf(
        'data: book.txt\nhiddenSize: 64\ncell: gru\ndropout: 0.5\nlearningRate: 1e-3\ntieWeights: true\nminutes: null\n',
      ),
      bytesOf('{ hiddenSize: 64, cell: "gru", list: [1, 2, &a x, *a] }\n'),
    ],
    words: [
      '&a ',
      '*a',
      '<<: ',
      '!!binary ',
      '!!js/function ',
      '- ',
      '? ',
      '|\n  ',
      '---\n',
      '...\n',
      '%YAML 1.1\n',
      '[[[[',
      '{{',
      'hiddenSize: ',
      '"\\x"',
      '# ',
    ],
    read(bytes) {
      const values = parseYAML(textOf(bytes), 'file') ?? {}
      faultsIn(languageModelSchema.extend(trainingSchema.shape), values)
    },
  },
  'metrics.jsonl': {
    seeds: () => [
      bytesOf('{"step":1,"steps":9,"loss":2.5,"validationLoss":null}\n{"step":2,"loss":2.25,"fraction":1}\n'),
      bytesOf('{"step":3,"loss":2.5}\n{"step":2,"lo'),
    ],
    words: [...jsonWords, '"step":1,', '\n', '"loss":null,'],
    read: bytes => parseMetrics(bytes, 'file'),
  },
}
