#!/usr/bin/env node
/* The command line's door: finds the verb, and turns every fault into one line and an exit code. */
import { Command, CommanderError } from 'commander'
import { nearest, RecurraError } from '../src/errors.js'
import { benchCommand } from './commands/bench.js'
import { classifyCommand } from './commands/classify.js'
import { compareCommand } from './commands/compare.js'
import { dataCommand } from './commands/data.js'
import { doctorCommand } from './commands/doctor.js'
import { evalCommand } from './commands/eval.js'
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
import { forgiveClosedOutput } from './output/output.js'

/** Done, a fault, wrong usage; 130 is set where the user stops a run. */
const FAULT = 1
const USAGE = 2

function program(): Command {
  const program = new Command('recurra')
    .description('Recurrent networks: train them, look inside them, use them.')
    .version(version)
    // What stands after a verb is the verb's own, and after its object the object's.
    .enablePositionalOptions()
    .addCommand(trainCommand())
    .addCommand(resumeCommand())
    .addCommand(generateCommand())
    .addCommand(translateCommand())
    .addCommand(nextCommand())
    .addCommand(classifyCommand())
    .addCommand(tagCommand())
    .addCommand(evalCommand())
    .addCommand(scoreCommand())
    .addCommand(compareCommand())
    .addCommand(inspectCommand())
    .addCommand(doctorCommand())
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

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE
  return error instanceof UsageError ? USAGE : FAULT
}

/** One line; nothing for what commander has written itself, as help and version. */
function messageOf(error: unknown): string {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0 || error.code === 'commander.help') return ''
    return error.message.replace(/^error: /, '').replace(/\s+/g, ' ')
  }
  if (error instanceof RecurraError) return error.message
  return `unexpected fault: ${String(error).replace(/\s+/g, ' ')}; run it again with --debug and report it`
}

forgiveClosedOutput()
try {
  await program().parseAsync()
} catch (error) {
  const message = messageOf(error)
  if (message) process.stderr.write(`recurra: ${message}\n`)
  if (process.argv.includes('--debug') && !(error instanceof CommanderError))
    process.stderr.write(`${(error as Error)?.stack ?? ''}\n`)
  process.exitCode = exitCodeOf(error)
}
