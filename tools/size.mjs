/* node tools/size.mjs [--json]: what a page loads of the library: its JavaScript, bundled for browsers and minified, and
 * each wasm file (a page takes one of the two), as they are and compressed for the network. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build as bundle } from 'vite'
import { build, install } from './prepare.mjs'
import { isMain, root, runTool } from './run.mjs'
import { wasmFiles } from './wasm.mjs'

/** What is bundled: a name, and the module that stands for it. @type {Record<string, string>} */
const entries = {
  'the library': "export * from 'recurra'",
  'LanguageModel alone': "export { LanguageModel } from 'recurra'",
}

/**
 * @typedef {{ name: string, bytes: number, gzip: number, brotli: number }} Size
 * @param {string} name
 * @param {Uint8Array} bytes
 * @returns {Size}
 */
function sizeOf(name, bytes) {
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
  return { name, bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotli.length }
}

/** @param {string} source of the entry @returns {Promise<string>} its minified bundle */
async function bundled(source) {
  const id = 'virtual:entry.js'
  const result = await bundle({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'entry',
        // As if it stood in the root, where `recurra` is this package.
        resolveId: each => (each === id ? join(root, 'entry.js') : undefined),
        load: each => (each === join(root, 'entry.js') ? source : undefined),
      },
    ],
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input: id, preserveEntrySignatures: 'strict' },
    },
  })
  const { output } = /** @type {import('vite').Rolldown.RolldownOutput} */ (result)
  return output.flatMap(file => (file.type === 'chunk' ? [file.code] : [])).join('\n')
}

/** @returns {Promise<Size[]>} of the bundles and of the wasm files, of what stands in dist/ */
export async function sizes() {
  const list = []
  for (const [name, source] of Object.entries(entries)) list.push(sizeOf(name, Buffer.from(await bundled(source))))
  for (const name of wasmFiles)
    list.push(sizeOf(name, await readFile(join(root, 'dist', 'src', 'engine', 'backends', name))))
  return list
}

if (isMain(import.meta.url)) {
  await runTool(async () => {
    await install()
    await build()
    const list = await sizes()
    if (process.argv.includes('--json')) {
      for (const size of list) console.log(JSON.stringify(size))
      return 0
    }
    const kilobytes = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(11)
    console.log(`${''.padEnd(22)}${['minified', 'gzip', 'brotli'].map(each => each.padStart(11)).join('')}`)
    for (const { name, bytes, gzip, brotli } of list)
      console.log(`${name.padEnd(22)}${[bytes, gzip, brotli].map(kilobytes).join('')}`)
    return 0
  })
}
