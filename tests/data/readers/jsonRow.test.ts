/* Lines of JSON become rows, or are refused before they fill the memory. */
import { describe, expect, it } from 'vitest'
import { jsonRowOf } from '../../../src/data/readers/jsonRow.js'
import { FileFormatError } from '../../../src/errors.js'
import { processorSeconds } from '../../processorTime.js'

const refused = async (line: string, message: RegExp) => {
  const time = await processorSeconds(() => {
    expect(() => jsonRowOf(line, 'f, line 3')).toThrow(FileFormatError)
    expect(() => jsonRowOf(line, 'f, line 3')).toThrow(message)
  })
  expect(time).toBeLessThan(1)
}

describe('a line of JSON', () => {
  it('is an object', async () => {
    expect(jsonRowOf('{"a": [1, "x"], "__proto__": 2}', 'f')).toHaveProperty('a', [1, 'x'])
    for (const line of ['', '{', '[1]', 'null', '3']) await refused(line, /^f, line 3: a line must be a JSON object; /)
  })

  it('may be long', () => {
    const inputs = Array.from({ length: 200_000 }, (_, i) => [i, i + 0.5])
    const text = '[{"\\'.repeat(100_000)
    const line = JSON.stringify({ inputs, text })
    expect(JSON.stringify(jsonRowOf(line, 'f')) === line).toBe(true)
  })

  it('is refused where it nests without end, never closes, or holds millions of lists', async () => {
    await refused(
      '['.repeat(10_000_000),
      /^f, line 3: .*; lists and objects may stand 32 deep in each other; these are deeper; mend/,
    )
    await refused(`{"a":${'{"b":'.repeat(1_000_000)}`, /may stand 32 deep/)
    await refused(`{"a":[${'[],'.repeat(2_000_000)}`, /its brackets do not close/)
    await refused(
      `{"a":[[]${',[]'.repeat(2_000_000)}]}`,
      /it may hold 1048576 lists and objects; it holds 2000003; mend/,
    )
    await refused(`{"a":"${'x'.repeat(10_000_000)}`, /its brackets do not close/)
  })
})
