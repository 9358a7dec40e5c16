/* The pictures in docs/ are those that the library draws. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pictures } from '../../tools/pictures.mjs'
import { root } from '../../tools/run.mjs'

test('every picture in docs/ is drawn again byte for byte', async () => {
  for (const [path, picture] of await pictures())
    expect(await readFile(join(root, path), 'utf8'), `${path}: run node tools/pictures.mjs`).toBe(picture)
})
