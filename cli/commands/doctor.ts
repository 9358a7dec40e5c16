/* recurra doctor MODEL FILE, or --config C FILE: what is wrong with a model or its training, in plain words, with the figures
 * and the fix. */
import { Command } from 'commander'
import { z } from 'zod'
import { type Examination, examinations, openEngine, reportOf, type Task, TRIAL_STEPS } from '../../src/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from '../flags/commonFlags.js'
import { addFlags, readFlags, UsageError } from '../flags/flags.js'
import { recurrentModelArgument, takesModels } from '../flags/models.js'
import { watchInterrupt } from '../output/interrupt.js'
import { write } from '../output/output.js'
import { report } from '../output/report.js'
import { examined } from './doctorInput.js'

const schemaOf = (tasks: readonly Task[]) =>
  z.strictObject({
    config: z
      .string()
      .optional()
      .describe('a configuration in YAML: a new model of it is examined, or with MODEL, how that was trained'),
    task: z
      .enum(tasks.map(({ verb }) => verb))
      .default(tasks[0].verb)
      .describe('what --config is for; a MODEL says it itself'),
    dependency: z.int().min(1).optional().describe('steps that must be remembered: gradients must last as long'),
    steps: z.int().min(10).default(TRIAL_STEPS).describe('steps of each trial of a learning rate'),
    ...jsonSchema.shape,
    ...engineSchema.shape,
    ...commonSchema.shape,
  })

export function doctorCommand(tasks: readonly Task[]): Command {
  const schema = schemaOf(tasks)
  const command = new Command('doctor')
    .description('tells why a model does not learn: each finding with its figures and its fix')
    .argument('[MODEL]', `${recurrentModelArgument}; left out with --config alone`)
    .argument('[FILE]', 'the data that it is trained on (default: data in the configuration)')
  addFlags(takesModels(command, tasks), schema)
  return command.action(async (first: string | undefined, second: string | undefined) => {
    const flags = readFlags(command, schema)
    const { config, dependency, steps, json } = flags
    const task = tasks.find(({ verb }) => verb === flags.task) ?? tasks[0]
    if (first === undefined && config === undefined)
      throw new UsageError('doctor: give a MODEL and its data, or a --config FILE and its data')
    const alone = config !== undefined && second === undefined
    const [model, data] = alone ? [undefined, first] : [first, second]
    const engine = await openEngine(engineOptionsOf(flags))
    const interrupt = watchInterrupt(() => report('stopping; Ctrl-C again ends at once\n'))
    try {
      const { probe, line } = await examined(command, tasks, { model, config, data, task }, engine)
      if (!json) await write(`${line}\n\n`)
      const done: Examination[] = []
      const { signal } = interrupt
      for await (const examination of examinations(probe, { dependency, steps, signal })) {
        done.push(examination)
        if (!json) await write(reportLines(examination))
      }
      if (signal.aborted) process.exitCode = 130
      const report = reportOf(probe, done)
      await write(json ? `${JSON.stringify(report)}\n` : summary(done))
      probe.model.close()
    } finally {
      interrupt.release()
      engine.close()
    }
  })
}

const MARKS = { ok: 'ok', note: 'note', problem: 'PROBLEM', skipped: '–' } as const
const MARK_WIDTH = 9
const COLUMN = 24
const WIDTH = 110

/** A word, the question, the answer; fixes below it as lines of a configuration. */
function reportLines({ check, verdict, says, fixes }: Examination): string {
  const head = `${MARKS[verdict].padEnd(MARK_WIDTH)}${check.padEnd(COLUMN - MARK_WIDTH)}`
  const lines = [head + wrapped(says)]
  for (const [i, { line, why }] of fixes.entries())
    lines.push(`${' '.repeat(COLUMN)}${wrapped(`${i === 0 ? 'fix' : ' or'}: ${line}    # ${why}`)}`)
  return `${lines.join('\n')}\n`
}

/** Words in lines, indented by the column. */
function wrapped(text: string): string {
  const lines = ['']
  for (const word of text.split(/(?<=\S) (?=\S)/)) {
    const last = lines[lines.length - 1]
    if (last !== '' && COLUMN + last.length + 1 + word.length > WIDTH) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines.join(`\n${' '.repeat(COLUMN)}`)
}

function summary(done: readonly Examination[]): string {
  const of = (verdict: Examination['verdict']) =>
    done.filter(each => each.verdict === verdict).map(({ check }) => check)
  const [problems, notes] = [of('problem'), of('note')]
  const more = notes.length > 0 ? `; worth knowing: ${notes.join(', ')}` : ''
  return problems.length > 0
    ? `\nproblems: ${problems.join(', ')}${more}\n`
    : `\na clean bill: nothing is wrong in ${done.length - of('skipped').length} examinations${more}\n`
}
