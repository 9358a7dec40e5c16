/* Tagged sentences from lines: CoNLL-U (universaldependencies.org/format.html), and files of a word and a tag a line
 * with an empty line after each sentence, as CoNLL-2003's. */
import { ConfigurationError, FileFormatError } from '../../errors.js'
import type { TaggedSentence } from '../corpora/items.js'

/** The columns of CoNLL-U that hold one tag a word. */
export const TAG_COLUMNS = { upos: 3, xpos: 4, feats: 5, deprel: 7 } as const

/** CoNLL's files have ten or so. */
const MAX_COLUMNS = 1000

export interface TagLineOptions {
  /** CoNLL-U, or a word first and its tag last. Default `columns`. */
  format?: 'conllu' | 'columns' | undefined
  /** Which of CoNLL-U's columns is the tag. Default `upos`. */
  tagColumn?: keyof typeof TAG_COLUMNS | undefined
}

/** Takes lines, gives sentences. */
export class TagLines {
  private words: string[] = []
  private tags: string[] = []
  private columns = 0

  constructor(
    private readonly name: string,
    private readonly options: TagLineOptions = {},
  ) {
    const { format = 'columns', tagColumn = 'upos' } = options
    if (format !== 'conllu' && format !== 'columns') {
      throw new ConfigurationError(`${name}: the format must be conllu or columns; got ${format}`)
    }
    if (!Object.hasOwn(TAG_COLUMNS, tagColumn)) {
      const known = Object.keys(TAG_COLUMNS).join(', ')
      throw new ConfigurationError(`${name}: tagColumn must be one of CoNLL-U's ${known}; got ${tagColumn}`)
    }
  }

  /** The sentence that this line ends, if it ends one. @throws FileFormatError that names the line */
  push(line: string, number: number): TaggedSentence | undefined {
    if (line.trim() === '') return this.end()
    if (this.options.format === 'conllu') this.conllu(line, number)
    else this.pair(line, number)
    return undefined
  }

  /** The sentence that the file's end ends. */
  end(): TaggedSentence | undefined {
    if (this.words.length === 0) return undefined
    const sentence = { words: this.words, tags: this.tags }
    this.words = []
    this.tags = []
    return sentence
  }

  private conllu(line: string, number: number): void {
    if (line.startsWith('#')) return
    const fields = line.split('\t', 11)
    if (fields.length !== 10) {
      throw new FileFormatError(
        `${this.name}, line ${number}: a word of CoNLL-U has 10 columns set apart by tabs; got ${fields.length > 10 ? 'more' : fields.length}`,
      )
    }
    // 3-4 is a contraction whose words follow one by one, 3.1 a word that is not in the text.
    if (/^\d+[-.]\d+$/.test(fields[0])) return
    if (fields[0] !== String(this.words.length + 1)) {
      const came = JSON.stringify(fields[0].slice(0, 20))
      throw new FileFormatError(
        `${this.name}, line ${number}: the word's number must be ${this.words.length + 1}; got ${came}`,
      )
    }
    this.add(fields[1], fields[TAG_COLUMNS[this.options.tagColumn ?? 'upos']], number)
  }

  private pair(line: string, number: number): void {
    // A word may hold spaces if tabs set the columns apart.
    const fields = line.includes('\t') ? line.split('\t', MAX_COLUMNS + 1) : line.trim().split(/\s+/, MAX_COLUMNS + 1)
    if (fields.length > MAX_COLUMNS)
      throw new FileFormatError(
        `${this.name}, line ${number}: a line may have ${MAX_COLUMNS} columns; it has more; set a word and its tag in a line`,
      )
    if (fields[0] === '-DOCSTART-') return
    if (fields.length < 2) {
      throw new FileFormatError(
        `${this.name}, line ${number}: a word and its tag must stand in a line; got one column; give the word a tag`,
      )
    }
    this.columns ||= fields.length
    if (fields.length !== this.columns) {
      throw new FileFormatError(
        `${this.name}, line ${number}: ${this.columns} columns as in the lines before; got ${fields.length}`,
      )
    }
    this.add(fields[0], fields[fields.length - 1], number)
  }

  private add(word: string, tag: string, number: number): void {
    if (word === '' || tag === '') {
      throw new FileFormatError(`${this.name}, line ${number}: the ${word === '' ? 'word' : 'tag'} is empty`)
    }
    this.words.push(word)
    this.tags.push(tag)
  }
}
