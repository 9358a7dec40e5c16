/* The quickstart's corpus is real, large, sound TypeScript, and its held-out parts are new to who trained on the rest. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import type { TextCorpus } from '../../src/data/corpora/corpus.js'
import { ConfigurationError, FileFormatError } from '../../src/errors.js'
import { readLibraryDeclarations, topLevelDeclarations } from '../../src/node/libraryDeclarations.js'

const linesOf = ({ text }: TextCorpus) =>
  text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')

function shareIn(train: ReadonlySet<string>, lines: string[]): number {
  return lines.filter(line => train.has(line)).length / lines.length
}

const splits = await readLibraryDeclarations()

describe('the library declarations', () => {
  it('share under 10 % of all held-out lines with training, and under 5 % of those with a letter, whatever the seed', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const { train, validation, test } = await readLibraryDeclarations({ seed })
      const trained = new Set(linesOf(train))
      for (const part of [validation, test]) {
        const lines = linesOf(part)
        expect(lines.length).toBeGreaterThan(1000)
        expect(shareIn(trained, lines)).toBeLessThan(0.1)
        const worded = lines.filter(line => /\p{L}/u.test(line))
        expect(shareIn(trained, worded)).toBeLessThan(0.05)
      }
    }
  }, 30_000)

  it('are 2.5 million characters to train on and 5 % of all for each held-out part', () => {
    const sizes = [splits.train, splits.validation, splits.test].map(part => part.text.length)
    const whole = sizes[0] + sizes[1] + sizes[2]
    expect(sizes[0]).toBeGreaterThan(2_400_000)
    expect(sizes[1] / whole).toBeCloseTo(0.05, 2)
    expect(sizes[2] / whole).toBeCloseTo(0.05, 2)
  })

  it('are the same for the same seed and others for another', async () => {
    expect(await readLibraryDeclarations({ seed: 1 })).toEqual(splits)
    expect((await readLibraryDeclarations({ seed: 2 })).test.text).not.toBe(splits.test.text)
  })

  it('parse as TypeScript in every part, and no declaration stands twice or in two parts', () => {
    const seen = new Set<string>()
    for (const { text, name } of [splits.train, splits.validation, splits.test]) {
      const source = ts.createSourceFile(`${name}.d.ts`, text, ts.ScriptTarget.Latest) as ts.SourceFile & {
        parseDiagnostics: unknown[]
      }
      expect(source.parseDiagnostics).toEqual([])
      for (const statement of source.statements) {
        const declaration = text.slice(statement.pos, statement.end).trim()
        expect(seen.has(declaration)).toBe(false)
        seen.add(declaration)
      }
    }
    expect(seen.size).toBeGreaterThan(3000)
  })

  it('hold neither licences, references, lone comment marks, nor carriage returns', () => {
    for (const { text } of [splits.train, splits.validation, splits.test]) {
      expect(text).not.toMatch(/Licensed under|\/\/\/ <reference|^\s*(?:\/\*\*|\*\/|\*)\s*$|\r/m)
    }
  })

  it('keep every word of the library', async () => {
    const file = join(ts.getDefaultLibFilePath({}), '..', 'lib.es2015.core.d.ts')
    const whole = splits.train.text + splits.validation.text + splits.test.text
    const known = new Set(whole.split('\n').map(line => line.replace(/[\s*/]+/g, ' ').trim()))
    const body = (ts.sys.readFile(file) as string).replace(/^\/\*![\s\S]*?\*\/|^\/\/\/.*$/gm, '')
    for (const line of body.split(/\r?\n/)) expect(known).toContain(line.replace(/[\s*/]+/g, ' ').trim())
  })

  it('say what to install where typescript is missing', async () => {
    const attempt = readLibraryDeclarations({ from: join(tmpdir(), 'no-such-project', 'main.js') })
    await expect(attempt).rejects.toThrow(ConfigurationError)
    await expect(attempt).rejects.toThrow(/npm package typescript was not found; install it with: npm install/)
  })
})

describe('topLevelDeclarations', () => {
  it('cuts at the end of each declaration and keeps its doc comment', () => {
    const text = [
      '/*! licence */',
      '/// <reference lib="x" />',
      "/** Don't { */",
      'declare var a: number;',
      '// banner {',
      'interface B<',
      '    T,',
      '> {',
      '    /** it\'s } */ b: "}"; // {',
      '    /*/ { */',
      '}',
      'type C =',
      "    | '{'",
      '    | D;',
    ].join('\n')
    expect(topLevelDeclarations(text, 'x.d.ts')).toEqual([
      "/** Don't { */\ndeclare var a: number;",
      'interface B<\n    T,\n> {\n    /** it\'s } */ b: "}"; // {\n    /*/ { */\n}',
      "type C =\n    | '{'\n    | D;",
    ])
  })

  it('drops a comment that belongs to nothing', () => {
    expect(topLevelDeclarations('/** of the file */\n\ndeclare var a: 1;\n/** of nothing */\n', 'x')).toEqual([
      'declare var a: 1;',
    ])
  })

  it('refuses a file that is cut short', () => {
    expect(() => topLevelDeclarations('interface A {\n  b: 1\n', 'x.d.ts')).toThrow(FileFormatError)
    expect(() => topLevelDeclarations('/** a', 'x.d.ts')).toThrow(/^x\.d\.ts: every declaration must end/)
  })
})
