/* What a shared library is and offers, read from its own headers: ELF (Linux), Mach-O (macOS), PE (Windows); 64 bits,
 * little-endian. So that a file made here for another system can be checked without that system.
 *
 * Sources: System V ABI, "Object files"; <mach-o/loader.h>; Microsoft, "PE Format". */

/**
 * @typedef {object} Binary
 * @property {string} platform it is for, as Node names it
 * @property {string} arch as Node names it
 * @property {string[]} exports symbols that others may bind to
 * @property {string[]} imports symbols that it wants of others
 * @property {string[]} libraries it asks the system for
 */

/**
 * @param {Uint8Array} bytes of a file
 * @returns {Binary}
 */
export function readBinary(bytes) {
  const reader = new Reader(bytes)
  if (reader.u32(0) === 0x464c457f) return readElf(reader)
  if (reader.u32(0) === 0xfeedfacf) return readMachO(reader)
  if (reader.u16(0) === 0x5a4d) return readPe(reader)
  throw new Error('neither ELF, 64-bit Mach-O nor PE')
}

/** Numbers at places of a file; places past its end are an error that says so. */
class Reader {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  /** @template T @param {() => T} read @param {number} at @returns {T} */
  guarded(read, at) {
    try {
      return read()
    } catch {
      throw new Error(`it ends before byte ${at}`)
    }
  }
  /** @param {number} at */
  u16(at) {
    return this.guarded(() => this.view.getUint16(at, true), at)
  }
  /** @param {number} at */
  u32(at) {
    return this.guarded(() => this.view.getUint32(at, true), at)
  }
  /** @param {number} at */
  u64(at) {
    return this.guarded(() => Number(this.view.getBigUint64(at, true)), at)
  }
  /** Text that ends with a zero byte. @param {number} at */
  text(at) {
    const end = this.bytes.indexOf(0, at)
    if (at >= this.bytes.length || end < 0) throw new Error(`it ends before byte ${at}`)
    return Buffer.from(this.bytes.subarray(at, end)).toString('latin1')
  }
}

/** @param {Record<number, string>} names @param {number} code @param {string} what */
function named(names, code, what) {
  const name = names[code]
  if (!name) throw new Error(`its ${what} is 0x${code.toString(16)}, which none of ours has`)
  return name
}

/** @param {Reader} file @returns {Binary} */
function readElf(file) {
  if (file.u16(16) !== 3) throw new Error('ELF, but not a shared library')
  const arch = named({ 62: 'x64', 183: 'arm64' }, file.u16(18), 'machine')
  const sections = file.u64(40)
  const size = file.u16(58)
  const offsetOf = (/** @type {number} */ index) => file.u64(sections + index * size + 24)
  /** @type {Binary} */
  const found = { platform: 'linux', arch, exports: [], imports: [], libraries: [] }
  for (let index = 0; index < file.u16(60); index++) {
    const header = sections + index * size
    const type = file.u32(header + 4)
    const begin = file.u64(header + 24)
    const end = begin + file.u64(header + 32)
    const strings = offsetOf(file.u32(header + 40))
    if (type === 6) {
      // .dynamic: pairs of tag and value; NEEDED is 1.
      for (let at = begin; at < end; at += 16)
        if (file.u64(at) === 1) found.libraries.push(file.text(strings + file.u64(at + 8)))
    } else if (type === 11) {
      // .dynsym; the first entry is empty.
      for (let at = begin + 24; at < end; at += 24) {
        const isUndefined = file.u16(at + 6) === 0
        found[isUndefined ? 'imports' : 'exports'].push(file.text(strings + file.u32(at)))
      }
    }
  }
  return found
}

/** In every library of macOS, as names of its own beginning. */
const madeByLinker = ['_mh_dylib_header', '__dso_handle']

/** @param {Reader} file @returns {Binary} */
function readMachO(file) {
  const arch = named({ 16777223: 'x64', 16777228: 'arm64' }, file.u32(4), 'processor')
  if (![6, 8].includes(file.u32(12))) throw new Error('Mach-O, but neither a library nor a bundle')
  /** @type {Binary} */
  const found = { platform: 'darwin', arch, exports: [], imports: [], libraries: [] }
  for (let at = 32, left = file.u32(16); left > 0; left--, at += file.u32(at + 4)) {
    const command = file.u32(at)
    if (command === 0x0c) found.libraries.push(file.text(at + file.u32(at + 8)))
    if (command !== 2) continue
    // LC_SYMTAB: C names stand with an underscore before them.
    const [symbols, count, strings] = [file.u32(at + 8), file.u32(at + 12), file.u32(at + 16)]
    for (let symbol = symbols; symbol < symbols + count * 16; symbol += 16) {
      const kind = file.bytes[symbol + 4] ?? 0
      const isExternal = (kind & 1) === 1 && (kind & 0x10) === 0 && (kind & 0xe0) === 0
      const isUndefined = (kind & 0x0e) === 0
      const name = file.text(strings + file.u32(symbol)).replace(/^_/, '')
      if (isExternal && !madeByLinker.includes(name)) found[isUndefined ? 'imports' : 'exports'].push(name)
    }
  }
  return found
}

/** @param {Reader} file @returns {Binary} */
function readPe(file) {
  const header = file.u32(0x3c)
  if (file.u32(header) !== 0x4550) throw new Error('it begins as a DOS program does, but is no PE')
  const arch = named({ 34404: 'x64', 43620: 'arm64' }, file.u16(header + 4), 'machine')
  if ((file.u16(header + 22) & 0x2000) === 0) throw new Error('PE, but not a DLL')
  const optional = header + 24
  if (file.u16(optional) !== 0x20b) throw new Error('PE, but not of 64 bits')
  const sections = optional + file.u16(header + 20)
  // Directories give addresses as loaded; a section says where in the file such an address stands.
  const placeOf = (/** @type {number} */ address) => {
    for (let i = 0; i < file.u16(header + 6); i++) {
      const section = sections + i * 40
      const from = file.u32(section + 12)
      if (address >= from && address < from + file.u32(section + 16)) return address - from + file.u32(section + 20)
    }
    throw new Error(`no section holds address 0x${address.toString(16)}`)
  }
  /** @type {Binary} */
  const found = { platform: 'win32', arch, exports: [], imports: [], libraries: [] }
  const exported = file.u32(optional + 112)
  if (exported) {
    const table = placeOf(exported)
    const names = placeOf(file.u32(table + 32))
    for (let i = 0; i < file.u32(table + 24); i++) found.exports.push(file.text(placeOf(file.u32(names + 4 * i))))
  }
  const imported = file.u32(optional + 120)
  if (!imported) return found
  for (let at = placeOf(imported); file.u32(at + 12) !== 0; at += 20) {
    found.libraries.push(file.text(placeOf(file.u32(at + 12))))
    for (let thunk = placeOf(file.u32(at) || file.u32(at + 16)); file.u64(thunk) !== 0; thunk += 8)
      // The top bit means a number instead of a name, which follows a two-byte hint.
      if (file.u64(thunk) < 2 ** 63) found.imports.push(file.text(placeOf(file.u32(thunk)) + 2))
  }
  return found
}
