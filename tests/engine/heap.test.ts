/* The one memory: who owns which bytes, what a scope gives back, and what happens where there is no more. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import { Heap } from '../../src/engine/heap.js'
import { openEngine } from '../../src/engine/open.js'
import { add } from '../../src/engine/operations/operations.js'
import type { Tensor } from '../../src/engine/tensor.js'
import { BackendError, ShapeError } from '../../src/errors.js'

const START = 1000
const newHeap = () => new Heap(new WebAssembly.Memory({ initial: 1, maximum: 65536 }), START)

/** What a call throws; its message must be one line. */
function thrown(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    expect((error as Error).message).not.toContain('\n')
    return error as Error
  }
  throw new Error('nothing was thrown')
}

type Action = { kind: 'allocate' | 'take'; bytes: number } | { kind: 'free'; which: number } | { kind: 'mark' | 'cut' }
const bytes = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 300_000 }))
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('allocate' as const), bytes }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('free' as const), which: fc.nat(1000) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('take' as const), bytes }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('mark' as const, 'cut' as const) }) },
)

describe('places', () => {
  test('are aligned to 64, inside the memory, and no two overlap, however they come and go', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), actions => {
        const heap = newHeap()
        const kept: { place: number; bytes: number }[] = []
        const stack: { place: number; bytes: number }[][] = []
        const marks: ReturnType<Heap['mark']>[] = []
        for (const each of actions) {
          if (each.kind === 'allocate') kept.push({ place: heap.allocate(each.bytes), bytes: each.bytes })
          else if (each.kind === 'free' && kept.length > 0) heap.free(kept.splice(each.which % kept.length, 1)[0].place)
          else if (each.kind === 'mark') {
            marks.push(heap.mark())
            stack.push([])
          } else if (each.kind === 'take' && stack.length > 0)
            stack[stack.length - 1].push({ place: heap.take(each.bytes), bytes: each.bytes })
          else if (each.kind === 'cut') {
            const mark = marks.pop()
            stack.pop()
            if (mark) heap.cut(mark)
          }
          const live = [...kept, ...stack.flat()].sort((a, b) => a.place - b.place)
          live.forEach(({ place, bytes: size }, i) => {
            expect(place % 64).toBe(0)
            expect(place).toBeGreaterThanOrEqual(START)
            const next = live[i + 1]?.place ?? heap.size
            expect(place + Math.max(size, 1)).toBeLessThanOrEqual(next)
          })
        }
        while (marks.length > 0) heap.cut(marks.pop() as ReturnType<Heap['mark']>)
        for (const { place } of kept) heap.free(place)
        expect(heap.used).toBe(0)
        // All gaps have become one: what is taken next starts at the start.
        expect(heap.allocate(heap.size - 2048)).toBe(1024)
      }),
      { numRuns: 200 },
    )
  })

  test('that touch become one gap when both are free, in any order', () => {
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      const heap = newHeap()
      const places = [heap.allocate(100), heap.allocate(200), heap.allocate(300)]
      const last = heap.allocate(64)
      for (const i of order) heap.free(places[i])
      expect(heap.used).toBe(64)
      expect(heap.allocate(128 + 256 + 320)).toBe(places[0])
      expect(last).toBe(places[0] + 128 + 256 + 320)
    }
  })

  test('are freed once, and only where one was given', () => {
    const heap = newHeap()
    const place = heap.allocate(100)
    heap.free(place)
    for (const wrong of [place, place + 64, 0]) {
      const error = thrown(() => heap.free(wrong))
      expect(error).toBeInstanceOf(BackendError)
      expect(error.message).toContain(`heap.free: ${wrong} is not a kept block`)
    }
    expect(heap.used).toBe(0)
  })

  test('outlive growth: the bytes stay, the views are new', () => {
    const heap = newHeap()
    let grown = 0
    heap.grown = () => grown++
    const place = heap.allocate(64)
    heap.words[place / 4] = 42
    const before = heap.words
    heap.allocate(20 << 20)
    expect(grown).toBe(1)
    expect(heap.words === before).toBe(false)
    expect(heap.words[place / 4]).toBe(42)
  })
})

describe('an arena', () => {
  test('gives everything back to the heap when it is empty, and begins the next time with what it needed', () => {
    const heap = newHeap()
    const fill = () => {
      const mark = heap.mark()
      for (let i = 0; i < 100; i++) heap.take(100_000)
      const used = heap.used
      heap.cut(mark)
      expect(heap.used).toBe(0)
      return used
    }
    fill()
    fill()
    const size = heap.size
    for (let i = 0; i < 10; i++) fill()
    expect(heap.size).toBe(size)
  })
})

describe('an engine', () => {
  let engine: Engine
  beforeEach(async () => {
    engine = await openEngine({ backend: 'reference' })
  })
  afterEach(() => engine.close())

  test('gives back, when a scope ends, all that was made in it, in nested scopes too', () => {
    const used = engine.heap.used
    const kept = engine.keep([10])
    const before = engine.heap.used
    engine.scope(() => {
      const outer = engine.from([1, 2, 3])
      const inner = engine.scope(() => engine.scalar(add(engine, outer, engine.from([10, 20, 30]))))
      expect(inner).toBe(11)
      expect([...engine.read(outer)]).toEqual([1, 2, 3])
      const [a, b] = [0, 0].map(() => engine.scope(() => engine.tensor([5]).offset))
      expect(a).toBe(b)
    })
    expect(engine.heap.used).toBe(before)
    engine.release(kept)
    expect(engine.heap.used).toBe(used)
  })

  test('gives it back when the scope throws, and works on', () => {
    const used = engine.heap.used
    const fault = new Error('mine')
    const work = () =>
      engine.scope(() => {
        engine.tensor([1000])
        engine.scope(() => {
          engine.tensor([1000])
          throw fault
        })
      })
    expect(thrown(work)).toBe(fault)
    expect(engine.heap.used).toBe(used)
    expect(engine.scope(() => engine.scalar(engine.from([7])))).toBe(7)
    expect(thrown(() => engine.tensor([1])).message).toContain('tensors are made inside engine.scope')
  })

  test('takes its tape away when what is recorded throws', () => {
    const fault = new Error('mine')
    const work = () =>
      engine.recording(() => {
        throw fault
      })
    expect(thrown(work)).toBe(fault)
    expect(engine.tape).toBeUndefined()
  })

  test('refuses an asynchronous function as a scope', () => {
    const used = engine.heap.used
    const error = thrown(() => engine.scope(async () => engine.tensor([3])))
    expect(error).toBeInstanceOf(BackendError)
    expect(error.message).toContain('a scope has no await inside')
    expect(engine.heap.used).toBe(used)
  })

  test('refuses a tensor whose scope has ended, wherever it is used', () => {
    let lost!: Tensor
    engine.scope(() => {
      lost = engine.from([1, 2])
    })
    const uses: readonly (() => unknown)[] = [
      () => engine.read(lost),
      () => engine.copyOut(lost),
      () => engine.scalar(lost),
      () => engine.write(lost, [1, 2]),
      () => engine.fill(lost, 0),
      () => engine.scope(() => engine.copy(lost, engine.tensor([2]))),
      () => engine.scope(() => engine.view(lost, [1])),
      () => engine.scope(() => add(engine, lost, lost)),
    ]
    for (const use of uses) {
      const error = thrown(use)
      expect(error).toBeInstanceOf(BackendError)
      expect(error.message).toContain('a tensor [2] is used after its scope has ended')
    }
  })

  test('says how many bytes were wanted where a tensor passes 4 GiB, and is unharmed', () => {
    const used = engine.heap.used
    const size = engine.heap.size
    const tooMuch = 30_000 * 30_000
    const wanted = (tooMuch * 8).toLocaleString('en')
    for (const work of [
      () => engine.keep([30_000, 30_000]),
      () => engine.scope(() => engine.tensor([30_000, 30_000])),
    ]) {
      const error = thrown(work)
      expect(error).toBeInstanceOf(BackendError)
      expect(error.message).toContain(wanted)
      expect(error.message).toContain((2 ** 32).toLocaleString('en'))
    }
    expect([engine.heap.used, engine.heap.size]).toEqual([used, size])
    const kept = engine.keep([4])
    expect([...engine.read(kept)]).toEqual([0, 0, 0, 0])
    engine.release(kept)
    expect(engine.heap.used).toBe(used)
  })

  test('says so where the machine gives no more memory', () => {
    const heap = new Heap(new WebAssembly.Memory({ initial: 1, maximum: 2 }), 0)
    const place = heap.allocate(64)
    const error = thrown(() => heap.allocate(500_000))
    expect(error).toBeInstanceOf(BackendError)
    expect(error.message).toContain('500,032 bytes more were wanted')
    expect(heap.used).toBe(64)
    expect(heap.allocate(64)).toBe(place + 64)
  })

  test('closes once or twice, and then refuses to compute', () => {
    const kept = engine.keep([3])
    engine.close()
    engine.close()
    engine.release(kept)
    for (const work of [() => engine.keep([1]), () => engine.scope(() => 1)]) {
      const error = thrown(work)
      expect(error).toBeInstanceOf(BackendError)
      expect(error.message).toContain('engine: it is closed')
    }
  })

  test('refuses numbers that do not fit the shape', () => {
    engine.scope(() => {
      for (const work of [
        () => engine.from([1, 2, 3], [2]),
        () => engine.tokens([1, 2, 3], [2]),
        () => engine.write(engine.tensor([2]), [1]),
        () => engine.copy(engine.tensor([2]), engine.tensor([3])),
        () => engine.view(engine.tensor([2, 2]), [3], 2),
      ])
        expect(thrown(work)).toBeInstanceOf(ShapeError)
    })
  })
})
