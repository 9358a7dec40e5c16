/* The page of a coloured text in a headless Chromium: by keyboard, as a screen reader has it, in light and dark. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { colouredPage } from '../../src/drawing/colouredPage.js'
import type { TextView } from '../../src/inspection/textView.js'
import { contrast } from '../drawing/contrast.js'
import { browserPath, openBrowser } from './chromium.js'

const reason = browserPath ? '' : ', skipped: there is no chromium in PATH'
const text = Array.from({ length: 12 }, (_, i) => `line ${i} of the text, which is long enough to be read\n`).join('')
const view: TextView = {
  ...{ name: 'a.txt', vocabularySize: 60, loss: 1.2, unit: '0:3', largest: 1, cut: false },
  tokens: Array.from(text, (character, i) => ({
    ...{ text: character, token: i, loss: (i * 0.37) % 5, activation: Math.sin(i / 3) },
    guesses: [{ text: 'e', token: 1, probability: 0.25 }],
  })),
}

let folder: string
let browser: Browser
const faults: string[] = []

async function open(options: { colorScheme: 'light' | 'dark'; javaScriptEnabled?: boolean }): Promise<Page> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.on('pageerror', error => faults.push(error.message))
  page.on('request', request => {
    if (!request.url().startsWith('file:')) faults.push(request.url())
  })
  await page.goto(pathToFileURL(join(folder, 'page.html')).href)
  return page
}

beforeAll(async () => {
  if (!browserPath) return
  folder = await mkdtemp(join(tmpdir(), 'recurra-page-'))
  await writeFile(join(folder, 'page.html'), colouredPage(view))
  browser = await openBrowser(browserPath)
})
afterAll(async () => {
  await browser?.close()
  if (folder) await rm(folder, { recursive: true })
})

describe.skipIf(!browserPath)(`the page of a coloured text${reason}`, () => {
  test('is one stop for the text, with arrows inside it, and tells each token’s figures', async () => {
    const page = await open({ colorScheme: 'light' })
    const focused = () => page.evaluate(() => document.activeElement?.id || document.activeElement?.tagName)
    const stops: (string | undefined)[] = []
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press('Tab')
      stops.push(await focused())
    }
    expect(stops).toEqual(['INPUT', 'text', 'SUMMARY'])
    await page.focus('#text')
    const chosen = async () => ({
      active: await page.getAttribute('#text', 'aria-activedescendant'),
      selected: await page.$$eval('[aria-selected=true]', all => all.map(each => each.id)),
      told: await page.innerText('#details'),
    })
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    expect(await chosen()).toEqual({
      ...{ active: 't2', selected: ['t2'] },
      told: '“n”: loss 0.740 nats, unit 0:3 0.618; guesses “e” 25.0 %',
    })
    const lineOf = async () => Math.floor(Number((await chosen()).active?.slice(1)) / 50)
    await page.keyboard.press('ArrowDown')
    expect(await lineOf()).toBe(1)
    await page.keyboard.press('ArrowUp')
    expect(await chosen()).toMatchObject({ active: 't2' })
    await page.keyboard.press('End')
    expect(await chosen()).toMatchObject({ active: `t${text.length - 1}` })
    await page.keyboard.press('Home')
    expect(await chosen()).toMatchObject({ active: 't0' })
    await page.click('#t7')
    expect(await chosen()).toMatchObject({ active: 't7', selected: ['t7'] })
    await page.context().close()
  })

  test('says what everything is: language, title, heading, names, roles, a table with heads', async () => {
    const page = await open({ colorScheme: 'light' })
    expect(await page.getAttribute('html', 'lang')).toBe('en')
    expect(await page.title()).toBe('a.txt: unit 0:3')
    await page.getByRole('heading', { level: 1, name: 'a.txt: unit 0:3' }).waitFor()
    await page.getByRole('listbox', { name: 'The text' }).waitFor()
    expect(await page.getByRole('option').count()).toBe(text.length)
    await page
      .getByRole('option', { name: /^“l”: loss 0\.000 nats/ })
      .first()
      .waitFor()
    await page.getByRole('radio', { name: 'the unit’s value' }).waitFor()
    await page.getByRole('status').waitFor()
    await page.getByText('All figures as a table').click()
    await page.getByRole('table', { name: 'Each token, in the order of the text' }).waitFor()
    expect(await page.getByRole('columnheader').allInnerTexts()).toEqual([
      'place',
      'token',
      'loss (nats)',
      'unit 0:3',
      'guesses',
    ])
    expect(await page.getByRole('rowheader').count()).toBe(text.length)
    expect(await page.locator('#text').evaluate(element => element.textContent?.replaceAll('⏎', ''))).toBe(text)
    await page.context().close()
  })

  test.each(['light', 'dark'] as const)(
    'is readable in %s: every text stands 4.5 : 1 against its ground',
    async colorScheme => {
      const page = await open({ colorScheme })
      for (const shown of ['the loss', 'the unit’s value']) {
        await page.getByRole('radio', { name: shown }).check()
        const pairs: [string, string][] = await page.evaluate(() => {
          const transparent = 'rgba(0, 0, 0, 0)'
          const ground = (element: Element | null): string => {
            if (!element) return 'rgb(255, 255, 255)'
            const { backgroundColor } = getComputedStyle(element)
            return backgroundColor === transparent ? ground(element.parentElement) : backgroundColor
          }
          const all = [
            ...document.querySelectorAll('h1, h2, p, label, legend, summary, #details, #text span, .legend span'),
          ]
          return all.map(element => [getComputedStyle(element).color, ground(element)])
        })
        const hex = (rgb: string) =>
          `#${(rgb.match(/\d+/g) ?? [])
            .slice(0, 3)
            .map(part => Number(part).toString(16).padStart(2, '0'))
            .join('')}`
        const least = Math.min(...pairs.map(([ink, ground]) => contrast(hex(ink), hex(ground))))
        expect(least).toBeGreaterThanOrEqual(4.5)
        expect(new Set(pairs.map(([, ground]) => ground)).size).toBeGreaterThan(8)
      }
      await page.context().close()
    },
  )

  test('without scripts still has the text, its colours and the table; it asks for nothing from elsewhere', async () => {
    const page = await open({ colorScheme: 'dark', javaScriptEnabled: false })
    expect(await page.locator('#text span').count()).toBe(text.length)
    await page.getByText('All figures as a table').click()
    expect(await page.locator('tbody tr').count()).toBe(text.length)
    await page.context().close()
    expect(faults).toEqual([])
  })
})
