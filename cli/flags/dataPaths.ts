/* Paths in a run's configuration. config.yaml holds them absolute, so that a run is gone on with from any folder; what is
 * shown to people is as short as it can be from the folder at hand. */
import { existsSync } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'

/** Whether a key of a run's configuration may name a file or a folder to read. */
export const isPathKey = (key: string): boolean => key === 'data' || key === 'embedding' || key.endsWith('File')

/** What `embedding` may be instead of a file, whatever files there are. */
const KINDS_OF_EMBEDDING = ['learned', 'one-hot']

/** With absolute paths. Names of built-in corpora, and `-`, are no paths. */
export function withAbsolutePaths<V extends object>(values: V): V {
  return changed(values, path => (existsSync(path) ? resolve(path) : path))
}

/** With paths relative to the current folder where they lie in it. */
export function withShortPaths<V extends object>(values: V): V {
  return changed(values, shortPath)
}

export function shortPath(path: string): string {
  if (!isAbsolute(path)) return path
  const short = relative(process.cwd(), path)
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short
}

function changed<V extends object>(values: V, change: (path: string) => string): V {
  const paths = Object.entries(values).filter(
    ([key, value]) =>
      isPathKey(key) && typeof value === 'string' && value !== '-' && !KINDS_OF_EMBEDDING.includes(value),
  )
  return { ...values, ...Object.fromEntries(paths.map(([key, value]) => [key, change(value)])) }
}
