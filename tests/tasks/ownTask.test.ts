/* A task of one's own gets every verb that walks the list of tasks, in the program as in the library, and no verb of others. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as runWith } from './inProcess.js'
import { multiplierTask } from './multiplier.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recurra-task-'))
  await writeFile(path('threes.txt'), Array.from({ length: 9 }, (_, i) => `${3 ** (i - 6)}\n`).join(''))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const path = (name: string) => join(folder, name)

const run = (...args: string[]) => runWith(args, [multiplierTask])

const quick = ['--learning-rate', '0.1', '--optimizer', 'sgd', '--threads', '1', '--backend', 'wasm']

describe('a task that a test registers', () => {
  it('is trained in a run’s folder and tested', async () => {
    const stdout = await run('train', 'multiply', path('threes.txt'), '--out', path('run'), '--steps', '40', ...quick)
    expect(stdout).toMatch(/run: test error \d+\.\d{4}\n$/)
    expect(await readFile(path('run/config.yaml'), 'utf8')).toContain('start: 1\n')
  })

  it('has its options and faults checked as any other', async () => {
    await expect(run('train', 'multiply')).rejects.toThrow(
      'train multiply: FILE is missing; give numbers to train on, or - for standard input',
    )
    await expect(run('train', 'multiply', path('threes.txt'), '--strat', '2')).rejects.toThrow('did you mean --start?')
    await expect(run('train', 'multiply', path('threes.txt'), '--watch-gradients')).rejects.toThrow(
      '--watch-gradients is not for a multiplier',
    )
  })

  it('is resumed, to the same end as a run that never stopped', async () => {
    const train = ['train', 'multiply', path('threes.txt'), '--steps', '40', ...quick]
    await run(...train, '--out', path('stopped'), '--stop-at', '15')
    await run('resume', path('stopped'), '--stop-at', '40', '--threads', '1', '--backend', 'wasm')
    expect(await readFile(path('stopped/best.safetensors'))).toEqual(await readFile(path('run/best.safetensors')))
    await expect(run('resume', path('stopped'), '--start', '2')).rejects.toThrow('a resumed run keeps its own, 1')
  })

  it('is measured as its run says, and takes no flag of another task', async () => {
    await run(
      'train',
      'multiply',
      path('threes.txt'),
      '--out',
      path('half'),
      '--factor',
      '0.5',
      '--steps',
      '3',
      ...quick,
    )
    const measured = await run('eval', path('half'), path('threes.txt'))
    expect(measured).toBe(await run('eval', path('half/best.safetensors'), path('threes.txt'), '--factor', '0.5'))
    expect(measured).not.toBe(await run('eval', path('half/best.safetensors'), path('threes.txt')))
    await expect(run('eval', path('half'), path('threes.txt'), '--factor', '2')).rejects.toThrow(
      'eval: --factor: the run’s own is 0.5; got 2; leave it out',
    )
    await expect(run('eval', path('half'), path('threes.txt'), '--window', '5')).rejects.toThrow(
      'eval: --window is for regressors; leave it out',
    )
  })

  it('is listed among the runs', async () => {
    const stdout = await run('runs', '--folder', folder)
    expect(stdout).toMatch(/^run +finished +40 /m)
    expect(await run('runs', 'show', 'run', '--folder', folder)).toContain('best: step')
  })

  it('is examined by the doctor, trained and new', async () => {
    expect(await run('doctor', path('run'))).toMatch(/^run: multiplier, y = w x, on .*threes\.txt\n/)
    await writeFile(path('new.yaml'), `data: ${path('threes.txt')}\nstart: 2\n`)
    expect(await run('doctor', '--config', path('new.yaml'), '--task', 'multiply')).toContain('y = w x')
  })

  it('is described', async () => {
    const stdout = await run('inspect', 'summary', path('run'))
    expect(stdout).toMatch(/output {2}V +\[1, 1\]/)
    expect(stdout).toContain('w is all that it has\n')
  })

  it('is refused by the verbs of other tasks, with the verbs that take it', async () => {
    await expect(run('classify', path('run'), path('threes.txt'))).rejects.toThrow(
      /^classify: MODEL must be a classifier; .*run is a multiplier, which is for recurra eval, recurra inspect summary, recurra doctor$/,
    )
  })

  it('is unknown to the program without it', async () => {
    await expect(runWith(['eval', path('run'), path('threes.txt')])).rejects.toThrow(
      /it holds a multiplier; known are language model, .*regressor; a newer recurra may read it/,
    )
  })
})
