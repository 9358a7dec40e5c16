/* Makes src/engine/records.ts from kernels/kernels.h, so that TypeScript and C cannot differ about a record. Reads the
 * header's enums, records and asserted sizes; computes natural C alignment itself, and fails where the two disagree. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { capture, isMain, root, runTool } from './run.mjs'

/** @typedef {{ type: 'place' | 'int32_t' | 'uint32_t' | 'double', name: string, offset: number, comment: string }} Field */
/** @typedef {{ name: string, comment: string, bytes: number, fields: Field[] }} CRecord */
/** @typedef {{ name: string, comment: string }} Entry */
/** @typedef {{ records: CRecord[], enums: Record<string, Entry[]>, recordBytes: number }} Header */

/** Where the generated file stands. */
export const recordsFile = join(root, 'src', 'engine', 'records.ts')

const sizes = { place: 4, int32_t: 4, uint32_t: 4, double: 8 }

/**
 * @param {string} text of kernels.h, with sizes.h behind it
 * @returns {Header} records in the order of `enum kernel`
 */
export function parseHeader(text) {
  const enums = Object.fromEntries(
    [...text.matchAll(/^enum (\w+) \{\n(.*?)^\};/gms)].map(([, name = '', body = '']) => [name, entriesOf(body)]),
  )
  const structs = new Map(
    [...text.matchAll(/(?:\/\*((?:(?!\*\/).)*)\*\/\n)?^struct (\w+)_record \{\n(.*?)^\};/gms)].map(
      ([, comment = '', name = '', body = '']) => [name, layOut(name, plain(comment), body)],
    ),
  )
  for (const [, name = '', bytes] of text.matchAll(/^_Static_assert\(sizeof\(struct (\w+)_record\) == (\d+)/gm)) {
    const computed = structs.get(name)?.bytes
    if (computed !== Number(bytes)) {
      throw new Error(`kernels.h: ${name}_record is asserted to have ${bytes} bytes; its fields make ${computed}`)
    }
  }
  const records = (enums.kernel ?? []).map(entry => {
    const record = structs.get(entry.name.toLowerCase())
    if (!record) throw new Error(`kernels.h: KERNEL_${entry.name} has no struct ${entry.name.toLowerCase()}_record`)
    return record
  })
  if (records.length !== structs.size) throw new Error('kernels.h: a record has no entry in enum kernel')
  const recordBytes = Number(/^#define RECORD_BYTES (\d+)/m.exec(text)?.[1])
  const largest = Math.max(...records.map(record => record.bytes))
  if (!(largest <= recordBytes)) throw new Error(`kernels.h: RECORD_BYTES is ${recordBytes}; a record has ${largest}`)
  return { records, enums, recordBytes }
}

/** @param {string} body of an enum @returns {Entry[]} names without their common prefix; the count at the end left out */
function entriesOf(body) {
  return [...body.matchAll(/^ {2}[A-Z0-9]+_(\w+),? *(?:\/\*(.*?)\*\/)?$/gm)]
    .map(([, name = '', comment = '']) => ({
      name,
      comment: plain(
        comment
          .trim()
          .replace(/ {2,}(?=\()/g, ' ')
          .replace(/ {2,}/g, '; '),
      ),
    }))
    .filter(entry => entry.name !== 'COUNT')
}

/**
 * @param {string} name
 * @param {string} comment
 * @param {string} body
 * @returns {CRecord}
 */
function layOut(name, comment, body) {
  /** @type {Field[]} */
  const fields = []
  let end = 0
  let alignment = 4
  for (const line of body.split('\n').filter(each => each.trim() !== '')) {
    const match = /^ {2}(place|int32_t|uint32_t|double) (\w+); *(?:\/\*(.*)\*\/)?$/.exec(line)
    if (!match) throw new Error(`kernels.h: ${name}_record has a line that is no field: ${line.trim()}`)
    const type = /** @type {Field['type']} */ (match[1])
    const offset = Math.ceil(end / sizes[type]) * sizes[type]
    fields.push({ type, name: match[2] ?? '', offset, comment: plain(match[3] ?? '') })
    end = offset + sizes[type]
    alignment = Math.max(alignment, sizes[type])
  }
  if (fields.some((field, index) => field.name === 'workspace' && index > 0)) {
    throw new Error(`kernels.h: workspace must come first in ${name}_record`)
  }
  return { name, comment, bytes: Math.ceil(end / alignment) * alignment, fields }
}

/** @param {string} comment with the stars and the spaces of its layout */
function plain(comment) {
  return comment.replace(/\n \*/g, '\n').replace(/\s+/g, ' ').trim()
}

/**
 * @param {Header} header
 * @returns {string} TypeScript, not yet formatted
 */
export function generate({ records, enums, recordBytes }) {
  return `${head}
/** Room for the largest record, in bytes. */
export const RECORD_BYTES = ${recordBytes}

/** What one step of a cell is: the \`cell\` field of the recurrence records. */
${numbered('cell', enums.cell ?? [])}

/** The \`operation\` field of ElementwiseRecord. */
${numbered('elementwiseOperation', enums.elementwise ?? [])}

${records.map(recordSource).join('\n\n')}

/** Every kernel, by its number. */
export const kernels: readonly KernelDefinition<object>[] = Object.freeze([
${records.map(record => camel(record.name)).join(', ')}
])
`
}

const head = `/* The record of every kernel: how its arguments are written into the heap, and read back. Generated from
 * kernels/kernels.h by \`node tools/records.mjs\`; change that file, not this one. */

/** A record as it is read back: every field is there, 0 where the caller gave none. */
export type CompleteRecord<R extends object> = { readonly [Field in keyof R]-?: number }

/** One kernel's number and record. \`at\` is the byte offset of the record in the heap, a multiple of 8. */
export interface KernelDefinition<R extends object> {
  readonly name: string
  readonly number: number
  /** Size of the record. */
  readonly bytes: number
  /** Whether the kernel needs scratch memory, whose place is then the last argument of \`write\`; 0 where it does not. */
  readonly usesWorkspace: boolean
  write(words: Int32Array, doubles: Float64Array, at: number, record: R, workspace: number): void
  read(words: Int32Array, doubles: Float64Array, at: number): CompleteRecord<R>
}
`

/** @param {string} name @param {Entry[]} entries */
function numbered(name, entries) {
  const lines = entries.map((entry, number) => `${jsdoc(entry.comment)}${camel(entry.name.toLowerCase())}: ${number},`)
  return `export const ${name} = {\n${lines.join('\n')}\n} as const`
}

/** @param {CRecord} record @param {number} number */
function recordSource(record, number) {
  const name = camel(record.name)
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Record`
  const given = record.fields.filter(field => field.name !== 'workspace')
  const usesWorkspace = given.length < record.fields.length
  const hasWords = record.fields.some(field => field.type !== 'double')
  const hasDoubles = record.fields.some(field => field.type === 'double')
  const members = given.map(
    field => `${jsdoc(field.comment)}${camel(field.name)}${isOptional(field) ? '?: number | undefined' : ': number'}`,
  )
  const writes = record.fields.map(field => {
    if (field.name === 'workspace') return `${slot(field)} = workspace`
    return `${slot(field)} = record.${camel(field.name)}${isOptional(field) ? ' ?? 0' : ''}`
  })
  const unsigned = (/** @type {Field} */ field) => field.type === 'place' || field.type === 'uint32_t'
  const reads = given.map(field => `${camel(field.name)}: ${slot(field)}${unsigned(field) ? ' >>> 0' : ''},`)
  const views = `${hasWords ? 'words' : '_words'}, ${hasDoubles ? 'doubles' : '_doubles'}, at`
  const bases = `${hasWords ? 'const word = at / 4\n' : ''}${hasDoubles ? 'const double = at / 8\n' : ''}`
  return `${jsdoc(record.comment)}export interface ${type} {
${members.join('\n')}
}

export const ${name}: KernelDefinition<${type}> = Object.freeze({
name: '${name}', number: ${number}, bytes: ${record.bytes}, usesWorkspace: ${usesWorkspace},
write(${parameters(views)}, record: ${type}${usesWorkspace ? ', workspace: number' : ''}) {
${bases}${writes.join('\n')}
},
read(${parameters(views)}) {
${bases}return {
${reads.join('\n')}
}
},
})`
}

/** @param {string} views */
function parameters(views) {
  const [words, doubles, at] = views.split(', ')
  return `${words}: Int32Array, ${doubles}: Float64Array, ${at}: number`
}

/** @param {Field} field @returns {string} the element of the heap that holds it */
function slot({ type, offset }) {
  const index = offset / sizes[type]
  const base = type === 'double' ? 'double' : 'word'
  return `${base}s[${base}${index === 0 ? '' : ` + ${index}`}]`
}

/** @param {Field} field */
function isOptional(field) {
  return /\bor 0\b/.test(field.comment)
}

/** @param {string} name */
function camel(name) {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())
}

/** @param {string} comment @returns {string} in lines of at most 118 characters */
function jsdoc(comment) {
  if (comment === '') return ''
  if (comment.length < 100) return `/** ${comment} */\n`
  const lines = ['']
  for (const word of comment.split(' ')) {
    const last = lines.length - 1
    if (`${lines[last]} ${word}`.length > 114) lines.push(` ${word}`)
    else lines[last] += ` ${word}`
  }
  return `/**\n${lines.map(line => ` *${line}`).join('\n')}\n */\n`
}

/** @returns {Promise<string>} what records.ts must hold, formatted */
export async function makeRecords() {
  const headers = ['kernels.h', 'sizes.h'].map(name => readFile(join(root, 'kernels', name), 'utf8'))
  const source = generate(parseHeader((await Promise.all(headers)).join('')))
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome')
  const args = [biome, 'format', '--stdin-file-path=src/engine/records.ts']
  const { code, stdout, stderr } = await capture(process.execPath, args, { input: source })
  if (code !== 0) throw new Error(`records: biome could not format the generated source: ${stderr.trim()}`)
  return stdout
}

if (isMain(import.meta.url)) {
  await runTool(async () => {
    await writeFile(recordsFile, await makeRecords())
    return 0
  })
}
