/* The built command line as a user has it: started in a folder of its own, with what it says and how it ends. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

/** The program, as it is built. */
export const mainFile = fileURLToPath(new URL('../../dist/bin/recurra.js', import.meta.url))

export interface Ending {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ending: Promise<Ending>
  /** Resolves when standard error holds the text. */
  said(text: string): Promise<void>
}

/** A text of about 12,000 characters, always the same. */
export const text = Array.from(
  { length: 300 },
  (_, i) => `the ${['quick', 'slow', 'red'][i % 3]} fox number ${i * 7} jumps over it\n`,
).join('')

/** Flags of a model and a training so small that they take no time. */
export const tiny = '--hidden-size 8 --num-layers 1 --batch-size 4 --time-steps 8 --threads 1'.split(' ')

export class Workshop {
  private constructor(readonly folder: string) {}

  static async open(): Promise<Workshop> {
    const shop = new Workshop(await mkdtemp(join(tmpdir(), 'recurra-cli-')))
    await shop.write('fox.txt', text)
    return shop
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true })
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, content: string | Uint8Array): Promise<void> {
    return writeFile(this.path(name), content)
  }

  /** Starts `recurra …` in the folder, or in one below it. */
  start(args: readonly string[], input = '', below = '.'): Running {
    const env = { ...process.env, RECURRA_BACKEND: '', NO_COLOR: '1' }
    const child = spawn(process.execPath, [mainFile, ...args], { cwd: this.path(below), env })
    let stdout = ''
    let stderr = ''
    let heard = () => {}
    child.stdout.setEncoding('utf8').on('data', piece => {
      stdout += piece
    })
    child.stderr.setEncoding('utf8').on('data', piece => {
      stderr += piece
      heard()
    })
    child.stdin.on('error', () => {}).end(input)
    const ending = new Promise<Ending>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', code => resolve({ code, stdout, stderr }))
    })
    const said = (wanted: string) =>
      new Promise<void>((resolve, reject) => {
        heard = () => stderr.includes(wanted) && resolve()
        heard()
        void ending.then(() => reject(new Error(`recurra ended without saying ${wanted}:\n${stderr}`)))
      })
    return { child, ending, said }
  }

  /** Runs `recurra …` to its end. */
  run(args: readonly string[], input = '', below = '.'): Promise<Ending> {
    return this.start(args, input, below).ending
  }

  /** Trains a tiny model for three steps into `out`; it must work. */
  async train(out: string, ...more: string[]): Promise<Ending> {
    const ending = await this.run(['train', 'lm', 'fox.txt', '--out', out, '--steps', '3', ...tiny, ...more])
    expect(ending).toMatchObject({ code: 0 })
    return ending
  }
}

/** The one line that tells of a fault: the last on standard error. Nothing else may look like one. */
export function fault({ stderr, stdout }: Ending): string {
  expect(stdout).toBe('')
  const lines = stderr.trimEnd().split('\n')
  expect(lines.filter(line => /^recurra: |^\s+at |^node:/.test(line))).toEqual([lines.at(-1)])
  return lines.at(-1) as string
}
