/* The quickstart's corpus: the declarations of the TypeScript standard library (lib.*.d.ts of the installed typescript
 * package, without lib.webworker*, which repeats lib.dom). About 2.8 million characters of code with English comments.
 *
 * What is done to the text. Licence headers, section banners and `/// <reference` lines go. Each file is cut into its
 * top-level declarations, a doc comment staying with what it describes. Doc comments are set tight: the marks that open and
 * close them stand on the first and last line of the comment's words, and lines of a lone asterisk go; not a word is
 * changed. (Set loose, these marks alone are 31 % of all lines, and held-out text could not be said to be new.) Repeated
 * declarations are removed. Declarations of one name (an interface, its constructor, its additions in later editions)
 * become one piece, so that no part holds half of one.
 *
 * How it is split. The library repeats itself: typed arrays are copies of each other, 230 interfaces declare the same
 * addEventListener. A model that has seen these lines in training is not tested by them. So a piece may be held out
 * only if less than `mostShared` of its lines stand in any other piece, every non-blank line counted, `}` too; the rest
 * always trains. That bounds what training can share with either held-out part, whatever the seed, and takes nothing
 * out of a declaration. The price: held-out declarations are the more individual ones (few short ones, no typed
 * arrays), so the held-out loss tells how a model does on new declarations, not on the library's average. */

import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { splitPieces, type TextSplits } from '../data/corpora/corpus.js'
import { ConfigurationError, FileFormatError } from '../errors.js'
import { readTextFile } from './files.js'

export interface LibraryDeclarationsOptions {
  /** Which declarations are held out. Default 1. */
  seed?: number | undefined
  /** A file or `file:` address from whose place the typescript package is looked up. Default: this library's. */
  from?: string | URL | undefined
}

const name = 'TypeScript library declarations'

// The held-out parts then share 5 to 8 % of their lines with training (every seed from 1 to 60; 4 % at most of the lines
// with a letter: most of the rest is `}`), and 0.53 of the 2.8 million characters may be drawn. At 0.15 some seeds reach
// 11 %.
const MAX_SHARED = 0.12

// A larger piece would be half of a held-out part by itself, and the part's loss that of one declaration.
const LARGEST_HELD_OUT = 40_000

/**
 * The declarations of the TypeScript standard library, split into training (90 %), validation (5 %) and test (5 %).
 * Under 10 % of the non-blank lines of either held-out part also stand in training.
 * @throws ConfigurationError when the
 * typescript package is not installed.
 */
export async function readLibraryDeclarations({
  seed = 1,
  from = import.meta.url,
}: LibraryDeclarationsOptions = {}): Promise<TextSplits> {
  const pieces = piecesByName(await readDeclarations(await libraryFiles(from)))
  const lines = pieces.map(linesOf)
  const standsIn = new Map<string, number>()
  for (const own of lines) for (const line of new Set(own)) standsIn.set(line, (standsIn.get(line) ?? 0) + 1)
  const mayBeHeldOut = (piece: string, index: number) => {
    const shared = lines[index].filter(line => (standsIn.get(line) ?? 0) > 1).length
    return piece.length <= LARGEST_HELD_OUT && shared < MAX_SHARED * lines[index].length
  }
  return splitPieces(pieces, { seed, name, mayBeHeldOut })
}

async function libraryFiles(from: string | URL): Promise<string[]> {
  const cure = 'install it with: npm install --save-dev typescript@6'
  let folder: string
  try {
    folder = join(dirname(createRequire(from).resolve('typescript/package.json')), 'lib')
  } catch (error) {
    throw new ConfigurationError(`${name}: the npm package typescript was not found; ${cure}`, { cause: error })
  }
  const files = await readdir(folder).catch(() => [])
  const wanted = files.filter(file => /^lib\..+\.d\.ts$/.test(file) && !file.startsWith('lib.webworker'))
  if (wanted.length === 0) throw new ConfigurationError(`${name}: ${folder} holds no lib.*.d.ts; ${cure}`)
  return wanted.sort().map(file => join(folder, file))
}

async function readDeclarations(files: readonly string[]): Promise<string[]> {
  const declarations = new Set<string>()
  for (const file of files) {
    for (const declaration of topLevelDeclarations(await readTextFile(file), file)) {
      declarations.add(withTightComments(declaration))
    }
  }
  return [...declarations]
}

// A comment within the line or to its end, a string, or any other character.
const tokens = /\/\*.*?\*\/|\/[/*].*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|./g

/**
 * The top-level declarations of a declaration file, each with the doc comment before it. A declaration ends with the
 * line that closes its last bracket and ends in `;` or `}`. That is all of the grammar that such files need.
 */
export function topLevelDeclarations(text: string, where: string): string[] {
  const declarations: string[] = []
  let comment: string[] = []
  let declaration: string[] = []
  let depth = 0
  let inComment = false
  for (const line of text.split('\n')) {
    const beganInComment = inComment
    const closes: number = inComment ? line.indexOf('*/') : -2
    inComment = closes === -1
    let code = ''
    for (const [token] of inComment ? [] : line.slice(closes + 2).matchAll(tokens)) {
      if (token.startsWith('//')) break
      if (token.startsWith('/*')) inComment = !token.endsWith('*/') || token === '/*/'
      else {
        if ('({['.includes(token)) depth++
        else if (')}]'.includes(token)) depth--
        code += token
      }
    }
    code = code.trim()
    const outside = declaration.length === 0
    if (outside && code === '') {
      if (!beganInComment) comment = []
      if (line.trim() !== '' && !(line.startsWith('//') && !beganInComment)) comment.push(line)
      continue
    }
    declaration.push(line)
    if (depth === 0 && !inComment && /[;}]$/.test(code)) {
      const doc = comment[0]?.startsWith('/**') ? comment : []
      declarations.push([...doc, ...declaration].join('\n'))
      comment = []
      declaration = []
    }
  }
  if (declaration.length > 0 || depth !== 0 || inComment) {
    const came = JSON.stringify((declaration[0] ?? '').slice(0, 60))
    throw new FileFormatError(`${where}: every declaration must end; ${came} does not; install typescript again`)
  }
  return declarations
}

/** Sets multi-line doc comments tight and drops blank lines. */
function withTightComments(declaration: string): string {
  const out: string[] = []
  let words: string[] | undefined
  let indent = ''
  for (const line of declaration.split('\n')) {
    let rest = line.trim()
    if (words === undefined) {
      if (!rest.startsWith('/**') || rest.includes('*/')) {
        if (rest !== '') out.push(line.trimEnd())
        continue
      }
      words = []
      indent = line.slice(0, line.indexOf('/'))
      rest = rest.slice(3)
    }
    const ends = rest.endsWith('*/')
    if (ends) rest = rest.slice(0, -2)
    rest = rest.replace(/^\* ?/, '').trimEnd()
    if (rest.trim() !== '') words.push(words.length === 0 ? rest.trimStart() : rest)
    if (!ends) continue
    if (words.length > 0) out.push(`${indent}/** ${words.join(`\n${indent} * `)} */`)
    words = undefined
  }
  return out.join('\n')
}

/** The declarations of each name together, in the order in which the names come up, a blank line after each. */
function piecesByName(declarations: readonly string[]): string[] {
  const pieces = new Map<string, string>()
  for (const declaration of declarations) {
    const named = /^(?:(?:export|declare|abstract|interface|type|var|let|const|function|namespace|class) )+([\w$]+)/m
    const key = named.exec(declaration)?.[1] ?? declaration
    pieces.set(key, `${pieces.get(key) ?? ''}${declaration}\n\n`)
  }
  return [...pieces.values()]
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
}
