/* How the page is served and built. `--mode isolated` sends the two headers that make a page cross-origin isolated: only
 * there may memory be shared, and only so can the engine use more than one thread. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

export default defineConfig(({ mode }) => {
  const headers = mode === 'isolated' ? isolation : {}
  return {
    root: fileURLToPath(new URL('.', import.meta.url)),
    // Addresses relative to the page, so that the built folder may lie anywhere on a server.
    base: './',
    // The library stands outside this folder, in ../../dist.
    server: { headers, fs: { allow: [fileURLToPath(new URL('../..', import.meta.url))] } },
    preview: { headers },
    worker: { format: 'es' },
  }
})
