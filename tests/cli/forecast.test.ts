/* recurra train forecast, forecast and eval, as a user has them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sales } from '../../src/data/generated/sales.js'
import { fault, Workshop } from './commandLine.js'

let shop: Workshop
const columns = '--time-column date --target-column units --series-column shop --future-covariates promotion'.split(' ')
const small = '--horizon 7 --context 14 --hidden-size 8 --num-layers 1 --steps 5 --samples 0 --threads 1'.split(' ')

beforeAll(async () => {
  shop = await Workshop.open()
  await shop.write('sales.csv', sales.generate({ count: 3 }).toFile())
  const trained = await shop.run(['train', 'forecast', 'sales.csv', ...columns, ...small, '--out', 'run'])
  expect(trained).toMatchObject({ code: 0 })
  expect(trained.stderr).toContain('3 series of units, a step is a day, 2022-01-01 to 2023-12-31')
  expect(trained.stdout + trained.stderr).toContain('seasonal naive')
}, 60_000)
afterAll(() => shop.close())

describe('recurra forecast', () => {
  it('goes on from the series of the run, as a table', async () => {
    const { stdout, code } = await shop.run(['forecast', 'run', '--quantiles', '0.1,0.9', '--paths', '20'])
    expect(code).toBe(0)
    const [header, first, ...lines] = stdout.trimEnd().split('\n')
    expect(header).toBe('time,series,mean,q0.1,q0.9')
    expect(first).toMatch(/^2024-01-01,shop-001,-?[\d.]+,-?[\d.]+,-?[\d.]+$/)
    expect(lines).toHaveLength(20)
  })
  it('gives the same numbers for a seed, and paths as JSON', async () => {
    const run = () => shop.run(['forecast', 'run', '--json', '--paths', '3', '--seed', '5'])
    const [a, b] = [await run(), await run()]
    expect(a.stdout).toBe(b.stdout)
    const [{ id, paths, times }] = JSON.parse(a.stdout)
    expect([id, paths.length, times.length]).toEqual(['shop-001', 3, 7])
  })
  it('draws', async () => {
    expect(await shop.run(['forecast', 'run', '--plot', 'fan.svg', '--paths', '5'])).toMatchObject({ code: 0 })
    expect(fault(await shop.run(['forecast', 'run', '--plot', 'fan.svg']))).toContain('fan.svg: it exists')
  })
  it('names what is wrong', async () => {
    expect(fault(await shop.run(['train', 'forecast', 'sales.csv']))).toMatch(/--time-column.*--target-column/)
    expect(fault(await shop.run(['forecast', 'run', '--quantiles', '0.1,2']))).toContain(
      'must lie between 0 and 1; got 2',
    )
    expect(fault(await shop.run(['forecast', 'run', '--horizon', '40']))).toContain(
      'the future covariate promotion is missing at',
    )
    expect(fault(await shop.run(['train', 'forecast', 'sales.csv', ...columns, '--missing', 'guess']))).toContain(
      '--missing',
    )
  })
})

it('recurra eval forecasts from rolling origins, beside what is simple', async () => {
  const { stdout, code } = await shop.run([
    'eval',
    'run',
    'sales.csv',
    '--origins',
    '2',
    '--stride',
    '30',
    '--paths',
    '10',
    '--json',
  ])
  expect(code).toBe(0)
  const report = JSON.parse(stdout)
  expect(report.origins).toHaveLength(2)
  expect(report.byStep).toHaveLength(7)
  expect(Object.keys(report.bySeries)).toHaveLength(3)
  expect(report.seasonalNaive.MASE).toBeGreaterThan(0)
})
