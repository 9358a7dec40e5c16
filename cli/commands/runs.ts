/* recurra runs: the runs in a folder with their results and the differences in their configurations;
 * recurra runs show NAME: one run's losses as a curve. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { z } from 'zod'
import { ConfigurationError, nearest } from '../../src/index.js'
import { type CurveSeries, clock, curve, decimals, whole } from '../../src/inspection/index.js'
import { differingKeys, listRuns, type Metric, type RunRecord, readRun } from '../../src/node/index.js'
import { commonSchema, jsonSchema } from '../flags/commonFlags.js'
import { shortPath } from '../flags/dataPaths.js'
import { addFlags, readFlags, UsageError } from '../flags/flags.js'
import { write } from '../output/output.js'

const PARENT = 'runs'

const folderSchema = z.strictObject({
  folder: z.string().default(PARENT).describe('where the runs are'),
})

const listSchema = z.strictObject({
  ...folderSchema.shape,
  sort: z.enum(['validation', 'name']).default('validation').describe('the lowest validation loss first, or by name'),
  ...jsonSchema.shape,
  ...commonSchema.shape,
})

const showSchema = z.strictObject({ ...folderSchema.shape, ...jsonSchema.shape, ...commonSchema.shape })

export function runsCommand(): Command {
  const command = new Command('runs')
    .description('lists the runs with their results, and in what their configurations differ')
    // What stands after `show` is its own.
    .enablePositionalOptions()
    .addCommand(showCommand())
  return addFlags(command, listSchema).action(async () => {
    const [object] = command.args
    if (object !== undefined && !command.args.some(arg => arg.startsWith('-')))
      throw new UsageError(
        `runs: ${object} is not known; ${nearest(object, ['show']) ? 'did you mean show?' : 'known is show'}`,
      )
    const { folder, sort, json } = readFlags(command, listSchema)
    const runs = await listRuns(folder).catch(error => {
      // Where nothing was trained yet, that is no fault of the disk.
      if (existsSync(folder)) throw error
      throw new ConfigurationError(`${folder}: there is no such folder; recurra train lm FILE makes runs in ${PARENT}`)
    })
    if (runs.length === 0)
      throw new ConfigurationError(`${folder}: there are no runs in it; recurra train lm FILE makes runs in ${PARENT}`)
    if (sort === 'name') runs.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    await write(json ? `${JSON.stringify(listRecord(runs))}\n` : listText(runs))
  })
}

function showCommand(): Command {
  const command = new Command('show')
    .description('draws a run’s losses, and tells its best and its last figures')
    .argument('NAME', 'the name of a run in the folder, or its path')
  return addFlags(command, showSchema).action(async (name: string) => {
    const { folder, json } = readFlags(command, showSchema)
    const run = await readRun(await pathOf(name, folder))
    if (json) return write(`${JSON.stringify(runRecord(run))}\n`)
    await write(showText(run))
  })
}

/** @throws ConfigurationError with the nearest run's name */
async function pathOf(name: string, folder: string): Promise<string> {
  const inFolder = join(folder, name)
  if (existsSync(inFolder)) return inFolder
  if (existsSync(name)) return name
  const names = (await listRuns(folder).catch(() => [])).map(run => run.name)
  const near = nearest(name, names)
  const cure = near ? `did you mean ${near}?` : names.length > 0 ? `there are ${names.join(', ')}` : 'there are no runs'
  throw new ConfigurationError(`${folder}: it holds no run ${name}; ${cure}`)
}

/** What a curve is drawn of. */
export type LossEvent = Pick<Metric, 'step'> & Partial<Pick<Metric, 'loss' | 'validationLoss'>>

/** Losses over steps: of training a line, of validation marks. */
function lossSeries(events: readonly LossEvent[]): CurveSeries[] {
  const points = (y: (event: LossEvent) => number | undefined) =>
    events.map(event => ({ x: event.step, y: y(event) ?? Number.NaN }))
  return [
    { name: 'training loss', shape: 'line', points: points(event => event.loss) },
    { name: 'validation loss', shape: 'marks', points: points(event => event.validationLoss) },
  ]
}

/** The curve of a run's losses as the terminal at hand takes it. */
export function lossCurve(events: readonly LossEvent[], stream: NodeJS.WriteStream): string {
  const { NO_COLOR, TERM } = process.env
  const columns = (stream.columns || 81) - 1
  // A curve has 24 columns at least: in a narrower terminal its lines would wrap.
  if (columns < 24) return ''
  return curve(lossSeries(events), {
    width: Math.min(100, columns),
    color: stream.isTTY === true && TERM !== 'dumb' && !NO_COLOR,
    xName: 'step',
  })
}

function showText(run: RunRecord): string {
  const { path, state, owner, fault, last, best, events, test } = run
  const by = owner === undefined ? '' : ` (${owner})`
  const lines = [`${path}: ${state}${progressOf(last)}${by}`]
  if (fault) lines.push(fault)
  if (best) lines.push(`best: step ${whole(best.step)}, ${validationOf(best)}`)
  if (last) {
    const training = last.loss === undefined ? '' : `, training loss ${decimals(last.loss, 4)}`
    lines.push(
      `last: step ${whole(last.step)}${training}${last.validationLoss === undefined ? '' : `, ${validationOf(last)}`}`,
    )
  } else if (!fault) lines.push('no event yet')
  if (test)
    lines.push(...summaryOf(test).flatMap((line, i) => wrapped(`${i === 0 ? 'test: ' : '      '}${line}`, WIDTH)))
  const picture = lossCurve(events, process.stdout)
  return `${lines.join('\n')}\n${picture && `\n${picture}`}`
}

const validationOf = (event: Metric) => {
  const { validationLoss = Number.NaN } = event
  const perplexity = event.perplexity === undefined ? '' : ` (perplexity ${decimals(Math.exp(validationLoss), 2)})`
  return `validation loss ${decimals(validationLoss, 4)}${perplexity}`
}

function progressOf(last: Metric | undefined): string {
  if (!last) return ''
  const of = last.steps === undefined ? '' : ` of ${whole(last.steps)}`
  const time = last.elapsedSeconds === undefined ? '' : `, ${clock(last.elapsedSeconds)}`
  return ` at step ${whole(last.step)}${of}${time}`
}

/** In characters: with the other columns, a line stays within WIDTH. */
const LONGEST_NAME = 30

function listText(runs: readonly RunRecord[]): string {
  const keys = differingKeys(runs)
  const heads = ['run', 'state', 'steps', 'epochs', 'training', 'validation', 'perplexity', 'time']
  const rows = runs.map(({ name, state, last, best, configuration, fault, test }) => ({
    cells: [
      name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name,
      state,
      last ? whole(last.step) : '–',
      decimals(last?.epoch ?? Number.NaN, 1),
      decimals(last?.loss ?? Number.NaN),
      decimals(best?.validationLoss ?? Number.NaN),
      decimals(best?.perplexity === undefined ? Number.NaN : Math.exp(best.validationLoss ?? Number.NaN), 2),
      clock(last?.elapsedSeconds ?? Number.NaN),
    ],
    below: fault
      ? [fault]
      : [keys.map(key => `${key} ${show(configuration[key])}`).join(', '), test ? `test ${summaryOf(test)[0]}` : ''],
  }))
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map(({ cells }) => cells[i].length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd()
  const below = (texts: readonly string[]) =>
    texts.filter(text => text !== '').flatMap(text => wrapped(text, WIDTH - 2).map(part => `  ${part}`))
  return `${[line(heads), ...rows.flatMap(({ cells, below: texts }) => [line(cells), ...below(texts)])].join('\n')}\n`
}

/** The first line stands for all. */
const summaryOf = ({ summary }: Readonly<Record<string, unknown>>): string[] =>
  typeof summary === 'string' ? summary.trimEnd().split('\n') : ['–']

/** In columns: the widest line of a list. */
const WIDTH = 100

/** A text cut at spaces into lines of at most `width`; a longer word is cut anywhere. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let rest = text
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width)
    const end = space > 0 ? space : width
    lines.push(rest.slice(0, end))
    rest = rest.slice(end).trimStart()
  }
  return [...lines, rest]
}

const show = (value: unknown) =>
  value === undefined ? '–' : typeof value === 'object' ? JSON.stringify(value) : shortPath(String(value))

const listRecord = (runs: readonly RunRecord[]) => ({ differing: differingKeys(runs), runs: runs.map(summary) })

const summary = ({ events, ...run }: RunRecord) => run

const runRecord = (run: RunRecord) => ({ ...summary(run), events: run.events })
