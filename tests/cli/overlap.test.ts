/* Items of a --test-file or --validation-file that are trained on too are counted and reported. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workshop } from './commandLine.js'

let shop: Workshop
const tiny = '--hidden-size 4 --batch-size 4 --threads 1 --steps 1 --samples 0'.split(' ')
const lines = (count: number, line: (i: number) => string) => Array.from({ length: count }, (_, i) => line(i)).join('')
beforeAll(async () => {
  shop = await Workshop.open()
})
afterAll(() => shop.close())

describe('held-out files that share items with FILE are reported', () => {
  it('by train classify, by text', async () => {
    await shop.write('all.csv', `text,label\n${lines(40, i => `text ${i},${i % 2 ? 'a' : 'b'}\n`)}`)
    await shop.write('test.csv', `text,label\n${lines(5, i => `text ${i + 37},a\n`)}`)
    const { stderr } = await shop.run(['train', 'classify', 'all.csv', ...tiny, '--test-file', 'test.csv'])
    expect(stderr).toMatch(/5 for the test; 2 of the test texts are trained on too\n/)
  })

  it('by train tag, by words', async () => {
    const sentence = (i: number) => `word${i} A\nend B\n\n`
    await shop.write('all.txt', lines(40, sentence))
    await shop.write(
      'validation.txt',
      lines(2, i => sentence(i + 39)),
    )
    const { stderr } = await shop.run(['train', 'tag', 'all.txt', ...tiny, '--validation-file', 'validation.txt'])
    expect(stderr).toMatch(/; 1 of the validation sentences are trained on too\n/)
  })

  it('by train lm, by line', async () => {
    await shop.write(
      'book.txt',
      lines(400, i => `line ${i} of a book\n`),
    )
    await shop.write('test.txt', 'line 7 of a book\nanother\n')
    await shop.write('validation.txt', 'not there\n')
    const files = ['--validation-file', 'validation.txt', '--test-file', 'test.txt']
    const { stderr } = await shop.run(['train', 'lm', 'book.txt', ...tiny, '--time-steps', '4', ...files])
    expect(stderr).toMatch(/ for the test; 1 of the test lines are trained on too\n/)
  })

  it('and nothing is said where they share none', async () => {
    await shop.write('other.csv', 'text,label\nnew,a\n')
    const { stderr } = await shop.run(['train', 'classify', 'all.csv', ...tiny, '--test-file', 'other.csv'])
    expect(stderr).toMatch(/ for the test\n/)
  })
})
