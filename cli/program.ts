/* The program: every verb, and how wrong usage is reported. */
import { Command } from 'commander'
import { tasks as allTasks, nearest, type Task } from '../src/index.js'
import { benchCommand } from './commands/bench.js'
import { classifyCommand } from './commands/classify.js'
import { compareCommand } from './commands/compare.js'
import { dataCommand } from './commands/data.js'
import { doctorCommand } from './commands/doctor.js'
import { evalCommand } from './commands/eval.js'
import { forecastCommand } from './commands/forecast.js'
import { generateCommand } from './commands/generate.js'
import { inspectCommand } from './commands/inspect.js'
import { lessonCommand } from './commands/lesson.js'
import { nextCommand } from './commands/next.js'
import { ngramCommand } from './commands/ngram.js'
import { quickstartCommand } from './commands/quickstart.js'
import { resumeCommand } from './commands/resume.js'
import { runsCommand } from './commands/runs.js'
import { scoreCommand } from './commands/score.js'
import { tagCommand } from './commands/tag.js'
import { trainCommand } from './commands/train.js'
import { version } from './commands/trainingSession.js'
import { translateCommand } from './commands/translate.js'
import { UsageError } from './flags/flags.js'

/** @param tasks what can be trained, resumed, measured, examined and described */
export function program(tasks: readonly Task[] = allTasks): Command {
  const program = new Command('recurra')
    .description('Recurrent networks: train them, look inside them, use them.')
    .version(version)
    // What stands after a verb is the verb's own, and after its object the object's.
    .enablePositionalOptions()
    .addCommand(trainCommand(tasks))
    .addCommand(resumeCommand(tasks))
    .addCommand(generateCommand())
    .addCommand(translateCommand())
    .addCommand(nextCommand())
    .addCommand(classifyCommand())
    .addCommand(tagCommand())
    .addCommand(forecastCommand())
    .addCommand(evalCommand(tasks))
    .addCommand(scoreCommand())
    .addCommand(compareCommand())
    .addCommand(inspectCommand(tasks))
    .addCommand(doctorCommand(tasks))
    .addCommand(lessonCommand())
    .addCommand(ngramCommand())
    .addCommand(runsCommand())
    .addCommand(dataCommand())
    .addCommand(benchCommand())
    .addCommand(quickstartCommand(), { hidden: true })
  prepare(program, '')
  return program
}

/** Faults come back as exceptions, to be told in one place; `where` is the command's name, for messages. */
function prepare(command: Command, where: string): void {
  command
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .helpOption('-h, --help', 'shows this')
  const verbs = command.commands.map(each => each.name())
  if (verbs.length > 0)
    command.on('command:*', ([verb]: string[]) => {
      const near = nearest(verb, verbs)
      const cure = near
        ? `did you mean ${near}?`
        : `known are ${verbs.filter(name => name !== 'quickstart').join(', ')}`
      throw new UsageError(`${where}${verb} is not known; ${cure}`)
    })
  for (const each of command.commands) prepare(each, `${where}${each.name()}: `)
}
