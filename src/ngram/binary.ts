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
import { jsonShapeFault } from '../formats/jsonShape.js'
import { show } from '../formats/savedFields.js'
import type { ModelTokenizer } from './arpaSymbols.js'
import { LineTokenizer } from './lineTokenizer.js'
import { NGramTrie, type TrieArrays, type Unseen } from './trie.js'
import { WordVocabulary } from './wordVocabulary.js'

const MAGIC = 'recurra-gram'
const VERSION = 1
const HEAD_SIZE = 24

/** The header holds a vocabulary, or byte pairs, each a list of two. */
const HEADER_BOUNDS = { depth: 16, containers: 2 ** 21, elements: 2 ** 25 }
const LONGEST_HEADER = 2 ** 28

const MAX_ORDER = 32

export interface BinaryModel<E> {
  readonly trie: NGramTrie
  readonly tokenizer: ModelTokenizer
  /** How the model came to be, as JSON keeps it. */
  readonly estimate: E
}

export function isBinary(bytes: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(bytes.subarray(0, MAGIC.length)) === MAGIC
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
  const jsonSize = Math.ceil((HEAD_SIZE + text.length) / 8) * 8 - HEAD_SIZE
  const arrays = [trie.words, trie.suffixes, trie.probabilities, trie.firstChild, trie.backoffs]
  const bytes = new Uint8Array(HEAD_SIZE + jsonSize + arrays.reduce((sum, array) => sum + array.byteLength, 0))
  const head = new DataView(bytes.buffer)
  bytes.set(new TextEncoder().encode(MAGIC))
  head.setUint32(12, VERSION, true)
  head.setUint32(16, jsonSize, true)
  bytes.fill(0x20, HEAD_SIZE, HEAD_SIZE + jsonSize)
  bytes.set(text, HEAD_SIZE)
  let at = HEAD_SIZE + jsonSize
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at)
    at += array.byteLength
  }
  head.setUint32(20, checksumOf(bytes), true)
  return bytes
}

/** @throws FileFormatError where the bytes are not such a model */
export function readBinary(bytes: Uint8Array, where: string): BinaryModel<unknown> {
  const fault = (message: string) => new FileFormatError(`${where}: ${message}; give a model that recurra saved`)
  if (!isBinary(bytes)) throw fault(`an n-gram model must begin with ${MAGIC}`)
  // The arrays are views into the bytes, which must therefore begin at a multiple of 8.
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.from(bytes)
  if (aligned.length < HEAD_SIZE) throw fault('the file is cut short')
  const head = new DataView(aligned.buffer, aligned.byteOffset, aligned.byteLength)
  if (head.getUint32(12, true) !== VERSION)
    throw fault(`the version must be ${VERSION}, got ${head.getUint32(12, true)}; a newer recurra may read it`)
  const headerSize = head.getUint32(16, true)
  if (headerSize % 8 !== 0 || HEAD_SIZE + headerSize > aligned.length) throw fault('the file is cut short')
  if (headerSize > LONGEST_HEADER) throw fault(`its header may have ${LONGEST_HEADER} bytes; it has ${headerSize}`)
  if (head.getUint32(20, true) !== checksumOf(aligned)) throw fault('the checksum is wrong: bytes were changed or lost')
  const header = headerOf(aligned.subarray(HEAD_SIZE, HEAD_SIZE + headerSize), fault)
  const { starts, unseen } = header
  if (!isAscending(starts)) throw fault(`starts must be 2 … ${MAX_ORDER + 1} numbers that ascend from 0`)
  if (unseen !== 'back off' && unseen !== 'uniform') throw fault('unseen must be "back off" or "uniform"')
  const arrays = arraysOf(aligned, HEAD_SIZE + headerSize, starts, fault)
  const wrong = faultOf(arrays)
  if (wrong) throw fault(wrong)
  const tokenizer = tokenizerOf(header, where)
  if (tokenizer.size !== starts[1])
    throw fault(`the vocabulary must have ${starts[1]} tokens; it has ${tokenizer.size}`)
  return { trie: new NGramTrie(arrays, unseen satisfies Unseen), tokenizer, estimate: header.estimate }
}

type Fault = (message: string) => FileFormatError

function headerOf(bytes: Uint8Array, fault: Fault): Record<string, unknown> {
  let header: unknown
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const outOfBounds = jsonShapeFault(text, HEADER_BOUNDS)
    if (outOfBounds) throw fault(`its header is out of bounds: ${outOfBounds}`)
    header = JSON.parse(text)
  } catch (error) {
    throw error instanceof FileFormatError ? error : fault('its header is not JSON')
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw fault(`its header must be an object; got ${show(header)}`)
  return header as Record<string, unknown>
}

function isAscending(starts: unknown): starts is number[] {
  return (
    Array.isArray(starts) &&
    starts.length >= 2 &&
    starts.length <= MAX_ORDER + 1 &&
    starts.every((start, i) => Number.isSafeInteger(start) && (i === 0 ? start === 0 : start >= starts[i - 1]))
  )
}

/** Views of the arrays that stand in a file. */
function arraysOf(bytes: Uint8Array, from: number, starts: readonly number[], fault: Fault): TrieArrays {
  const total = starts[starts.length - 1]
  const inner = starts[starts.length - 2]
  const wanted = from + 12 * total + 8 * inner + 4
  if (bytes.length !== wanted) throw fault(`the file must have ${wanted} bytes; it has ${bytes.length}`)
  let offset = bytes.byteOffset + from
  const view = <A>(Kind: new (buffer: ArrayBufferLike, offset: number, length: number) => A, length: number): A => {
    offset += 4 * length
    return new Kind(bytes.buffer, offset - 4 * length, length)
  }
  return {
    starts,
    words: view(Int32Array, total),
    suffixes: view(Int32Array, total),
    probabilities: view(Float32Array, total),
    firstChild: view(Int32Array, inner + 1),
    backoffs: view(Float32Array, inner),
  }
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

/** What would make a walk through the arrays fail or never end. Every node is looked at once. */
function faultOf(arrays: TrieArrays): string | undefined {
  return nodeFault(arrays) ?? extensionFault(arrays)
}

function nodeFault({ starts, words, suffixes, probabilities }: TrieArrays): string | undefined {
  const vocabularySize = starts[1]
  let node = 0
  for (let n = 1; n < starts.length; n++)
    for (; node < starts[n]; node++) {
      const word = words[node]
      if (n === 1 ? word !== node : word < 0 || word >= vocabularySize) return `node ${node} has the token ${word}`
      const suffix = suffixes[node]
      // A suffix is of a lower order, so a walk from suffix to suffix ends.
      if (n === 1 ? suffix !== -1 : suffix < 0 || suffix >= starts[n - 1])
        return `node ${node} has the suffix ${suffix}`
      if (!(probabilities[node] <= 0)) return `node ${node} has the log-probability ${probabilities[node]}`
    }
  return undefined
}

function extensionFault({ starts, words, firstChild, backoffs }: TrieArrays): string | undefined {
  const order = starts.length - 1
  const inner = starts[order - 1]
  for (let n = 1; n < order; n++) {
    if (firstChild[starts[n - 1]] !== starts[n]) return `order ${n + 1} begins at ${firstChild[starts[n - 1]]}`
  }
  if (firstChild[inner] !== starts[order]) return `the last extension ends at ${firstChild[inner]}`
  for (let context = 0; context < inner; context++) {
    const from = firstChild[context]
    const to = firstChild[context + 1]
    if (to < from || to > starts[order]) return `node ${context} has extensions from ${from} to ${to}`
    for (let child = from + 1; child < to; child++)
      if (words[child] <= words[child - 1]) return `the extensions of node ${context} are not in order`
    if (Number.isNaN(backoffs[context])) return `node ${context} has no back-off weight`
  }
  return undefined
}

function checksumOf(bytes: Uint8Array): number {
  return xxHash32(bytes.subarray(HEAD_SIZE), xxHash32(bytes.subarray(0, HEAD_SIZE - 4)))
}
