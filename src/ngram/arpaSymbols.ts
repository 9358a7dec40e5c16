/* How a model's tokens are written in an ARPA file, whose fields end at white space. A word stands as it is. White space
 * and what could be taken for an escape or a mark is written by its code point, <U+0020> for a space; that is ours: the
 * format knows no escape. Where two tokens would be written alike (byte pairs that are no whole character), all are
 * written by number, #17. */

import { CharacterTokenizer } from '../data/tokenizers/characterTokenizer.js'
import { type Tokenizer, tokenizerFromJSON } from '../data/tokenizers/tokenizer.js'
import { FileFormatError } from '../errors.js'
import type { SentenceMarks } from './counting.js'
import { LineTokenizer } from './lineTokenizer.js'
import { beginMark, endMark, unknownWord, WordVocabulary } from './wordVocabulary.js'

/** What a model reads with: marks where each line is a sentence. */
export type ModelTokenizer = Tokenizer & { readonly marks?: SentenceMarks | undefined }

const UNWRITABLE = /[\p{White_Space}\p{Cc}\u200b\ufeff]|^<(?=U\+|unk>|\/?s>)/gu
const ESCAPED = /<U\+([0-9A-F]{4,6})>/g
const IS_CHARACTER = /^(?:<U\+[0-9A-F]{4,6}>|.)$/su

/** A token's name without white space. */
function written(symbol: string): string {
  return symbol.replace(
    UNWRITABLE,
    c => `<U+${(c.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}>`,
  )
}

function unwritten(symbol: string): string {
  return symbol.replace(ESCAPED, (whole, digits: string) => {
    const code = Number.parseInt(digits, 16)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}

/** The name of every token, by id. */
export function arpaSymbols(tokenizer: ModelTokenizer): string[] {
  const { marks, unknown } = tokenizer
  const names = tokenizer.vocabulary.map((symbol, id) => {
    if (id === unknown) return unknownWord
    if (id === marks?.begin) return beginMark
    if (id === marks?.end) return endMark
    // KenLM's own words are what its files have, whatever they look like.
    return tokenizer instanceof WordVocabulary ? symbol : written(symbol)
  })
  if (new Set(names).size === names.length && !names.includes('')) return names
  const special = [unknown, marks?.begin, marks?.end]
  return names.map((name, id) => (special.includes(id) ? name : `#${id}`))
}

const COMMENT_BEGIN = '# recurra.tokenizer '
const COMMENT_WIDTH = 4000

/**
 * Comment lines that say how a text is cut, where the unigrams do not show it: the tokenizer as JSON, in parts. KenLM
 * skips lines that begin with #.
 */
export function tokenizerComment(tokenizer: ModelTokenizer): string {
  const inner = tokenizer instanceof LineTokenizer ? tokenizer.inner : tokenizer
  if (inner instanceof WordVocabulary) return ''
  if (inner instanceof CharacterTokenizer && inner.vocabulary.some(symbol => written(symbol) !== symbol)) return ''
  // In ASCII without spaces, which may be cut anywhere.
  const json = JSON.stringify(inner).replace(
    /[ \u007f-\uffff]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  let lines = ''
  for (let from = 0; from < json.length; from += COMMENT_WIDTH)
    lines += `${COMMENT_BEGIN}${json.slice(from, from + COMMENT_WIDTH)}\n`
  return lines
}

/** The part of a tokenizer that a comment line holds; empty where it holds none. */
export function tokenizerPart(line: string): string {
  return line.startsWith(COMMENT_BEGIN) ? line.slice(COMMENT_BEGIN.length) : ''
}

/** The tokenizer of a file's comments, its parts joined. @throws FileFormatError where they are no tokenizer */
export function tokenizerFromComment(json: string, where: string): Tokenizer {
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch {
    throw new FileFormatError(
      `${where}: the comment ${COMMENT_BEGIN.trim()} must be JSON; give the file as it was saved`,
    )
  }
  return tokenizerFromJSON(parsed, where)
}

/** The tokenizer that an ARPA file's unigrams speak of, given the one it was made with or none. */
export function tokenizerFromSymbols(
  symbols: readonly string[],
  given: Tokenizer | undefined,
  unit: 'word' | 'character' | undefined,
  where: string,
): ModelTokenizer {
  const sentences = symbols.includes(beginMark) && symbols.includes(endMark)
  if (given) return sentences ? new LineTokenizer(given) : given
  const own = symbols.filter(symbol => symbol !== unknownWord && !(sentences && isMark(symbol)))
  const characters = own.every(symbol => IS_CHARACTER.test(symbol)) && own.some(symbol => symbol.length > 2)
  if (unit === 'word' || (unit === undefined && !characters)) return WordVocabulary.of(own, sentences)
  const ordered = own.map(unwritten).sort((a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number))
  const strange = ordered.find(symbol => [...symbol].length !== 1)
  if (strange !== undefined)
    throw new FileFormatError(`${where}: unigrams of a character model must be one character; got ${strange}`)
  const inner = CharacterTokenizer.fromJSON({ unit: 'character', symbols: ordered.join('') }, where)
  return sentences ? new LineTokenizer(inner) : inner
}

function isMark(symbol: string): boolean {
  return symbol === beginMark || symbol === endMark
}
