/* One process at a time trains a run: a signal makes it save and give the run back, and a second one waits, is refused, or
 * takes over. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fault, type Running, tiny, Workshop } from './commandLine.js'

let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
})
afterAll(() => shop.close())

const lm = (out: string, steps: number) => [
  'train',
  'lm',
  'fox.txt',
  ...tiny,
  '--samples',
  '0',
  '--steps',
  String(steps),
  '--out',
  out,
]
const hashOf = async (run: string, file = 'last') =>
  createHash('sha256')
    .update(await readFile(shop.path(`${run}/${file}.safetensors`)))
    .digest('hex')

/** Resolves when the run has saved `file`. */
async function saved(run: string, file = 'last.safetensors'): Promise<void> {
  while (!(await readdir(shop.path(run)).catch(() => [] as string[])).includes(file))
    await new Promise(resolve => setTimeout(resolve, 10))
}

const stateOf = async (run: string) =>
  JSON.parse((await shop.run(['runs', 'show', run, '--folder', '.', '--json'])).stdout).state

/** A training of so many steps that it lasts until it is ended. */
const LONG = 1_000_000

async function training(out: string): Promise<Running> {
  const running = shop.start([...lm(out, LONG), '--checkpoint-every', '10', '--report-every', '10'])
  await saved(out)
  return running
}

describe.skipIf(process.platform === 'win32')('a signal', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s saves the step at hand and ends with 130; a resumed run ends as one that was never stopped',
    async signal => {
      const { child, ending, said } = shop.start([...lm(signal, 400), '--checkpoint-every', '1000'])
      await said('text: ')
      await saved(signal, 'environment.json')
      await new Promise(resolve => setTimeout(resolve, 150))
      child.kill(signal)
      const { code, stderr, stdout } = await ending
      expect({ code, stdout }).toEqual({ code: 130, stdout: `${signal}: stopped\n` })
      expect(stderr).toMatch(
        new RegExp(`stopped after step \\d+; saved ${signal}/last.safetensors; go on with: recurra`),
      )
      expect(await stateOf(signal)).toBe('stopped')
      expect(await shop.run(['resume', signal])).toMatchObject({ code: 0 })
      if (signal === 'SIGINT') expect(await shop.run(lm('undisturbed', 400))).toMatchObject({ code: 0 })
      expect(await hashOf(signal)).toBe(await hashOf('undisturbed'))
      expect(await hashOf(signal, 'best')).toBe(await hashOf('undisturbed', 'best'))
    },
    60_000,
  )
})

describe.skipIf(process.platform === 'win32')('a second process', () => {
  it('is refused while the first trains, into the same new folder too; the run is running', async () => {
    const { child, ending } = await training('taken')
    expect(await stateOf('taken')).toBe('running')
    const resumed = await shop.run(['resume', 'taken'])
    expect(resumed.code).toBe(1)
    expect(fault(resumed)).toMatch(
      new RegExp(`^recurra: taken: process ${child.pid} on .* trains this run; wait for its end with --wait, or take`),
    )
    expect(fault(await shop.run(lm('taken', 5)))).toMatch(
      /^recurra: taken: it exists, .*go on with it: recurra resume taken/,
    )
    child.kill('SIGTERM')
    expect((await ending).code).toBe(130)
  }, 60_000)

  it('waits where it is told to, and goes on from where the first has stopped', async () => {
    const first = await training('awaited')
    const second = shop.start(['resume', 'awaited', '--wait', '--steps', '1000000'])
    await second.said(`awaited: waiting for process ${first.child.pid}`)
    first.child.kill('SIGTERM')
    const stopped = Number(/stopped after step (\d+)/.exec((await first.ending).stderr)?.[1])
    await second.said('backend:')
    while ((await stateOf('awaited')) !== 'running') await new Promise(resolve => setTimeout(resolve, 10))
    second.child.kill('SIGTERM')
    expect(Number(/stopped after step (\d+)/.exec((await second.ending).stderr)?.[1])).toBeGreaterThanOrEqual(stopped)
  }, 60_000)

  it('goes on at once where the first was killed, and says so; the run is dead until then', async () => {
    const { child, ending } = await training('killed')
    child.kill('SIGKILL')
    await ending
    expect(await stateOf('killed')).toBe('dead')
    const { code, stderr } = await shop.run(['resume', 'killed', '--stop-at', '1'])
    expect(code).toBe(0)
    expect(stderr).toMatch(new RegExp(`^killed: taken over from process ${child.pid} on .*, which is dead\n`))
  }, 60_000)

  it('takes over from a suspended one, which ends when it goes on, and has written nothing since', async () => {
    const first = await training('robbed')
    first.child.kill('SIGSTOP')
    expect(fault(await shop.run(['resume', 'robbed']))).toMatch(/trains this run and is suspended; /)
    const second = shop.start(['resume', 'robbed', '--take-over', '--checkpoint-every', '5', '--report-every', '5'])
    await second.said('lives and ends at its next save')
    await second.said('text: ')
    await new Promise(resolve => setTimeout(resolve, 300))
    second.child.kill('SIGTERM')
    await second.ending
    const before = await hashOf('robbed')
    const metrics = await readFile(shop.path('robbed/metrics.jsonl'))
    first.child.kill('SIGCONT')
    const { code, stderr } = await first.ending
    expect(code).toBe(1)
    expect(stderr).toMatch(/recurra: robbed: its lock was removed; this process ends and writes nothing more to it/)
    expect(await hashOf('robbed')).toBe(before)
    expect((await readFile(shop.path('robbed/metrics.jsonl'))).equals(metrics)).toBe(true)
  }, 60_000)
})

describe('a run', () => {
  it('is gone on with from any folder, and with its data elsewhere by --data', async () => {
    await mkdir(shop.path('project'))
    await writeFile(shop.path('project/a.txt'), await readFile(shop.path('fox.txt')))
    const args = ['train', 'lm', 'project/a.txt', ...tiny, '--steps', '40', '--out', 'project/run']
    expect(await shop.run([...args, '--stop-at', '10'])).toMatchObject({ code: 0 })
    const inProject = (...more: string[]) => shop.run(['resume', 'run', ...more], '', 'project')
    expect(await inProject('--stop-at', '20')).toMatchObject({ code: 0 })
    await rename(shop.path('project/a.txt'), shop.path('b.txt'))
    expect(fault(await inProject('--stop-at', '30'))).toBe(
      'recurra: run: a.txt, which it was trained on, is not there; say where it is with --data',
    )
    expect(fault(await inProject('--data', '../missing.txt'))).toMatch(/^recurra: \.\.\/missing\.txt: cannot read/)
    expect(await inProject('--data', '../b.txt', '--stop-at', '30')).toMatchObject({ code: 0 })
    expect(await shop.run(['resume', 'project/run'])).toMatchObject({ code: 0 })
    expect(JSON.parse(await readFile(shop.path('project/run/test.json'), 'utf8'))).toMatchObject({
      steps: 40,
      summary: expect.stringMatching(/^loss \d/),
    })
  }, 60_000)
})
