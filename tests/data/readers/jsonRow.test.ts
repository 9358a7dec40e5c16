/* Lines of JSON become rows, or are refused before they fill the memory. */
import { describe, expect, it } from 'vitest'
import { jsonRowOf } from '../../../src/data/readers/jsonRow.js'
import { FileFormatError } from '../../../src/errors.js'

const refused = (line: string, message: RegExp) => {
  const begin = performance.now()
  expect(() => jsonRowOf(line, 'f, line 3')).toThrow(FileFormatError)
  expect(() => jsonRowOf(line, 'f, line 3')).toThrow(message)
  expect(performance.now() - begin).toBeLessThan(1000)
}

describe('a line of JSON', () => {
  it('is an object', () => {
    expect(jsonRowOf('{"a": [1, "x"], "__proto__": 2}', 'f')).toHaveProperty('a', [1, 'x'])
    for (const line of ['', '{', '[1]', 'null', '3']) refused(line, /^f, line 3: a line must be a JSON object; /)
  })

  it('may be long', () => {
    const inputs = Array.from({ length: 200_000 }, (_, i) => [i, i + 0.5])
    const text = '[{"\\'.repeat(100_000)
    const line = JSON.stringify({ inputs, text })
    expect(JSON.stringify(jsonRowOf(line, 'f')) === line).toBe(true)
  })

  it('is refused where it nests without end, never closes, or holds millions of lists', () => {
    refused(
      '['.repeat(10_000_000),
      /^f, line 3: .*; lists and objects may stand 32 deep in each other; these are deeper; mend/,
    )
    refused(`{"a":${'{"b":'.repeat(1_000_000)}`, /may stand 32 deep/)
    refused(`{"a":[${'[],'.repeat(2_000_000)}`, /its brackets do not close/)
    refused(`{"a":[[]${',[]'.repeat(2_000_000)}]}`, /it may hold 1048576 lists and objects; it holds 2000003; mend/)
    refused(`{"a":"${'x'.repeat(10_000_000)}`, /its brackets do not close/)
  })
})
