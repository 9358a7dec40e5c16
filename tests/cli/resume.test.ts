/* recurra resume: a run that was stopped, killed or is to go on for longer ends as one that was left alone. */
import { createHash } from 'node:crypto'
import { readFile, rm, stat } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fault, tiny, Workshop } from './commandLine.js'

let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
})
afterAll(() => shop.close())

const lm = (...args: string[]) => ['train', 'lm', 'fox.txt', ...tiny, '--samples', '0', '--dropout', '0.1', ...args]
const hashOf = async (run: string, file = 'last') =>
  createHash('sha256')
    .update(await readFile(shop.path(`${run}/${file}.safetensors`)))
    .digest('hex')
const steps = async (run: string): Promise<number[]> =>
  (await readFile(shop.path(`${run}/metrics.jsonl`), 'utf8'))
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line).step)

describe('a run that is stopped at a step', () => {
  beforeAll(async () => {
    expect(await shop.run(lm('--steps', '40', '--out', 'whole'))).toMatchObject({ code: 0 })
    const { code, stdout, stderr } = await shop.run(lm('--steps', '40', '--stop-at', '17', '--out', 'half'))
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'half: stopped\n' })
    expect(stderr).toContain('stopped after step 17; saved half/last.safetensors; go on with: recurra resume half\n')
  })

  it('ends, resumed, with the files of the one never stopped', async () => {
    const ending = await shop.run(['resume', 'half'])
    expect(ending).toMatchObject({ code: 0 })
    expect(ending.stdout).toMatch(/^half: test loss \d/)
    expect(await hashOf('half')).toBe(await hashOf('whole'))
    expect(await hashOf('half', 'best')).toBe(await hashOf('whole', 'best'))
    // The stop itself was told too.
    expect((await steps('half')).filter(step => step !== 17)).toEqual(await steps('whole'))
  })

  it('may go on for longer', async () => {
    const ending = await shop.run(['resume', 'half', '--steps', '50', '--json'])
    expect(JSON.parse(ending.stdout)).toMatchObject({ steps: 50, stopped: false })
    expect((await steps('half')).at(-1)).toBe(50)
  })

  it('keeps its model and its course: every other is refused by name, at once', async () => {
    const ending = await shop.run(['resume', 'half', '--cell', 'gru', '--learning-rate', '1', '--patience', '0'])
    expect(ending.code).toBe(2)
    expect(fault(ending)).toBe(
      'recurra: resume: --patience: must be at least 1; got 0; --cell: a resumed run keeps its own, "lstm"; leave it out; got gru; --learning-rate: a resumed run keeps its own, 0.002; leave it out; got 1',
    )
  })

  it('needs the data that it began with', async () => {
    await shop.write('other.txt', 'a text\n'.repeat(300))
    expect(await shop.run(['train', 'lm', 'other.txt', '--out', 'changed', '--steps', '3', ...tiny])).toMatchObject({
      code: 0,
    })
    await shop.write('other.txt', 'another text\n'.repeat(300))
    expect(fault(await shop.run(['resume', 'changed', '--steps', '9']))).toMatch(
      /changed: its data, other.txt, are not what it began with/,
    )
  })

  it('must be a run', async () => {
    const ending = await shop.run(['resume', 'nowhere'])
    expect(ending.code).toBe(2)
    expect(fault(ending)).toMatch(/^recurra: nowhere: /)
  })
})

const kills = process.env.RECURRA_LONG ? 60 : 4

describe.skipIf(process.platform === 'win32')(`${kills} kills at random moments`, () => {
  it('and as many resumptions end with the files of the run that was never killed', async () => {
    const options = ['--steps', '600', '--checkpoint-every', '7', '--validate-every', '21', '--report-every', '7']
    expect(await shop.run(lm(...options, '--out', 'alive'))).toMatchObject({ code: 0 })
    const wanted = await hashOf('alive')
    let random = 7
    const between = (from: number, to: number) => {
      random = (random * 48271) % 2147483647
      return from + (to - from) * (random / 2147483647)
    }
    const lastSaved = () =>
      stat(shop.path('killed/last.safetensors')).then(
        ({ ino, mtimeMs }) => `${ino} ${mtimeMs}`,
        () => undefined,
      )
    let killed = 0
    let attempt = 0
    while (killed < kills) {
      await rm(shop.path('killed'), { recursive: true, force: true })
      let args = lm(...options, '--out', 'killed')
      for (let going = true; going; ) {
        const before = await lastSaved()
        const { child, ending } = shop.start(args)
        // The first, and every second resumption, lives until it has saved anew: a slow machine too comes to an end.
        const patient = before === undefined || attempt++ % 2 === 0
        while (patient && child.exitCode === null && (await lastSaved()) === before)
          await new Promise(resolve => setTimeout(resolve, 5))
        const timer = setTimeout(() => child.kill('SIGKILL'), between(0, 900))
        const { code } = await ending
        clearTimeout(timer)
        if (code === null) killed++
        else expect(code).toBe(0)
        going = code === null
        args = ['resume', 'killed']
      }
      expect(await hashOf('killed')).toBe(wanted)
      expect(await hashOf('killed', 'best')).toBe(await hashOf('alive', 'best'))
    }
  }, 600_000)
})
