/* The line of progress fits a terminal of every width, and training in the narrowest comes to its end. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { progressLine } from '../../cli/output/progress.js'
import { mainFile, tiny, Workshop } from './commandLine.js'

const fields = [
  ' 41 %',
  '1:05 left',
  '12,345 characters/s',
  'loss 1.234',
  'validation 1.300',
  'norm 0.41',
  'rate 0.002',
]
const briefFields = [' 41 %', '1:05 left', '12k char/s', 'loss 1.23', 'val 1.30', 'norm 0.4', 'rate 0.002']
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
const plain = (line: string) => line.replace(/\x1b\[\d+m/g, '')

describe('the line of progress', () => {
  const line = (columns: number | undefined, fraction = 0.41, color = false) =>
    progressLine({ fraction, fields, briefFields }, { columns, color })

  it('is shorter than the terminal at every width from 1 to 300, coloured or not, at every fraction', () => {
    for (let columns = 1; columns <= 300; columns++)
      for (const fraction of [0, 0.41, 1])
        for (const color of [false, true]) {
          const shown = plain(line(columns, fraction, color))
          expect(shown.length).toBeLessThan(columns)
          expect(shown).toBe(line(columns, fraction))
        }
  })

  it('counts 80 columns where the terminal says 0 or nothing', () => {
    expect(line(0)).toBe(line(80))
    expect(line(undefined)).toBe(line(80))
  })

  it('has all fields where there is room, brief ones in 80 columns, and the bar alone in 8', () => {
    expect(line(300)).toContain(`${'█'.repeat(10)}${'░'.repeat(14)}  ${fields.join('  ')}`)
    expect(line(80)).toMatch(/^█+░+ {3}41 % {2}1:05 left {2}12k char\/s/)
    expect(line(8)).toBe('███░░░░')
    expect(line(1)).toBe('')
  })
})

/** `script` runs a command in a pseudo-terminal; the one of util-linux takes the command as -c. */
const hasScript = process.platform === 'linux' && existsSync('/usr/bin/script') && existsSync('/usr/bin/stty')

describe.skipIf(!hasScript)('training in a terminal', () => {
  let shop: Workshop
  beforeAll(async () => {
    shop = await Workshop.open()
  })
  afterAll(() => shop.close())

  it.each([0, 1, 8, 40])(
    'of %i columns comes to its end, and leaves the terminal as it was',
    async columns => {
      const train = ['train', 'lm', 'fox.txt', '--out', `wide-${columns}`, '--steps', '30', ...tiny]
      if (columns === 40) train.push('--no-color')
      const command = `stty cols ${columns} rows 5; exec '${process.execPath}' '${mainFile}' ${train.join(' ')}`
      const child = spawn('script', ['-qec', command, '/dev/null'], {
        cwd: shop.folder,
        env: { ...process.env, RECURRA_BACKEND: '', TERM: 'xterm' },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let screen = ''
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', piece => {
          screen += piece
        })
      const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
      const code = await new Promise(resolve => child.on('close', resolve))
      clearTimeout(timer)
      expect(code).toBe(0)
      expect(screen).toContain(`wide-${columns}: test loss`)
      // Colours, where there is room for anything that has one.
      if (columns === 0 || columns === 40) expect(plain(screen) === screen).toBe(columns === 40)
      // The bar switches the wrapping of lines off, and at its end on again.
      expect(screen.lastIndexOf('\x1b[?7h')).toBeGreaterThan(screen.lastIndexOf('\x1b[?7l'))
    },
    90_000,
  )
})
