/* How a sentence is cut into words before BLEU counts them: as sacreBLEU does (Post 2018), whose numbers depend on it.
 *
 *     13a    mteval-v13a of NIST, WMT's: punctuation is set apart, but not the comma and the point within a number
 *     char   every character is a word
 *     none   words are what stands between white space */

export const bleuTokenizers = ['13a', 'none', 'char'] as const
export type BleuTokenizer = (typeof bleuTokenizers)[number]

/** What Python's str.split takes for white space; JavaScript's \s has U+FEFF more, and five control characters less. */
const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const spaces = new RegExp(`[${SPACE}]+`, 'g')
const trailing = new RegExp(`[${SPACE}]+$`)

/** Words between white space, as Python's str.split has it. */
export const wordsIn = (text: string): string[] => text.split(spaces).filter(word => word !== '')

/** The text without white space. */
export const withoutSpace = (text: string): string => text.replace(spaces, '')

/** A sentence's words, as this tokenizer cuts it. */
export function bleuWords(sentence: string, tokenizer: BleuTokenizer, lowercase: boolean): string[] {
  const text = (lowercase ? sentence.toLowerCase() : sentence).replace(trailing, '')
  if (tokenizer === 'none') return wordsIn(text)
  if (tokenizer === 'char') return wordsIn(Array.from(text).join(' '))
  return wordsIn(punctuationApart(` ${withoutMarkup(text)} `))
}

const withoutMarkup = (text: string): string =>
  text
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('\n', ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')

/** The marks but , and . and - wherever they stand; , and . unless a digit stands on that side; - behind a digit. */
const punctuationApart = (text: string): string =>
  text
    .replace(/([{-~[-` -&(-+:-@/])/gu, ' $1 ')
    .replace(/([^0-9])([.,])/gu, '$1 $2 ')
    .replace(/([.,])([^0-9])/gu, ' $1 $2')
    .replace(/([0-9])(-)/gu, '$1 $2 ')
