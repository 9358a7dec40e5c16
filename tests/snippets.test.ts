// Every block of TypeScript in the README and in docs/ is a whole program: it is compiled and run here as a reader would,
// in an empty folder with a small book.txt and sales.csv, against the built library.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'
import { sales } from '../src/data/generated/sales.js'
import { smallText } from './training/smallText.js'

const root = join(import.meta.dirname, '..')
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
]
const snippets = pages.flatMap(page => {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code], i) => ({ name: `${page} block ${i + 1}`, code }))
})

// Inside the package, so that a program finds 'recurra' by the package's own name.
const programs = join(root, 'tests', '.snippets')
const folder = mkdtempSync(join(tmpdir(), 'recurra-snippets-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
  rmSync(programs, { recursive: true, force: true })
})

describe('each snippet in README and docs', () => {
  it('is found', () => expect(snippets.length).toBeGreaterThan(0))

  it.each(snippets)('runs: $name', ({ name, code }) => {
    writeFileSync(join(folder, 'book.txt'), smallText(400))
    writeFileSync(join(folder, 'sales.csv'), sales.generate({ count: 2 }).toFile())
    mkdirSync(programs, { recursive: true })
    const file = join(programs, `${name.replace(/\W+/g, '-')}.mjs`)
    const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 }
    writeFileSync(file, ts.transpileModule(code, { compilerOptions: options }).outputText)
    const { status, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })
})
