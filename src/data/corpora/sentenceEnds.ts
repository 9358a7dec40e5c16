/* Where sentences end in plain text: at a mark of the end, quotes and brackets behind it, and white space; or at an empty line. */

/** Places behind each sentence's end, ascending; the last is the text's end. */
export function sentenceEndsOf(text: string): number[] {
  const ends = Array.from(
    text.matchAll(/[.!?…]+["'”’)\]]*(?=\s)|\n[^\S\n]*\n/gu),
    ({ index, 0: found }) => index + found.length,
  )
  if (ends.at(-1) !== text.length && text.length > 0) ends.push(text.length)
  return ends
}
