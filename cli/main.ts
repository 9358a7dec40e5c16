#!/usr/bin/env node
/* The command line's door: runs the program, and turns every fault into one line and an exit code. */
import { CommanderError } from 'commander'
import { RecurraError } from '../src/index.js'
import { UsageError } from './flags/flags.js'
import { forgiveClosedOutput } from './output/output.js'
import { beQuiet } from './output/report.js'
import { program } from './program.js'

/** Done, a fault, wrong usage; 130 is set where the user stops a run. */
const FAULT = 1
const USAGE = 2

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
if (process.argv.includes('--quiet')) beQuiet()
if (process.argv.includes('--no-color')) process.env.NO_COLOR = '1'
try {
  await program().parseAsync()
} catch (error) {
  const message = messageOf(error)
  if (message) process.stderr.write(`recurra: ${message}\n`)
  if (process.argv.includes('--debug') && !(error instanceof CommanderError))
    process.stderr.write(`${(error as Error)?.stack ?? ''}\n`)
  process.exitCode = exitCodeOf(error)
}
