// JSON (RFC 8259) for headers that nobody vouches for. Unlike JSON.parse it refuses a key that stands twice (two readers
// would believe two different files), bounds the nesting, and gives objects as Maps, so that a key `__proto__` is a key.

export type StrictJson = null | boolean | number | string | StrictJson[] | Map<string, StrictJson>

/** What is wrong with a text that is not strict JSON, without saying where the text comes from. */
export class StrictJsonError extends Error {}

// A number, or what may stand between the quotes of a string; control characters must be escaped.
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

/** Parses all of `text`; objects and lists may stand `maxDepth` deep in each other. Throws StrictJsonError. */
export function parseStrictJson(text: string, maxDepth: number): StrictJson {
  let at = 0

  const fail = (problem: string): never => {
    throw new StrictJsonError(`${problem} at character ${at}`)
  }

  const skipSpace = () => {
    while (at < text.length && ' \t\n\r'.includes(text[at])) at++
  }

  /** Whether `mark` comes next; if so it is passed. */
  const pass = (mark: string): boolean => {
    skipSpace()
    if (text[at] !== mark) return false
    at++
    return true
  }

  const parseString = (): string => {
    const start = at++
    while (text[at] !== '"') {
      if (at >= text.length) return fail('a string that does not end')
      at += text[at] === '\\' ? 2 : 1
    }
    at++
    try {
      return JSON.parse(text.slice(start, at)) as string
    } catch {
      at = start
      return fail('a string with a bad escape or a bare control character')
    }
  }

  const parseObject = (depth: number): Map<string, StrictJson> => {
    const object = new Map<string, StrictJson>()
    if (pass('}')) return object
    do {
      skipSpace()
      if (text[at] !== '"') fail('a key was expected')
      const key = parseString()
      if (object.has(key)) fail(`the key ${JSON.stringify(key.slice(0, 60))} stands twice`)
      if (!pass(':')) fail('":" was expected')
      object.set(key, parseValue(depth))
    } while (pass(','))
    if (!pass('}')) fail('"," or "}" was expected')
    return object
  }

  const parseList = (depth: number): StrictJson[] => {
    const list: StrictJson[] = []
    if (pass(']')) return list
    do list.push(parseValue(depth))
    while (pass(','))
    if (!pass(']')) fail('"," or "]" was expected')
    return list
  }

  const parseValue = (depth: number): StrictJson => {
    skipSpace()
    const mark = text[at]
    if (mark === '"') return parseString()
    if (mark === '{' || mark === '[') {
      if (depth === 0) fail(`nesting deeper than ${maxDepth}`)
      at++
      return mark === '{' ? parseObject(depth - 1) : parseList(depth - 1)
    }
    for (const [word, value] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (text.startsWith(word, at)) {
        at += word.length
        return value
      }
    }
    numberPattern.lastIndex = at
    const number = numberPattern.exec(text)?.[0]
    if (number === undefined) return fail('a value was expected')
    at += number.length
    return Number(number)
  }

  const value = parseValue(maxDepth)
  skipSpace()
  if (at < text.length) fail('the end was expected')
  return value
}
