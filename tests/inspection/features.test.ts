// Features of a text, character by character, against marks set by hand.
import { describe, expect, it } from 'vitest'
import { featureOfTokens, featuresOf } from '../../src/inspection/features.js'

/** The text, and below it an x under every character that has the feature. */
function marked(text: string, name: string, patterns: RegExp[] = []): string {
  const feature = featuresOf(text, patterns).find(each => each.name === name)
  return Array.from(feature?.at ?? [], each => (each === 1 ? 'x' : '.')).join('')
}

describe('features of a text', () => {
  it.each([
    ['inside quotes', 'he said "no!" twice', '.........xxx.......'],
    ['inside quotes', "don't say 'don't' here", '...........xxxxx......'],
    ['inside quotes', 'a “b” c', '...x...'],
    ['inside quotes', 'an open " never ends', '....................'],
    ['inside quotes', '"a \\" b"', '.xxxxxx.'],
    ['inside brackets', 'f(a, [b]) c', '..xxxxxx...'],
    ['brackets two deep', 'f(a, [b]) c', '......x....'],
    ['brackets three deep', '(([x]))', '...x...'],
    ['inside brackets', 'a) b', '....'],
    ['inside brackets', '(a\n\nb', '.x...'],
    ['inside a comment', 'a /* b */ c', '..xxxxxxx..'],
    ['inside a comment', 'a // b\nc', '..xxxx..'],
    ['inside a comment', 'a http://b c', '............'],
    ['inside a comment', '# a\nb #c', 'xxx.....'],
    ['inside a comment', '<!-- a --> b', 'xxxxxxxxxx..'],
    ['capital letter', 'Ab cD Éé', 'x...x.x.'],
    ['sentence end', 'No. "Yes." 3.5 is so… Ok', '..x.....x...........x...'],
  ])('%s in %s', (name, text, marks) => expect(marked(text, name)).toBe(marks))

  it('the place in a line is told past each quarter', () => {
    const text = 'abcdefgh\nabcdefgh\n'
    expect(marked(text, 'place in line from 4 on')).toBe('....xxxxx....xxxxx')
  })

  it('a pattern of one’s own is a feature, with or without g', () => {
    for (const pattern of [/b+/u, /b+/gu]) expect(marked('abbab', '/b+/u', [pattern])).toBe('.xx.x')
  })

  it('a token has a state where its last character has it, an event where one of them has', () => {
    const text = 'Go (now) Bob'
    const pieces = ['Go', ' (', 'now', ')', ' Bob']
    const of = (name: string) => {
      const feature = featuresOf(text).find(each => each.name === name)
      return feature && Array.from(featureOfTokens(feature, pieces))
    }
    expect(of('capital letter')).toEqual([1, 0, 0, 0, 1])
    expect(of('inside brackets')).toEqual([0, 0, 1, 0, 0])
  })

  it('takes time linear in the text, whatever it holds', () => {
    for (const text of ['('.repeat(2e5), '"'.repeat(2e5 + 1), "'a".repeat(1e5), '/*'.repeat(1e5)]) featuresOf(text)
  })
})
