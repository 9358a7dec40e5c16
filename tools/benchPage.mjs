/* npm run bench:page [-- TABLE …] [--peers-from FOLDER --python PROGRAM --rounds N]: measures this machine and writes the
 * tables of benchmarks/README.md: peers, steps (beside the ceiling), profile (where the time goes), neighbours, memory; all of them
 * where none is named. The flags are those of `recurra bench --peers`. About five minutes; the machine should have nothing
 * else to do. */
import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg, release, type } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build, commandLine, install } from './prepare.mjs'
import { capture, root, runTool, say } from './run.mjs'

const page = join(root, 'benchmarks', 'README.md')

/** @typedef {Record<string, any>} Row */

/** @param {string[]} args of `recurra bench` @returns {Promise<Row[]>} */
async function bench(args) {
  say(`recurra bench ${args.join(' ')}`)
  const child = spawn(process.execPath, [commandLine, 'bench', ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  /** @type {Row[]} */
  const rows = []
  const closed = new Promise(done => child.once('close', done))
  for await (const line of createInterface({ input: child.stdout })) rows.push(JSON.parse(line))
  if ((await closed) !== 0) throw new Error('bench:page: a measurement failed; its message stands above')
  return rows
}

/** @param {string[]} head @param {(string | number)[][]} rows */
const table = (head, rows) => [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')

/** @param {number} value */
const short = value => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(3))
/** @param {{ median: number, least: number, most: number }} spread */
const spread = ({ median, least, most }) => `${short(median)} (${short(least)} to ${short(most)})`
/** @param {number} share */
const percent = share => `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %`

/** @param {Row[]} rows */
const stepTable = rows =>
  table(
    ['', 'threads', 'tokens/s', 'ms a step', 'GFLOP/s', 'of the ceiling'],
    rows.map(row => [
      `${row.backend} ${row.instructionSet}, ${row.cell} ${row.hiddenSize}`,
      row.threads,
      row.tokensPerSecond.toLocaleString('en'),
      spread({ median: row.milliseconds, least: row.fastest, most: row.slowest }),
      short(row.gflops),
      percent(row.fractionOfCeiling),
    ]),
  )

/** @param {Row[]} rows */
function peerTable(rows) {
  const side = (/** @type {Row} */ each) => `${each.name}, ${each.threads} ${each.threads === 1 ? 'thread' : 'threads'}`
  const compared = rows.filter(row => row.ours)
  const mean = rows.find(row => row.of)
  const missing = rows.filter(row => row.missing).map(row => `${row.missing} was not installed (\`${row.install}\`).`)
  return [
    table(
      ['what', 'ratio', 'ours', 'ms', 'other', 'ms'],
      compared.map(({ what, ratio, ours, other }) => [
        what,
        `**${short(ratio.median)} ×** (${short(ratio.least)} to ${short(ratio.most)})`,
        ...[side(ours), spread(ours.milliseconds), side(other), spread(other.milliseconds)],
      ]),
    ),
    ...(mean ? [`\nGeometric mean of the ${mean.of} training steps: **${short(mean.ratio.median)} ×**.`] : []),
    ...(missing.length > 0 ? [`\n${missing.join(' ')}`] : []),
  ].join('\n')
}

/** @param {Row[]} rows */
function profileTable(rows) {
  const names = /** @type {string[]} */ ([
    ...new Set(rows.flatMap(row => row.kernels.map((/** @type {Row} */ k) => k.kernel))),
  ])
  const cell = (/** @type {Row} */ row, /** @type {string} */ name) => {
    const found = row.kernels.find((/** @type {Row} */ each) => each.kernel === name)
    if (!found || found.share < 0.0005) return ''
    return `${percent(found.share)}${found.gflops > 0 ? ` at ${found.gflops}` : ''}`
  }
  return table(
    ['', 'ms a step', ...names],
    rows.map(row => [`${row.cell} ${row.hiddenSize}`, short(row.milliseconds), ...names.map(name => cell(row, name))]),
  )
}

/** @param {Row[]} rows */
const neighbourTable = rows =>
  table(
    ['', 'neighbours', 'speed over one thread', 'ms of one thread', 'ms'],
    rows.map(({ backend, threads, neighbours, ratio, one, many }) => [
      `${backend}, ${threads} threads`,
      neighbours,
      `**${short(ratio.median)} ×** (${short(ratio.least)} to ${short(ratio.most)})`,
      spread(one),
      spread(many),
    ]),
  )

/** @param {Row[]} rows */
const memoryTable = rows =>
  table(
    ['', rows[0]?.ours.name, 'the model’s part', rows[0]?.other?.name ?? 'PyTorch'],
    rows.map(({ cell, hiddenSize, ours, other }) => [
      `${cell} ${hiddenSize}`,
      ...[ours.kilobytes, ours.modelKilobytes, other?.kilobytes].map(kilobytes =>
        kilobytes ? `${Math.round(kilobytes / 1024)} MB` : 'not installed',
      ),
    ]),
  )

/** What cannot be seen from the rows. */
async function machine() {
  const [cpu] = cpus()
  const compiler = (await capture(process.env.CC ?? 'gcc', ['--version'])).stdout.split('\n')[0]
  const commit = (await capture('git', ['rev-parse', '--short', 'HEAD'])).stdout.trim()
  const date = new Date().toISOString().slice(0, 10)
  // What else ran in the minute before: figures of a busy machine are to be taken again.
  const load = loadavg()[0]?.toFixed(1)
  return `${cpu?.model.trim()}, ${cpus().length} processors; ${type()} ${release()}; Node ${process.versions.node}; ${compiler}; commit ${commit}; ${date}; load before ${load}.`
}

await runTool(async () => {
  await install()
  await build()
  const args = process.argv.slice(2)
  const firstFlag = args.findIndex(arg => arg.startsWith('-'))
  const flags = firstFlag < 0 ? [] : args.slice(firstFlag)
  const named = firstFlag < 0 ? args : args.slice(0, firstFlag)
  const at = flags.indexOf('--python')
  const python = at < 0 ? [] : flags.slice(at, at + 2)
  /** @type {Record<string, () => Promise<string>>} */
  const makers = {
    peers: async () => peerTable(await bench(['--peers', ...flags])),
    steps: async () => stepTable(await bench([])),
    profile: async () => profileTable(await bench(['--profile'])),
    neighbours: async () => neighbourTable(await bench(['neighbours', '--rounds', '10'])),
    memory: async () => memoryTable(await bench(['--memory', ...python])),
  }
  const strange = named.find(name => !makers[name])
  if (strange) throw new Error(`bench:page: ${strange} is no table; known are ${Object.keys(makers).join(', ')}`)
  /** @type {Record<string, string>} */
  const tables = { machine: await machine() }
  for (const [name, make] of Object.entries(makers))
    if (named.length === 0 || named.includes(name)) tables[name] = await make()
  const text = await readFile(page, 'utf8')
  const written = text.replace(/(<!-- (\w+) -->\n)[\s\S]*?(<!-- end -->)/g, (whole, begin, name, end) =>
    tables[name] ? `${begin}${tables[name]}\n${end}` : whole,
  )
  await writeFile(page, written)
  return 0
})
