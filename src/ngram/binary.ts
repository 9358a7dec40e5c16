/* A model as one run of bytes that loads at once: its arrays lie in the file as they lie in memory, little-endian.
 *
 *     0   magic, 12 bytes: "recurra-gram"
 *     12  version, 32 bits                    16  length of the JSON, 32 bits
 *     20  checksum, 32 bits: xxHash32 of all that follows, whose seed is the xxHash32 of all before
 *     24  JSON: starts of the orders, what unseen means, vocabulary, estimate; spaces up to a multiple of 8
 *         words, suffixes, probabilities (of every node); firstChild, backoffs (of every node below the highest order)
 *
 * The checksum finds damage. Against a file made to deceive, the arrays themselves are checked: no number in them can
 * lead outside them or round in circles. */

import { tokenizerFromJSON } from '../data/tokenizers/tokenizer.js'
import { FileFormatError } from '../errors.js'
import { xxHash32 } from '../formats/checksum.js'
import type { ModelTokenizer } from './arpaSymbols.js'
import { LineTokenizer } from './lineTokenizer.js'
import { NGramTrie, type TrieArrays, type Unseen } from './trie.js'
import { WordVocabulary } from './wordVocabulary.js'

const magic = 'recurra-gram'
const version = 1
const headSize = 24

export interface BinaryModel<E> {
  readonly trie: NGramTrie
  readonly tokenizer: ModelTokenizer
  /** How the model came to be, as JSON keeps it. */
  readonly estimate: E
}

export function isBinary(bytes: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(bytes.subarray(0, magic.length)) === magic
}

export function writeBinary<E>({ trie, tokenizer, estimate }: BinaryModel<E>): Uint8Array<ArrayBuffer> {
  const sentences = tokenizer.marks !== undefined
  const json = JSON.stringify({
    starts: trie.starts,
    unseen: trie.unseen,
    sentences,
    ...(tokenizer instanceof WordVocabulary
      ? { words: tokenizer.ownWords }
      : { tokenizer: tokenizer instanceof LineTokenizer ? tokenizer.inner : tokenizer }),
    estimate,
  })
  const text = new TextEncoder().encode(json)
  const jsonSize = Math.ceil((headSize + text.length) / 8) * 8 - headSize
  const arrays = [trie.words, trie.suffixes, trie.probabilities, trie.firstChild, trie.backoffs]
  const bytes = new Uint8Array(headSize + jsonSize + arrays.reduce((sum, array) => sum + array.byteLength, 0))
  const head = new DataView(bytes.buffer)
  bytes.set(new TextEncoder().encode(magic))
  head.setUint32(12, version, true)
  head.setUint32(16, jsonSize, true)
  bytes.fill(0x20, headSize, headSize + jsonSize)
  bytes.set(text, headSize)
  let at = headSize + jsonSize
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at)
    at += array.byteLength
  }
  head.setUint32(20, checksumOf(bytes), true)
  return bytes
}

/** @throws FileFormatError where the bytes are not such a model */
export function readBinary(given: Uint8Array, where: string): BinaryModel<unknown> {
  const fault = (message: string) => new FileFormatError(`${where}: ${message}; give a model that recurra saved`)
  if (!isBinary(given)) throw fault(`an n-gram model must begin with ${magic}`)
  // The arrays are views into the bytes, which must therefore begin at a multiple of 8.
  const bytes = given.byteOffset % 8 === 0 ? given : Uint8Array.from(given)
  if (bytes.length < headSize) throw fault('the file is cut short')
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (head.getUint32(12, true) !== version)
    throw fault(`the version must be ${version}, got ${head.getUint32(12, true)}; a newer recurra may read it`)
  const jsonSize = head.getUint32(16, true)
  if (jsonSize % 8 !== 0 || headSize + jsonSize > bytes.length) throw fault('the file is cut short')
  if (head.getUint32(20, true) !== checksumOf(bytes)) throw fault('the checksum is wrong: bytes were changed or lost')
  let json: Record<string, unknown>
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(headSize, headSize + jsonSize)))
  } catch {
    throw fault('its header is not JSON')
  }
  const { starts, unseen } = json
  const ascending = (list: unknown[]) =>
    list.every(
      (start, i) => Number.isInteger(start) && (i === 0 ? start === 0 : (start as number) >= (list[i - 1] as number)),
    )
  if (!Array.isArray(starts) || starts.length < 2 || !ascending(starts))
    throw fault('starts must be numbers that ascend from 0')
  if (unseen !== 'back off' && unseen !== 'uniform') throw fault('unseen must be "back off" or "uniform"')
  const total: number = starts[starts.length - 1]
  const inner: number = starts[starts.length - 2]
  const wanted = headSize + jsonSize + 12 * total + 8 * inner + 4
  if (bytes.length !== wanted) throw fault(`the file must have ${wanted} bytes; it has ${bytes.length}`)
  let at = bytes.byteOffset + headSize + jsonSize
  const view = <A>(Kind: new (buffer: ArrayBufferLike, from: number, length: number) => A, length: number): A => {
    at += 4 * length
    return new Kind(bytes.buffer, at - 4 * length, length)
  }
  const arrays: TrieArrays = {
    starts,
    words: view(Int32Array, total),
    suffixes: view(Int32Array, total),
    probabilities: view(Float32Array, total),
    firstChild: view(Int32Array, inner + 1),
    backoffs: view(Float32Array, inner),
  }
  const wrong = faultOf(arrays)
  if (wrong) throw fault(wrong)
  const tokenizer = tokenizerOf(json, where)
  if (tokenizer.size !== starts[1])
    throw fault(`the vocabulary must have ${starts[1]} tokens; it has ${tokenizer.size}`)
  return { trie: new NGramTrie(arrays, unseen as Unseen), tokenizer, estimate: json.estimate }
}

function tokenizerOf(json: Record<string, unknown>, where: string): ModelTokenizer {
  const { words, tokenizer, sentences } = json
  if (words === undefined) {
    const inner = tokenizerFromJSON(tokenizer, where)
    return sentences === true ? new LineTokenizer(inner) : inner
  }
  if (!Array.isArray(words) || !words.every(word => typeof word === 'string' && word !== ''))
    throw new FileFormatError(`${where}: words must be a list of words`)
  const vocabulary = WordVocabulary.of(words, sentences === true)
  if (new Set(vocabulary.vocabulary).size !== vocabulary.size)
    throw new FileFormatError(`${where}: the vocabulary has a word twice`)
  return vocabulary
}

/** What would make a walk through the arrays fail or never end. */
function faultOf({ starts, words, suffixes, probabilities, firstChild, backoffs }: TrieArrays): string | undefined {
  const order = starts.length - 1
  const vocabularySize = starts[1]
  let node = 0
  for (let n = 1; n <= order; n++)
    for (; node < starts[n]; node++) {
      const word = words[node]
      if (n === 1 ? word !== node : word < 0 || word >= vocabularySize) return `node ${node} has the token ${word}`
      const suffix = suffixes[node]
      // A suffix is of a lower order, so a walk from suffix to suffix ends.
      if (n === 1 ? suffix !== -1 : suffix < 0 || suffix >= starts[n - 1])
        return `node ${node} has the suffix ${suffix}`
      if (!(probabilities[node] <= 0)) return `node ${node} has the log-probability ${probabilities[node]}`
    }
  const inner = starts[order - 1]
  for (let n = 1; n < order; n++) {
    if (firstChild[starts[n - 1]] !== starts[n]) return `order ${n + 1} begins at ${firstChild[starts[n - 1]]}`
  }
  if (firstChild[inner] !== starts[order]) return `the last extension ends at ${firstChild[inner]}`
  for (let context = 0; context < inner; context++) {
    const from = firstChild[context]
    const to = firstChild[context + 1]
    if (to < from) return `node ${context} has extensions from ${from} to ${to}`
    for (let child = from + 1; child < to; child++)
      if (words[child] <= words[child - 1]) return `the extensions of node ${context} are not in order`
    if (Number.isNaN(backoffs[context])) return `node ${context} has no back-off weight`
  }
  return undefined
}

function checksumOf(bytes: Uint8Array): number {
  return xxHash32(bytes.subarray(headSize), xxHash32(bytes.subarray(0, headSize - 4)))
}
