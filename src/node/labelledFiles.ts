/* Labelled texts on disk, whatever form they have: a table, JSON lines, or a folder whose files or folders are the classes. */
import { readdir, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import type { ItemCorpus, LabelledText } from '../data/corpora/items.js'
import type { LabelledColumns } from '../data/readers/rows.js'
import { ConfigurationError, FileFormatError } from '../errors.js'
import { explained, readTextFile } from './files.js'
import { type HeldOutFiles, type HeldOutSplits, splitWithFiles } from './heldOutFiles.js'
import { type ItemFileOptions, notEmpty, readJSONLinesCorpus } from './itemFiles.js'
import { lineBatches } from './lines.js'
import { readTableCorpus, type TableOptions } from './tables.js'

export type LabelledFileOptions = LabelledColumns & TableOptions & ItemFileOptions

/** Of a folder, these are about the texts and are no class. */
const ABOUT = /^(readme|licen[cs]e|source|citation|\..*)(\..*)?$/i

/**
 * Labelled texts: JSON lines where the name says so (.jsonl, .ndjson), a folder of classes (`readClassFolder`), else a table.
 * @throws ConfigurationError, FileFormatError.
 */
export async function readLabelledCorpus(
  path: string,
  options: LabelledFileOptions = {},
): Promise<ItemCorpus<LabelledText>> {
  if (path !== '-' && (await stat(path).catch(() => undefined))?.isDirectory()) return readClassFolder(path)
  if (/\.(jsonl|ndjson)(\.gz)?$/.test(path)) return readJSONLinesCorpus(path, options)
  return readTableCorpus(path, options)
}

/** `readLabelledCorpus`, split; validation or test may be files of their own. */
export async function readLabelled(
  path: string,
  options: LabelledFileOptions & HeldOutFiles = {},
): Promise<HeldOutSplits<LabelledText>> {
  return splitWithFiles(path => readLabelledCorpus(path, options), path, options)
}

/**
 * A folder whose files are the classes, with a text in each line: the class is the file's name without its ending (or its
 * ending, where the names are the same: rt-polarity.pos, rt-polarity.neg). Or a folder of folders, which are the classes,
 * with a text in each file. README, LICENSE, SOURCE and hidden files are passed over.
 * @throws ConfigurationError, FileFormatError for a class without texts.
 */
export async function readClassFolder(path: string): Promise<ItemCorpus<LabelledText>> {
  const inside = async (folder: string) => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(error => {
      throw explained(error, folder, 'read')
    })
    return entries.filter(({ name }) => !ABOUT.test(name)).sort((a, b) => (a.name < b.name ? -1 : 1))
  }
  const entries = await inside(path)
  const folders = entries.filter(entry => entry.isDirectory())
  const items: LabelledText[] = []
  const take = (label: string, texts: readonly string[], where: string) => {
    const held = texts.filter(text => text.trim() !== '')
    if (held.length === 0) throw new FileFormatError(`${where}: the class ${label} has no texts; fill it or remove it`)
    for (const text of held) items.push({ text, label })
  }
  for (const { name } of folders) {
    const files = (await inside(join(path, name))).filter(entry => entry.isFile())
    const texts: string[] = []
    for (const file of files) texts.push(await readTextFile(join(path, name, file.name)))
    take(name, texts, join(path, name))
  }
  if (folders.length === 0) {
    const files = entries.map(({ name }) => name)
    const nameOf = classNames(files)
    for (const file of files) {
      const texts: string[] = []
      for await (const { lines } of lineBatches(join(path, file))) texts.push(...lines)
      take(nameOf(file), texts, join(path, file))
    }
  }
  if (items.length === 0)
    throw new ConfigurationError(
      `${path}: a folder to learn classes from must hold a file or a folder for each; it is empty`,
    )
  return notEmpty(items, path, 'texts')
}

/** What each file's class is called. */
function classNames(files: readonly string[]): (file: string) => string {
  const plain = (file: string) => file.replace(/\.gz$/, '')
  const stem = (file: string) => basename(plain(file), extname(plain(file)))
  const ending = (file: string) => extname(plain(file)).slice(1)
  const eachOnce = (of: (file: string) => string) => new Set(files.map(of)).size === files.length
  return eachOnce(stem) ? stem : eachOnce(ending) ? ending : plain
}
