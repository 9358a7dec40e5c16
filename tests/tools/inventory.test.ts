/* The bill of materials of a release names what is installed with it, and nothing else, with the licences. */
import { describe, expect, it } from 'vitest'
import { type Bom, billOfMaterials, licenceText, runtimeBom } from '../../tools/inventory.mjs'

const component = (name: string) => ({ 'bom-ref': `${name}@1.0.0`, name, version: '1.0.0' })
const bom: Bom = {
  serialNumber: 'urn:uuid:at-random',
  metadata: { timestamp: 'whenever', component: { ...component('recurra'), name: 'clone' } },
  components: ['yaml', 'vite', 'colors', 'bar'].map(component),
  dependencies: [
    { ref: 'recurra@1.0.0', dependsOn: ['yaml@1.0.0', 'vite@1.0.0', 'bar@1.0.0'] },
    { ref: 'vite@1.0.0', dependsOn: ['yaml@1.0.0'] },
    { ref: 'bar@1.0.0', dependsOn: ['colors@1.0.0'] },
    { ref: 'yaml@1.0.0', dependsOn: [] },
    { ref: 'colors@1.0.0', dependsOn: [] },
  ],
}
const library = { name: 'recurra', direct: ['bar', 'yaml'], timestamp: '2026-01-01T00:00:00.000Z' }

describe('the bill of materials', () => {
  it('holds what the library needs and what that needs, a package that tools need too among them', () => {
    const { components, dependencies } = runtimeBom(bom, library)
    expect(components.map(({ name }) => name)).toEqual(['bar', 'colors', 'yaml'])
    expect(dependencies[0]).toEqual({ ref: 'recurra@1.0.0', dependsOn: ['bar@1.0.0', 'yaml@1.0.0'] })
    expect(JSON.stringify(dependencies)).not.toContain('vite')
  })

  it('is the same whenever it is made, and in whatever order npm tells', () => {
    const other = { ...bom, serialNumber: 'another', components: bom.components.toReversed() }
    const made = runtimeBom(other, library)
    expect(JSON.stringify(made)).toBe(JSON.stringify(runtimeBom(bom, library)))
    expect(made).not.toHaveProperty('serialNumber')
    expect(made.metadata).toMatchObject({ timestamp: library.timestamp, component: { name: 'recurra' } })
  })

  it('is refused where it lacks a dependency', () => {
    expect(() => runtimeBom(bom, { ...library, direct: ['zod'] })).toThrow(/does not name zod, which package.json does/)
  })

  it('of this clone names licences that may be passed on, with their texts', async () => {
    const { components } = await billOfMaterials()
    expect(components.length).toBeGreaterThanOrEqual(4)
    for (const { licenses } of components) expect(['MIT', 'ISC', 'Apache-2.0']).toContain(licenses?.[0]?.license.id)
    const text = await licenceText(await billOfMaterials())
    for (const { name, version } of components) expect(text).toContain(`\n${name} ${version}: `)
  })
})
