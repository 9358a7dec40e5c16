// What may stand where a file's path would.
import { describe, expect, it } from 'vitest'
import { builtInFor, builtInOf } from '../../cli/flags/givenData.js'
import { generatedCorpora } from '../../src/index.js'

const tasks = ['classify', 'tag', 'translate', 'regress'] as const

describe('a built-in corpus', () => {
  const ofItems = Object.values(generatedCorpora).filter(({ task }) => task !== 'lm')

  it.each(ofItems.map(corpus => [corpus.name, corpus] as const))('%s is known to its task alone', (name, corpus) => {
    for (const task of tasks) expect(builtInOf(task, name)).toBe(task === corpus.task ? corpus : undefined)
    expect(builtInFor(corpus.task as (typeof tasks)[number])).toContain(name)
  })

  it('is not meant by another name, nor by none', () => {
    for (const path of [undefined, 'reviews.csv', 'tests']) expect(builtInOf('classify', path)).toBeUndefined()
  })
})
