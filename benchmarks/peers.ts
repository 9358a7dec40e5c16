/* How fast is recurra beside others on this machine? Ours and the peer's take turns, round by round, so that a machine
 * whose speed drifts drifts for both; of the peer's numbers of threads the fastest counts. A peer that is not installed is
 * named with the command that installs it. */
import { availableParallelism, cpus } from 'node:os'
import { BackendError, RecurraError } from '../src/errors.js'
import { type Comparison, comparisons, GROUPS, type Group, type Name } from './comparisons.js'
import { type Contestant, type Missing, ourselves, type PeerProgram, programFile, startPeer } from './contestants.js'
import { geometricMean, median, rounded, type Spread, shown, spreadOf, written } from './statistics.js'
import { type Task, tokensOf, WARM_UP } from './tasks.js'

export interface PeerBenchOptions {
  /** Which comparisons; all by default. */
  readonly groups?: readonly Group[] | undefined
  /** A folder whose node_modules has the peers; default the present one. */
  readonly peersFrom?: string | undefined
  /** The Python that has PyTorch. */
  readonly python: string
  /** Turns of each. */
  readonly rounds: number
  /** Default: the processors that this process may use. */
  readonly threads?: number | undefined
  readonly json: boolean
  readonly write: (line: string) => void
}

export interface ComparisonRow {
  readonly group: Group
  readonly what: string
  readonly task: Task
  readonly ours: Figures
  readonly other: Figures
  /** Times as fast as the other: the other's median over ours; least and most of the rounds. */
  readonly ratio: Spread
}

interface Figures {
  readonly name: string
  readonly threads: number
  readonly milliseconds: Spread
  readonly tokensPerSecond: number
}

function programOf(name: Name, { python, peersFrom = process.cwd() }: PeerBenchOptions): PeerProgram {
  if (name === 'pytorch')
    return {
      program: python,
      args: [programFile('peers/pytorch.py')],
      install: `install Python, then ${python} -m pip install torch`,
    }
  return { program: process.execPath, args: [programFile(`peers/${name}.js`), peersFrom], install: '' }
}

/** The times of a turn's steps; its first is not counted, as it finds the processor's memory as another left it. */
async function turn(contestant: Contestant, task: Task, threads: number, steps: number): Promise<readonly number[]> {
  return (await contestant.times(task, threads, steps + 1)).slice(1)
}

/** Steps that are not counted: a second of them, or two. */
async function warmUp(contestant: Contestant, task: Task, threads: number): Promise<void> {
  const begun = performance.now()
  await contestant.times(task, threads, 2)
  while (performance.now() - begun < WARM_UP) await contestant.times(task, threads, 1)
}

/** Rounds in which ours and the other take turns. */
async function compare(row: Comparison, ours: Contestant, other: Contestant, rounds: number): Promise<ComparisonRow> {
  const tried = row.other.threads ? [row.other.threads] : other.threads
  const threads = row.ours.threads ?? ours.threads.at(-1) ?? 1
  const own: (readonly number[])[] = []
  const theirs = new Map<number, (readonly number[])[]>(tried.map(each => [each, []]))
  await warmUp(ours, row.task, threads)
  for (const each of tried) await warmUp(other, row.task, each)
  for (let round = 0; round < rounds; round++)
    for (const each of tried) {
      // Before each of the other's settings, so that none stands further from ours than another.
      own.push(await turn(ours, row.task, threads, row.ours.steps))
      theirs.get(each)?.push(await turn(other, row.task, each, row.other.steps))
    }
  const [best, times] = [...theirs].reduce((a, b) => (median(a[1].flat()) <= median(b[1].flat()) ? a : b))
  const figures = (name: string, threads: number, times: readonly number[]): Figures => {
    const { median, least, most } = spreadOf(times)
    const tokensPerSecond = Math.round((tokensOf(row.task) * 1000) / median)
    const milliseconds = { median: rounded(median, 4), least: rounded(least, 4), most: rounded(most, 4) }
    return { name, threads, milliseconds, tokensPerSecond }
  }
  const inRounds = times.map((each, round) => median(each) / median(own[round * tried.length + tried.indexOf(best)]))
  return {
    ...{ group: row.group, what: row.what, task: row.task },
    ours: figures(ours.name, threads, own.flat()),
    other: figures(other.name, best, times.flat()),
    ratio: {
      median: rounded(median(times.flat()) / median(own.flat())),
      least: rounded(Math.min(...inRounds)),
      most: rounded(Math.max(...inRounds)),
    },
  }
}

/** Measures every comparison whose peer is installed, and writes a line for each: text, or one JSON object. */
export async function runPeerBench(options: PeerBenchOptions): Promise<void> {
  const { json, write, rounds, groups = GROUPS, threads = availableParallelism() } = options
  if (!json) write(`${cpus()[0]?.model.trim()}, ${threads} threads, Node ${process.versions.node}, ${rounds} rounds\n`)
  const present = new Map<Name, Contestant | Missing>()
  const contestant = async (name: Name) => {
    const known = present.get(name)
    if (known) return known
    const made =
      name === 'native' || name === 'wasm' ? ourselves(name, threads) : await startPeer(programOf(name, options))
    present.set(name, made)
    if ('missing' in made)
      write(
        json ? JSON.stringify({ missing: name, install: made.missing }) : `${name} is not installed: ${made.missing}`,
      )
    return made
  }
  const ratios: number[] = []
  let faults = 0
  try {
    for (const row of comparisons(threads)) {
      if (!groups.includes(row.group)) continue
      const [ours, other] = [await contestant(row.ours.by), await contestant(row.other.by)]
      if ('missing' in ours || 'missing' in other) continue
      try {
        const result = await compare(row, ours, other, rounds)
        if (row.group === 'training') ratios.push(result.ratio.median)
        write(json ? JSON.stringify(result) : line(result))
      } catch (error) {
        // One that fails at a task may do the next, and others still can.
        if (!(error instanceof RecurraError)) throw error
        write(json ? JSON.stringify({ what: row.what, fault: error.message }) : `${row.what}: ${error.message}`)
        faults++
      }
    }
  } finally {
    for (const each of present.values()) if (!('missing' in each)) await each.close()
  }
  if (ratios.length > 0) {
    const mean = rounded(geometricMean(ratios))
    const row = { group: 'training', what: 'geometric mean', of: ratios.length, ratio: { median: mean } }
    write(
      json
        ? JSON.stringify(row)
        : `geometric mean of the ${ratios.length} training steps: ${mean} times PyTorch’s speed`,
    )
  }
  if (faults > 0)
    throw new BackendError(`bench: ${faults} of the comparisons could not be measured; their messages stand above`)
}

function line({ what, ours, other, ratio }: ComparisonRow): string {
  const side = ({ name, threads, milliseconds }: Figures) => `${name} (${threads}) ${shown(milliseconds)} ms`
  const times = `${written(ratio.median)} × (${written(ratio.least)} to ${written(ratio.most)})`
  return `${what}: ${times}\n    ${side(ours)}\n    ${side(other)}`
}
