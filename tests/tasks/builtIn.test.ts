/* Built-in corpora, which may stand where a file's path would. */
import { describe, expect, it } from 'vitest'
import { generatedCorpora, tasks } from '../../src/index.js'
import { fileReader } from '../../src/node/index.js'
import { builtInOf, filesOf } from '../../src/tasks/parts.js'

const corpora = Object.values(generatedCorpora)

describe('a built-in corpus', () => {
  it.each(corpora.map(corpus => [corpus.name, corpus.task] as const))(
    '%s is no file for the task that it is made for, and one for every other task that takes files',
    (name, verb) => {
      for (const task of tasks) {
        const files = task.files({ data: name }, fileReader)
        // dyck is text that `recurra data` writes; no task trains on it by name.
        expect(files).toEqual(task.verb === verb && name !== 'dyck' ? [] : [name])
      }
    },
  )

  it('is not meant by another name, nor by none', () => {
    const { reviews } = generatedCorpora
    for (const path of [undefined, 'reviews.csv', 'tests'])
      expect(builtInOf([reviews], path, fileReader)).toBeUndefined()
    expect(filesOf([reviews], '-', fileReader)).toEqual([])
  })

  it('is not meant where a file is called so', () => {
    const { reviews } = generatedCorpora
    expect(builtInOf([reviews], 'reviews', { ...fileReader, exists: () => true })).toBeUndefined()
  })
})
