/* The n-grams of a model, as a trie that is read from left to right and holds nothing but typed arrays.
 *
 * Every n-gram is a node: first all unigrams, then all bigrams, and so on to the highest order. A unigram's number is
 * its token; the others of a level are sorted by their context's node (the n-gram without its last token), then by last
 * token, so a context's extensions stand together and are found by bisection. A node's suffix is the n-gram without its
 * first token: where the trie does not know how the longer context goes on, the shorter one is asked (Katz 1987;
 * the links are those of Aho & Corasick 1975). 12 bytes an n-gram, 20 where longer ones may follow it.
 *
 * A state is the node of the longest context that the model knows, or −1 for none. */

/** What a context says of a token that never followed it: look in the shorter context, or every one is equally likely. */
export type Unseen = 'back off' | 'uniform'

/** n-grams of one order more, sorted by parent, then by word. */
export interface TrieLevel {
  /** The context, counted within its own order. */
  readonly parents: Int32Array
  /** The last token. */
  readonly words: Int32Array
  /** log10 */
  readonly probabilities: Float32Array
  /** Of the contexts, that is, of every n-gram of the order below; log10. */
  readonly backoffs: Float32Array
  /** The n-gram without its first token, counted within its order; looked up where not given. */
  readonly suffixes?: Int32Array | undefined
}

/** The arrays, as they stand in a file. */
export interface TrieArrays {
  /** Node at which each order begins, and after the last the number of nodes. */
  readonly starts: readonly number[]
  readonly words: Int32Array
  readonly probabilities: Float32Array
  readonly suffixes: Int32Array
  /** Of every node below the highest order. */
  readonly backoffs: Float32Array
  /** Of every node below the highest order its first extension; one entry more closes the last. */
  readonly firstChild: Int32Array
}

export class NGramTrie implements TrieArrays {
  readonly order: number
  readonly vocabularySize: number
  readonly starts: readonly number[]
  readonly words: Int32Array
  readonly probabilities: Float32Array
  readonly suffixes: Int32Array
  readonly backoffs: Float32Array
  readonly firstChild: Int32Array
  /** Nodes below the highest order. */
  readonly inner: number

  constructor(
    arrays: TrieArrays,
    readonly unseen: Unseen = 'back off',
  ) {
    this.starts = arrays.starts
    this.words = arrays.words
    this.probabilities = arrays.probabilities
    this.suffixes = arrays.suffixes
    this.backoffs = arrays.backoffs
    this.firstChild = arrays.firstChild
    this.order = arrays.starts.length - 1
    this.vocabularySize = arrays.starts[1]
    this.inner = arrays.starts[this.order - 1]
  }

  /** A model of order 1: log10 of each token's probability. */
  static ofUnigrams(probabilities: Float32Array, unseen: Unseen = 'back off'): NGramTrie {
    const size = probabilities.length
    return new NGramTrie(
      {
        starts: [0, size],
        words: Int32Array.from({ length: size }, (_, i) => i),
        probabilities,
        suffixes: new Int32Array(size).fill(-1),
        backoffs: new Float32Array(0),
        firstChild: Int32Array.of(size),
      },
      unseen,
    )
  }

  /** This model and one order more. */
  extended({ parents, words, probabilities, backoffs, suffixes }: TrieLevel): NGramTrie {
    const begin = this.starts[this.order - 1]
    const end = this.starts[this.order]
    const total = end + words.length
    const firstChild = new Int32Array(end + 1)
    firstChild.set(this.firstChild)
    let child = 0
    for (let node = begin; node < end; node++) {
      firstChild[node] = end + child
      while (child < words.length && parents[child] === node - begin) child++
    }
    firstChild[end] = total
    const links = new Int32Array(total)
    links.set(this.suffixes)
    if (suffixes) for (let i = 0; i < words.length; i++) links[end + i] = begin + suffixes[i]
    else for (let i = 0; i < words.length; i++) links[end + i] = this.longestSuffix(begin + parents[i], words[i])
    return new NGramTrie(
      {
        starts: [...this.starts, total],
        words: joined(Int32Array, this.words, words),
        probabilities: joined(Float32Array, this.probabilities, probabilities),
        suffixes: links,
        backoffs: joined(Float32Array, this.backoffs, backoffs),
        firstChild,
      },
      this.unseen,
    )
  }

  /** The node of `context` followed by `word`, or −1. */
  find(context: number, word: number): number {
    const { words, firstChild } = this
    let low = firstChild[context]
    let high = firstChild[context + 1] - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const there = words[middle]
      if (there < word) low = middle + 1
      else if (there > word) high = middle - 1
      else return middle
    }
    return -1
  }

  private longestSuffix(context: number, word: number): number {
    for (let shorter = this.suffixes[context]; shorter >= 0; shorter = this.suffixes[shorter]) {
      const node = this.find(shorter, word)
      if (node >= 0) return node
    }
    return word
  }

  /** How many tokens a node's n-gram has. */
  orderOf(node: number): number {
    let order = 1
    while (node >= this.starts[order]) order++
    return order
  }

  /** log10 of every token's probability after a state. */
  distribution(state: number): Float64Array {
    const { probabilities, backoffs, suffixes, firstChild, words } = this
    const values = Float64Array.from(probabilities.subarray(0, this.vocabularySize))
    const contexts: number[] = []
    for (let context = state; context >= 0; context = suffixes[context]) contexts.push(context)
    for (const context of contexts.reverse()) {
      const first = firstChild[context]
      const end = firstChild[context + 1]
      const backoff = backoffs[context]
      if (this.unseen === 'back off') {
        if (backoff !== 0) for (let token = 0; token < values.length; token++) values[token] += backoff
      } else if (first < end) values.fill(backoff)
      for (let child = first; child < end; child++) values[words[child]] = probabilities[child]
    }
    return values
  }

  /** Bytes of all arrays. */
  get bytes(): number {
    const arrays = [this.words, this.probabilities, this.suffixes, this.backoffs, this.firstChild]
    return arrays.reduce((sum, array) => sum + array.byteLength, 0)
  }
}

/** A place in a text: what the model remembers of what stands before it. */
export class Cursor {
  /** Tokens of the n-gram that the last probability came from, the token itself included. */
  matched = 0

  constructor(
    private readonly trie: NGramTrie,
    /** The node of the longest known context, −1 for none. */
    public state: number,
  ) {}

  /** Reads a token, and returns log10 of the probability that it had here. */
  advance(word: number): number {
    const { trie } = this
    let context = this.state
    let node = word
    let backoff = 0
    // No logarithm of a probability is above 0: none found yet.
    let uniform = 1
    while (context >= 0) {
      node = trie.find(context, word)
      if (node >= 0) break
      if (trie.unseen === 'back off') backoff += trie.backoffs[context]
      else if (uniform > 0 && trie.firstChild[context] < trie.firstChild[context + 1]) uniform = trie.backoffs[context]
      context = trie.suffixes[context]
      node = word
    }
    this.matched = trie.orderOf(node)
    this.state = node < trie.inner ? node : trie.suffixes[node]
    return uniform <= 0 ? uniform : backoff + trie.probabilities[node]
  }
}

function joined<A extends Int32Array | Float32Array>(Kind: new (length: number) => A, first: A, second: A): A {
  const both = new Kind(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
