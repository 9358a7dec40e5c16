/* What a release is made of: the packages that are installed with the library, as a software bill of materials in CycloneDX
 * (from `npm sbom`) and as a text with their licences. Both are the same whenever they are made from the same sources. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { capture, root } from './run.mjs'

/** The file in the library's package that holds the licences of the packages installed with it. */
export const licencesFile = 'THIRD-PARTY-LICENSES.txt'

/**
 * @typedef {{ 'bom-ref': string, name: string, version: string, licenses?: { license: { id?: string, name?: string } }[],
 *   hashes?: { alg: string, content: string }[] }} Component
 * @typedef {{ serialNumber?: string, metadata: { timestamp: string, component: Component }, components: Component[],
 *   dependencies: { ref: string, dependsOn: string[] }[] }} Bom
 */

/**
 * The bill of materials of the library as it is installed: what package.json names as dependencies, and what those need.
 * `npm sbom --omit dev` leaves out a package that a development tool needs too, so what is needed is found here.
 * @returns {Promise<Bom>}
 */
export async function billOfMaterials() {
  const args = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx']
  const { code, stdout, stderr } = await capture('npm', args, { shell: process.platform === 'win32' })
  if (code !== 0) throw new Error(`npm sbom ended with code ${code}: ${stderr.trim() || stdout.trim()}`)
  const { name, dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  return runtimeBom(JSON.parse(stdout), { name, direct: Object.keys(dependencies), timestamp: await sourceTime() })
}

/**
 * @param {Bom} bom of all packages
 * @param {{ name: string, direct: readonly string[], timestamp: string }} library its name, what it depends on, its time
 * @returns {Bom} of the library and what is installed with it, in the order of the names
 */
export function runtimeBom(bom, { name, direct, timestamp }) {
  const { serialNumber: _, metadata, components, dependencies, ...rest } = bom
  const needs = new Map(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))
  const top = metadata.component['bom-ref']
  const isDirect = (/** @type {string} */ ref) => direct.some(dependency => ref.startsWith(`${dependency}@`))
  const wanted = new Set((needs.get(top) ?? []).filter(isDirect))
  const missing = direct.find(dependency => ![...wanted].some(ref => ref.startsWith(`${dependency}@`)))
  if (missing) throw new Error(`npm sbom does not name ${missing}, which package.json does`)
  for (const ref of wanted) for (const needed of needs.get(ref) ?? []) wanted.add(needed)
  const sorted = components
    .filter(component => wanted.has(component['bom-ref']))
    .sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1))
  return {
    ...rest,
    // npm names the library after the folder of the clone.
    metadata: { ...metadata, timestamp, component: { ...metadata.component, name } },
    components: sorted,
    dependencies: [top, ...sorted.map(component => component['bom-ref'])].map(ref => ({
      ref,
      dependsOn: (needs.get(ref) ?? []).filter(needed => wanted.has(needed)).sort(),
    })),
  }
}

/** The time of the sources: SOURCE_DATE_EPOCH (reproducible-builds.org), else that of the last commit. */
async function sourceTime() {
  const seconds = process.env.SOURCE_DATE_EPOCH ?? (await capture('git', ['log', '-1', '--format=%ct'])).stdout.trim()
  if (!/^\d+$/.test(seconds))
    throw new Error('release: give the time of the sources as SOURCE_DATE_EPOCH: there is no git')
  return new Date(Number(seconds) * 1000).toISOString()
}

/**
 * The licences of what a bill of materials names, with their texts.
 * @param {Bom} bom
 * @returns {Promise<string>}
 */
export async function licenceText({ components }) {
  const parts = components.map(async ({ name, version, licenses = [] }) => {
    const ids = licenses.map(({ license }) => license.id ?? license.name).join(', ')
    if (ids === '') throw new Error(`${name} ${version} names no licence`)
    return `${name} ${version}: ${ids}\n\n${await licenceOf(name)}\n`
  })
  return [
    'Packages that npm installs with recurra, and their licences. The package recurra holds no code of theirs.\n',
    ...(await Promise.all(parts)),
  ].join(`\n${'-'.repeat(80)}\n\n`)
}

/** @param {string} name of a package @returns {Promise<string>} the text of its licence */
async function licenceOf(name) {
  const folder = join(root, 'node_modules', name)
  const file = (await readdir(folder)).find(entry => /^licen[cs]e/i.test(entry))
  if (!file) throw new Error(`${folder}: it holds no text of its licence`)
  return (await readFile(join(folder, file), 'utf8')).replaceAll('\r\n', '\n').trim()
}
