/* Runs are read back as they stand: finished, running, stopped or damaged, with the differences in what they were. */
import { execFileSync, spawn } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FileFormatError } from '../../src/errors.js'
import { parseMetrics } from '../../src/node/metrics.js'
import { RunFolder } from '../../src/node/runFolder.js'
import { differingKeys, listRuns, readRun } from '../../src/node/runs.js'

let parent: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'recurra-runs-'))
})
afterEach(() => rm(parent, { recursive: true, force: true }))

const parsed = (text: string | Uint8Array) => parseMetrics(Buffer.from(text), 'metrics.jsonl')
const steps = (text: string) => parsed(text).map(({ step }) => step)

describe('metrics', () => {
  it('keep what is known, leave the rest alone, and take null for what is no number', () => {
    const line = '{"step":1,"loss":2.5,"validationLoss":null,"samples":["x"],"__proto__":{"loss":1},"best":true}\n'
    expect(parsed(line)).toEqual([{ step: 1, loss: 2.5, validationLoss: undefined }])
  })

  it('may have a torn last line, wherever it is torn', () => {
    const whole = '{"step":1,"loss":2}\n'
    const last = Buffer.from('{"step":2,"samples":"größe \u{1f600}"}')
    for (let length = 0; length < last.length; length++)
      expect(parsed(Buffer.concat([Buffer.from(whole), last.subarray(0, length)]))).toHaveLength(1)
    expect(steps(`${whole}${last}`)).toEqual([1, 2])
  })

  it('that a resumed run has written again count as it wrote them last', () => {
    expect(steps('{"step":1}\n{"step":2}\n{"step":3}\n{"step":2}\n{"step":4}\n')).toEqual([1, 2, 4])
  })

  it.each([
    ['{"step":1}\n{"step"\n{"step":3}\n', /^metrics\.jsonl, line 2: an event must be a JSON object; it is not JSON; /],
    ['{"step":-1}\n', /line 1: step: must be at least 0; got -1/],
    ['{"loss":1}\n', /line 1: step is missing/],
    ['{"step":1,"loss":"low"}\n', /line 1: loss: must be a number; got low/],
    ['[]\n', /line 1: an event must be a JSON object; remove/],
    [Buffer.of(0xff, 0x0a), /line 1: an event must be UTF-8/],
  ])('%o is refused by its line', (text, message) => {
    expect(() => parsed(text)).toThrow(FileFormatError)
    expect(() => parsed(text)).toThrow(message)
  })
})

interface Made {
  readonly configuration?: object
  readonly events?: readonly object[]
}

async function make(name: string, { configuration = {}, events = [] }: Made = {}): Promise<string> {
  const run = await RunFolder.create(join(parent, name))
  await run.writeConfiguration(configuration)
  for (const event of events) await run.appendMetrics(event)
  await run.close()
  return run.path
}

const finished = { step: 9, fraction: 1 }

describe('the state of a run', () => {
  it('is finished where its last event says so', async () => {
    expect(await readRun(await make('a', { events: [{ step: 1 }, finished] }))).toMatchObject({ state: 'finished' })
  })

  it('is running as long as its process is, and dead after that', async () => {
    const path = await make('a', { events: [{ step: 1, fraction: 0.1 }] })
    const script = fileURLToPath(new URL('savingChild.mjs', import.meta.url))
    const child = spawn(process.execPath, [script, path, '2'], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise(resolve => child.stdout.once('data', resolve))
    expect(await readRun(path)).toMatchObject({ state: 'running', owner: `process ${child.pid} on ${hostname()}` })
    const ended = new Promise(resolve => child.once('close', resolve))
    child.kill('SIGKILL')
    await ended
    expect(await readRun(path)).toMatchObject({ state: 'dead', owner: `process ${child.pid} on ${hostname()}` })
  })

  it('is stopped where nobody works on it', async () => {
    expect(await readRun(await make('a', { events: [{ step: 1, fraction: 0.1 }] }))).toMatchObject({
      state: 'stopped',
      owner: undefined,
    })
  })

  it('is running while this process works on it', async () => {
    const run = await RunFolder.create(join(parent, 'a'))
    await run.writeConfiguration({})
    expect((await readRun(run.path)).state).toBe('running')
    await run.close()
  })

  it('is damaged where a file of it cannot be read, and says why', async () => {
    const path = await make('a', { events: [finished] })
    await appendFile(join(path, 'metrics.jsonl'), 'no JSON\n')
    expect(await readRun(path)).toMatchObject({
      state: 'damaged',
      fault: expect.stringMatching(/line 2: an event must/),
    })
    for (const text of ['a: [', '- 1', 'a: 1\na: 2', 'a: &a [*a]', '['.repeat(10_000)]) {
      await writeFile(join(path, 'config.yaml'), text)
      const { state, fault } = await readRun(path)
      expect([state, fault?.includes('config.yaml')]).toEqual(['damaged', true])
    }
  })

  it.each(['[1]', 'null', '{', '"x"'])('is damaged where its test result is %s', async text => {
    const path = await make('a', { events: [finished] })
    await writeFile(join(path, 'test.json'), text)
    const { state, fault } = await readRun(path)
    expect([state, fault]).toEqual(['damaged', expect.stringMatching(/test\.json: it must be a JSON object; /)])
  })

  it.skipIf(process.platform === 'win32')(
    'is damaged where a file of it is a pipe, which is not waited for',
    async () => {
      for (const name of ['config.yaml', 'metrics.jsonl', 'test.json']) {
        const path = await make(`of ${name}`, { events: [finished] })
        await rm(join(path, name), { force: true })
        execFileSync('mkfifo', [join(path, name)])
        const { state, fault } = await readRun(path)
        expect([state, fault]).toEqual([
          'damaged',
          expect.stringContaining(`${name}: cannot read the file: it is a pipe`),
        ])
      }
    },
  )
})

describe('the test result of a run', () => {
  it('is read back, until the run goes on after it', async () => {
    const path = await make('a', { events: [finished] })
    const run = await RunFolder.open(path)
    await run.writeTest(9, { summary: 'accuracy 0.9', accuracy: 0.9 })
    expect((await readRun(path)).test).toEqual({ steps: 9, summary: 'accuracy 0.9', accuracy: 0.9 })
    await run.appendMetrics({ step: 10 })
    expect((await readRun(path)).test).toBeUndefined()
    await run.close()
  })
})

describe('the runs in a folder', () => {
  it('stand by their best validation loss, those without one last and by name', async () => {
    const looks = (...losses: number[]) => losses.map((validationLoss, i) => ({ step: i + 1, loss: 3, validationLoss }))
    await make('lm-10', { events: looks(3, 2.5, 2.6) })
    await make('lm-9', { events: [{ step: 1, loss: 3 }] })
    await make('lm-11', { events: [{ step: 1, loss: 3 }] })
    await make('lm-2', { events: looks(2, 1.5) })
    await mkdir(join(parent, 'notes'))
    await writeFile(join(parent, 'ngram-1.ngram'), '')
    const runs = await listRuns(parent)
    expect(runs.map(({ name }) => name)).toEqual(['lm-2', 'lm-10', 'lm-9', 'lm-11'])
    expect(runs[1]).toMatchObject({ best: { step: 2, validationLoss: 2.5 }, last: { step: 3 } })
  })

  it('differ in the keys whose values are not all the same', async () => {
    await make('a', { configuration: { cell: 'gru', seed: 1, betas: [1, 2] } })
    await make('b', { configuration: { cell: 'lstm', seed: 1, betas: [1, 2], steps: 5 } })
    await writeFile(join(await make('c'), 'config.yaml'), 'a: [')
    expect(differingKeys(await listRuns(parent))).toEqual(['cell', 'steps'])
  })

  it('must be there', async () => {
    await expect(listRuns(join(parent, 'none'))).rejects.toThrow(/none: cannot read the folder: it does not exist/)
    await expect(readRun(parent)).rejects.toThrow(/a run's folder holds config\.yaml and metrics\.jsonl; this one has/)
  })
})
