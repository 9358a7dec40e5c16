/* The turns between ours and a peer: what a peer's program says is understood, its faults are told, and one that is not
 * installed is named with the command that installs it. */
import { afterAll, describe, expect, test } from 'vitest'
import { type Contestant, startPeer } from '../../benchmarks/contestants.js'
import { lstmModel } from '../../benchmarks/peers/onnxModel.js'
import { geometricMean, median, spreadOf, written } from '../../benchmarks/statistics.js'
import { trainingTask } from '../../benchmarks/tasks.js'
import { Workshop } from '../cli/commandLine.js'

const task = trainingTask('lstm', 128)
const program = (source: string) => ({ program: process.execPath, args: ['-e', source], install: 'npm install peer' })
const answering = (reply: string) =>
  program(`console.log('a library says hello')
    console.log(JSON.stringify({ name: 'Peer 1.0', threads: [1, 2] }))
    require('node:readline').createInterface({ input: process.stdin }).on('line', line => {
      const { task, threads, steps } = JSON.parse(line)
      console.log(${reply})
    })`)

const opened = async (source: Parameters<typeof startPeer>[0]): Promise<Contestant> => {
  const peer = await startPeer(source)
  if ('missing' in peer) throw new Error('it is there')
  return peer
}

describe('a peer', () => {
  test('answers with the times of as many steps as were asked for', async () => {
    const peer = await opened(
      answering('JSON.stringify({ milliseconds: Array(steps).fill(threads + task.hiddenSize) })'),
    )
    expect(peer).toMatchObject({ name: 'Peer 1.0', threads: [1, 2] })
    expect(await peer.times(task, 2, 3)).toEqual([130, 130, 130])
    await peer.close()
  })

  test('that fails at a task is told by its name', async () => {
    const peer = await opened(answering(`JSON.stringify({ error: 'no\\n such kernel' })`))
    await expect(peer.times(task, 1, 1)).rejects.toThrow('bench: Peer 1.0: no such kernel')
    await peer.close()
  })

  test('that ends without a word is told with its first fault', async () => {
    const silent = program(`throw new TypeError('broken')`)
    await expect(startPeer(silent)).rejects.toThrow(/ended early: .*TypeError\('broken'\)|ended early: .*broken/)
  })

  test('that is not there is named with what installs it', async () => {
    expect(await startPeer({ program: 'no-such-program', args: [], install: 'npm install peer' })).toEqual({
      missing: 'npm install peer',
    })
    expect(await startPeer(program(`console.log('{"missing":"pip install peer"}')`))).toEqual({
      missing: 'pip install peer',
    })
  })
})

describe('recurra bench --peers', async () => {
  const shop = await Workshop.open()
  afterAll(() => shop.close())

  test('names the peers that are missing, and ends well', async () => {
    const ending = await shop.run(
      'bench --peers --compare vocabulary --compare inference --rounds 1 --python no-such-python'.split(' '),
    )
    expect(ending.code).toBe(0)
    expect(ending.stdout).toContain(
      'pytorch is not installed: install Python, then no-such-python -m pip install torch',
    )
    expect(ending.stdout).toContain('onnxruntime is not installed: npm install --ignore-scripts onnxruntime-node')
  })
})

test('figures: median, spread, geometric mean, and how they are written', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 })
  expect(geometricMean([2, 8])).toBeCloseTo(4, 12)
  expect([0.02346, 1.234, 12.34, 123.4, 1234.5].map(written)).toEqual(['0.0235', '1.23', '12.3', '123', '1235'])
})

/** The fields of a protocol buffers message: number → values, integers or bytes. */
function fieldsOf(bytes: Uint8Array): Map<number, (number | Uint8Array)[]> {
  const fields = new Map<number, (number | Uint8Array)[]>()
  let at = 0
  const varint = () => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const key = varint()
    const number = varint()
    const value = key % 8 === 0 ? number : bytes.subarray(at, at + number)
    if (typeof value !== 'number') at += number
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value])
  }
  return fields
}

test('the ONNX file holds one LSTM node, and weights as large as their shapes', () => {
  const model = fieldsOf(lstmModel({ hiddenSize: 24, batchSize: 3, timeSteps: 5, stateful: true }))
  const graph = fieldsOf(model.get(7)?.[0] as Uint8Array)
  const text = (value: unknown) => new TextDecoder().decode(value as Uint8Array)
  const node = fieldsOf(graph.get(1)?.[0] as Uint8Array)
  expect(node.get(4)?.map(text)).toEqual(['LSTM'])
  expect(node.get(1)?.map(text)).toEqual(['x', 'w', 'r', 'b', '', 'h', 'c'])
  const weights = graph.get(5)?.map(each => fieldsOf(each as Uint8Array)) ?? []
  expect(weights.map(weight => weight.get(1))).toEqual([
    [1, 96, 24],
    [1, 96, 24],
    [1, 192],
  ])
  for (const weight of weights) {
    const shape = weight.get(1) as number[]
    expect((weight.get(9) as Uint8Array[])[0].length).toBe(4 * shape.reduce((a, b) => a * b, 1))
  }
})
