/* Rows and lines become items, or one line says which is wrong. */
import { describe, expect, it } from 'vitest'
import { labelledTextOf, pairOf } from '../../../src/data/readers/rows.js'
import { type TagLineOptions, TagLines } from '../../../src/data/readers/tagLines.js'
import { ConfigurationError, FileFormatError } from '../../../src/errors.js'

describe('a row', () => {
  it('gives the columns asked for, numbers and booleans as they are written', () => {
    const row = { review: 'good', stars: 4, kept: true }
    expect(labelledTextOf(row, { textColumn: 'review', labelColumn: 'stars' }, 'a.csv, line 2')).toEqual({
      text: 'good',
      label: '4',
    })
    expect(pairOf(row, { sourceColumn: 'review', targetColumn: 'kept' }, 'a.csv, line 2')).toEqual({
      source: 'good',
      target: 'true',
    })
  })

  it('names the columns there are, and the nearest', () => {
    expect(() => labelledTextOf({ reveiw: 'a', label: 'b' }, { textColumn: 'review' }, 'a.csv, line 2')).toThrow(
      new ConfigurationError(
        'a.csv, line 2: there is no column review; the columns are reveiw, label; did you mean reveiw?',
      ),
    )
    expect(() => labelledTextOf({}, {}, 'x')).toThrow(/the columns are none$/)
    expect(() => labelledTextOf({}, { textColumn: 'toString' }, 'x')).toThrow(/there is no column toString/)
  })

  it('refuses what is neither text nor a number', () => {
    expect(() => labelledTextOf({ text: ['a'], label: '' }, {}, 'x, line 3')).toThrow(FileFormatError)
    expect(() => labelledTextOf({ text: null, label: '' }, {}, 'x')).toThrow(/must be text or a number; got null/)
  })
})

const sentencesOf = (text: string, options: TagLineOptions) => {
  const lines = new TagLines('f', options)
  const sentences = text.split('\n').map((line, i) => lines.push(line, i + 1))
  return [...sentences, lines.end()].filter(sentence => sentence !== undefined)
}

const conllu = (...rows: string[]) => rows.map(row => `${row}\t_\t_\t_\t_\t_\t_`.replaceAll(' ', '\t')).join('\n')

describe('CoNLL-U', () => {
  const text = [
    '# sent_id = 1',
    conllu('1-2 vámonos _ _', '1 vamos ir VERB', '2 nos nosotros PRON', '2.1 no _ X', '3 mar mar NOUN'),
    '',
    '',
    conllu('1 Sí sí INTJ'),
  ].join('\n')

  it('gives words and their tags, without contractions, empty words and comments', () => {
    expect(sentencesOf(text, { format: 'conllu' })).toEqual([
      { words: ['vamos', 'nos', 'mar'], tags: ['VERB', 'PRON', 'NOUN'] },
      { words: ['Sí'], tags: ['INTJ'] },
    ])
  })

  it('names the line that is wrong', () => {
    expect(() => sentencesOf('1\ta\tb', { format: 'conllu' })).toThrow(/^f, line 1: .*10 columns .*; got 3$/)
    expect(() => sentencesOf(`# c\n${conllu('2 a a X')}`, { format: 'conllu' })).toThrow(
      /^f, line 2: the word's number must be 1; got "2"$/,
    )
    expect(() => sentencesOf(text, { format: 'conllu', tagColumn: 'POS' as 'upos' })).toThrow(ConfigurationError)
  })
})

describe('a word and its tag a line', () => {
  it('are the first and the last column', () => {
    expect(sentencesOf('-DOCSTART- -X- O O\n\nEU NNP I-NP B-ORG\nrejects VBZ I-VP O\n\n\nNo DT I O', {})).toEqual([
      { words: ['EU', 'rejects'], tags: ['B-ORG', 'O'] },
      { words: ['No'], tags: ['O'] },
    ])
    expect(sentencesOf('New York\tLOC\n', {})).toEqual([{ words: ['New York'], tags: ['LOC'] }])
  })

  it('names the line that is wrong', () => {
    expect(() => sentencesOf('a X\nb', {})).toThrow(/^f, line 2: a word and its tag must stand in a line; got one/)
    expect(() => sentencesOf('a X\nb Y Z', {})).toThrow(/^f, line 2: 2 columns as in the lines before; got 3$/)
    expect(() => sentencesOf('a\t\n', {})).toThrow(/^f, line 1: the tag is empty$/)
    expect(() => new TagLines('f', { format: 'xml' as 'conllu' })).toThrow(/must be conllu or columns; got xml/)
  })
})
