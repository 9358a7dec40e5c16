/* Holds the order of the house: who may import whom, what a file may be called, how long it may grow, and that nothing
 * outside src/node/ leans on Node or on a page. Each rule is also shown to catch a house that breaks it. */
import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, dirname, join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

/** Path from the repository's root, with slashes → text. */
type House = ReadonlyMap<string, string>

/** From the ground up; rooms on the same floor do not know each other. */
const floors = [
  ['errors'],
  ['random', 'formats', 'drawing'],
  ['configuration'],
  ['data'],
  ['engine'],
  ['cells'],
  ['layers'],
  ['generation'],
  ['models', 'ngram'],
  ['evaluation', 'inspection'],
  ['training'],
  ['baselines', 'doctor'],
  ['tasks'],
  ['lessons', 'compare'],
  ['index'],
  ['node'],
  ['benchmarks'],
  ['cli'],
]

/** Rooms that stand on less than everything below them. */
const standsOn: Record<string, readonly string[]> = {
  ngram: ['errors', 'configuration', 'formats', 'data', 'generation'],
}

const longest = 400
const generated = 'src/engine/records.ts'

function roomOf(path: string) {
  const [top = '', second = ''] = path.split('/')
  return top === 'src' ? second.replace(/\.ts$/, '') : top
}

function floorOf(room: string) {
  return floors.findIndex(floor => floor.includes(room))
}

function mayImport(room: string, other: string) {
  if (room === other) return true
  return standsOn[room]?.includes(other) ?? floorOf(other) < floorOf(room)
}

/** What a file imports, types and dynamic imports included, as it is written there. */
function importsOf(text: string) {
  return ts.preProcessFile(text, true, true).importedFiles.map(each => each.fileName)
}

/** The file that an import means, or nothing for a package. */
function resolveImport(from: string, name: string) {
  if (name === '#platform') return 'src/engine/platform.ts'
  if (name === 'recurra') return 'src/index.ts'
  if (name === 'recurra/inspection') return 'src/inspection/index.ts'
  if (name === 'recurra/node') return 'src/node/index.ts'
  if (!name.startsWith('.')) return undefined
  return posix.join(posix.dirname(from), name).replace(/\.js$/, '.ts')
}

function importsUpward(house: House) {
  const faults: string[] = []
  for (const [path, text] of house) {
    const room = roomOf(path)
    if (floorOf(room) < 0) faults.push(`${path}: ${room} is no room of the house`)
    for (const name of importsOf(text)) {
      const target = resolveImport(path, name)
      if (target && !mayImport(room, roomOf(target))) faults.push(`${path}: ${room} may not import ${target}`)
    }
  }
  return faults
}

/** Training and the doctor take any model: what is particular to one stands in src/tasks/. */
function knowsModels(house: House) {
  const faults: string[] = []
  for (const [path, text] of house) {
    if (!/^src\/(training|doctor)\//.test(path)) continue
    for (const name of importsOf(text)) {
      const target = resolveImport(path, name) ?? ''
      if (/^src\/models\/(?!shared\/)/.test(target)) faults.push(`${path}: ${roomOf(path)} may not import ${target}`)
    }
  }
  return faults
}

function circles(house: House) {
  const faults: string[] = []
  const finished = new Set<string>()
  const visit = (path: string, trail: readonly string[]) => {
    if (trail.includes(path)) {
      faults.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
      return
    }
    const text = house.get(path)
    if (text === undefined || finished.has(path)) return
    for (const name of importsOf(text)) {
      const target = resolveImport(path, name)
      if (target) visit(target, [...trail, path])
    }
    finished.add(path)
  }
  for (const path of house.keys()) visit(path, [])
  return faults
}

/** The backend that a file belongs to, if it is one's; a backend may be a file or a folder. */
function backendOf(path: string) {
  return /^src\/(?:engine|engine\/backends|node)\/(reference|wasm|native)(?:\.ts|\/)/.exec(path)?.[1]
}

function importsBackend(house: House) {
  const faults: string[] = []
  for (const [path, text] of house) {
    for (const name of importsOf(text)) {
      const backend = backendOf(resolveImport(path, name) ?? '')
      // What stands in src/node/ reaches the engine through #platform, so its platform file opens it.
      const opens = path === 'src/engine/open.ts' || path === 'src/node/platform.ts'
      if (backend && backend !== backendOf(path) && !opens) faults.push(`${path}: only open.ts imports ${backend}`)
    }
  }
  return faults
}

/** Names that only Node or only a page has, used without being declared in the same file. */
function foreignNames(house: House) {
  const foreign = new Set(['process', 'Buffer', 'document', 'window', 'require', '__dirname', '__filename'])
  const faults: string[] = []
  for (const [path, text] of house) {
    if (!path.startsWith('src/') || path.startsWith('src/node/')) continue
    for (const name of importsOf(text)) if (isBuiltin(name)) faults.push(`${path}: imports ${name}`)
    const used = new Set<string>()
    const declared = new Set<string>()
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node) && foreign.has(node.text)) {
        const { parent } = node
        const isName = 'name' in parent && parent.name === node
        const isMember = isName && ts.isPropertyAccessExpression(parent)
        if (isMember && parent.expression.getText() === 'globalThis') used.add(node.text)
        else if (isName && (ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent)))
          declared.add(node.text)
        else if (isName && ts.isFunctionDeclaration(parent)) declared.add(node.text)
        else if (!isName || ts.isShorthandPropertyAssignment(parent)) used.add(node.text)
      }
      ts.forEachChild(node, visit)
    }
    visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true))
    for (const name of used) if (!declared.has(name)) faults.push(`${path}: uses ${name}`)
  }
  return faults
}

function vagueNames(house: House) {
  return [...house.keys()].filter(path =>
    path.split('/').some(part => /^(utils?|helpers?|common|misc|types)\b/i.test(part)),
  )
}

function withoutFirstComment(house: House) {
  return [...house].filter(([, text]) => !/^(#!.*\n)?\s*\/[*/]/.test(text)).map(([path]) => path)
}

function tooLong(house: House) {
  return [...house]
    .map(([path, text]) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ path, lines }) => lines > longest && path !== generated)
    .map(({ path, lines }) => `${path}: ${lines} lines`)
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The sources of some folders that are there. */
function read(...folders: string[]): House {
  const house = new Map<string, string>()
  for (const folder of folders) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (!entry.isFile() || !/\.(ts|mjs|c|h)$/.test(basename(path))) continue
      house.set(relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8'))
    }
  }
  return house
}

describe('the house', () => {
  const library = read('src', 'cli', 'benchmarks')
  const everything = read('src', 'cli', 'kernels', 'tools', 'benchmarks', 'tests')

  test('no room imports a room above it or beside it', () => expect(importsUpward(library)).toEqual([]))
  test('training and doctor know no model', () => expect(knowsModels(library)).toEqual([]))
  test('no file imports itself through others', () => expect(circles(library)).toEqual([]))
  test('only open.ts knows the backends', () => expect(importsBackend(library)).toEqual([]))
  test('nothing outside src/node uses Node or a page', () => expect(foreignNames(library)).toEqual([]))
  test('every import of a file means a file that is there', () => {
    const lost = [...library].flatMap(([path, text]) =>
      importsOf(text)
        .map(name => resolveImport(path, name))
        .filter(target => target !== undefined && !library.has(target))
        .map(target => `${path}: ${target}`),
    )
    expect(lost).toEqual([])
  })
  test('every file has a subject in its name', () => expect(vagueNames(everything)).toEqual([]))
  test('every source file begins with a comment', () => {
    expect(withoutFirstComment(read('src', 'cli', 'kernels', 'tools', 'benchmarks'))).toEqual([])
  })
  test('no source file is longer than 400 lines', () => expect(tooLong(read('src', 'cli', 'kernels'))).toEqual([]))
})

describe('a house that breaks a rule is caught', () => {
  const house = (path: string, ...lines: string[]): House => new Map([[path, lines.join('\n')]])

  test('an import upward, of a type, or by a dynamic import', () => {
    expect(importsUpward(house('src/data/vocabulary.ts', "import { a } from '../engine/heap.js'"))).toHaveLength(1)
    expect(importsUpward(house('src/data/vocabulary.ts', "import type { A } from '../cells/gru.js'"))).toHaveLength(1)
    expect(importsUpward(house('src/data/vocabulary.ts', "export * from '../models/tagger.js'"))).toHaveLength(1)
    expect(importsUpward(house('src/data/vocabulary.ts', "await import('../node/index.js')"))).toHaveLength(1)
    expect(importsUpward(house('src/data/vocabulary.ts', "let a: import('../index.js').A"))).toHaveLength(1)
    expect(importsUpward(house('src/models/tagger/tagger.ts', "import { a } from '../../layers/linear.js'"))).toEqual(
      [],
    )
  })

  test('a room beside, a room that stands on less, an unknown room', () => {
    expect(importsUpward(house('src/inspection/a.ts', "import '../evaluation/b.js'"))).toHaveLength(1)
    expect(importsUpward(house('src/drawing/a.ts', "import '../models/tagger/tagger.js'"))).toHaveLength(1)
    expect(importsUpward(house('src/ngram/a.ts', "import '../engine/heap.js'"))).toHaveLength(1)
    expect(importsUpward(house('src/ngram/a.ts', "import '../generation/predictor.js'"))).toEqual([])
    expect(importsUpward(house('src/studio/a.ts', ''))).toHaveLength(1)
  })

  test('a model known to training', () => {
    expect(knowsModels(house('src/training/a.ts', "import '../models/tagger/tagger.js'"))).toHaveLength(1)
    expect(knowsModels(house('src/training/a.ts', "import '../models/shared/trainable.js'"))).toEqual([])
    expect(knowsModels(house('src/tasks/tagger/a.ts', "import '../../models/tagger/tagger.js'"))).toEqual([])
  })

  test('#platform below the engine, which declares it', () => {
    expect(importsUpward(house('src/models/tagger/tagger.ts', "import '#platform'"))).toEqual([])
    expect(importsUpward(house('src/data/corpora/corpus.ts', "import '#platform'"))).toHaveLength(1)
  })

  test('a circle of two files', () => {
    const two = new Map([
      ['src/cells/a.ts', "import type { B } from './b.js'"],
      ['src/cells/b.ts', "import { a } from './a.js'"],
    ])
    expect(circles(two)).toEqual(['src/cells/a.ts → src/cells/b.ts → src/cells/a.ts'])
  })

  test('a backend known outside open.ts', () => {
    expect(importsBackend(house('src/engine/backend.ts', "import { a } from './reference/reference.js'"))).toHaveLength(
      1,
    )
    expect(importsBackend(house('src/engine/open.ts', "import { a } from './reference/reference.js'"))).toEqual([])
    expect(
      importsBackend(house('src/engine/reference/reference.ts', "import { a } from './reference/gru.js'")),
    ).toEqual([])
  })

  test('Node and the page, but not words that are spelt the same', () => {
    expect(foreignNames(house('src/data/a.ts', "import { readFileSync } from 'fs'"))).toHaveLength(1)
    expect(foreignNames(house('src/data/a.ts', 'const a = process.env'))).toHaveLength(1)
    expect(foreignNames(house('src/data/a.ts', 'const a = globalThis.process'))).toHaveLength(1)
    expect(foreignNames(house('src/data/a.ts', 'let a: Buffer'))).toHaveLength(1)
    expect(
      foreignNames(house('src/data/a.ts', "// the process\nconst a = 'window'\nstep.process({ window: 1 })")),
    ).toEqual([])
    expect(foreignNames(house('src/data/a.ts', 'for (const window of windows) use(window)'))).toEqual([])
    expect(foreignNames(house('src/node/a.ts', 'const a = process.env'))).toEqual([])
  })

  test('a vague name, a missing comment, a long file', () => {
    expect(vagueNames(house('src/data/utils.ts'))).toHaveLength(1)
    expect(vagueNames(house('src/helpers/a.ts'))).toHaveLength(1)
    expect(withoutFirstComment(house('src/data/a.ts', 'const a = 1'))).toHaveLength(1)
    expect(withoutFirstComment(house('cli/main.ts', '#!/usr/bin/env node', '/* The door. */'))).toEqual([])
    expect(tooLong(house('src/data/a.ts', ...Array.from({ length: 402 }, () => '')))).toHaveLength(1)
    expect(tooLong(house(generated, ...Array.from({ length: 402 }, () => '')))).toEqual([])
  })
})
