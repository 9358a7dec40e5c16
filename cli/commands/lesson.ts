/* recurra lesson NAME: a small experiment that shows how recurrent networks work, fail and are mended; without NAME, a list. */
import { Command } from 'commander'
import { z } from 'zod'
import { type LessonPart, lessons, nearest, openEngine, trainingSchema } from '../../src/index.js'
import { table } from '../../src/inspection/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from '../flags/commonFlags.js'
import { addFlags, readFlags, UsageError } from '../flags/flags.js'
import { write } from '../output/output.js'

const schema = z.strictObject({
  seed: trainingSchema.shape.seed.describe('of the lesson’s data and its models’ start'),
  ...jsonSchema.shape,
  ...engineSchema.shape,
  ...commonSchema.shape,
})

export function lessonCommand(): Command {
  const names = lessons.map(({ name }) => name)
  const command = new Command('lesson')
    .description('runs a small experiment, under a minute, and shows what happens with its cure beside it')
    .argument('[NAME]', `${names.join(', ')} (default: a list of them)`)
  return addFlags(command, schema).action(async (name: string | undefined) => {
    const flags = readFlags(command, schema)
    if (name === undefined) {
      const list = lessons.map(({ name, question }) => ({ name, question }))
      if (flags.json) return write(`${JSON.stringify(list)}\n`)
      const width = Math.max(...names.map(each => each.length))
      for (const { name, question } of list) await write(`${name.padEnd(width)}  ${question}\n`)
      return
    }
    const lesson = lessons.find(each => each.name === name)
    if (!lesson) {
      const near = nearest(name, names)
      throw new UsageError(
        `lesson: ${name} is not known; ${near ? `did you mean ${near}?` : `known are ${names.join(', ')}`}`,
      )
    }
    const engine = await openEngine(engineOptionsOf(flags))
    try {
      const parts: LessonPart[] = []
      if (!flags.json) await write(`${lesson.question}\n`)
      for await (const part of lesson.run({ engine, seed: flags.seed })) {
        parts.push(part)
        if (!flags.json) await write(`\n${'text' in part ? `${part.text}\n` : table(part.table)}`)
      }
      if (flags.json) await write(`${JSON.stringify({ lesson: name, question: lesson.question, parts })}\n`)
    } finally {
      engine.close()
    }
  })
}
