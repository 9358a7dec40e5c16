/* onnxruntime-node as a peer: one LSTM layer, forward. The numbers of threads are those of its operators. */
import { availableParallelism } from 'node:os'
import type { Task } from '../tasks.js'
import { lstmModel } from './onnxModel.js'
import { find, type PeerTask, serve } from './serve.js'

await serve(async () => {
  const found = await find('onnxruntime-node')
  // Its install script fetches what graphics cards need.
  if (!found) return { missing: 'npm install --ignore-scripts onnxruntime-node' }
  const { InferenceSession, Tensor } = found.module

  async function prepare(task: Task, threads: number): Promise<PeerTask> {
    if (task.kind !== 'inference' || task.cell !== 'lstm') throw new Error('onnxruntime runs LSTM layers, forward')
    const { hiddenSize, batchSize, timeSteps, streamed } = task
    const model = lstmModel({ hiddenSize, batchSize, timeSteps, stateful: streamed })
    const options = { intraOpNumThreads: threads, interOpNumThreads: 1, executionProviders: ['cpu'] }
    const session = await InferenceSession.create(model, options)
    const size = timeSteps * batchSize * hiddenSize
    const input = Float32Array.from({ length: size }, (_, i) => Math.sin(i))
    const x = new Tensor('float32', input, [timeSteps, batchSize, hiddenSize])
    const zeros = () => new Tensor('float32', new Float32Array(batchSize * hiddenSize), [1, batchSize, hiddenSize])
    let state = streamed ? { h: zeros(), c: zeros() } : {}
    return {
      step: async () => {
        const result = await session.run({ x, ...state })
        if (streamed) state = { h: result.h_after, c: result.c_after }
      },
      close: () => session.release(),
    }
  }

  const threads = [...new Set([1, availableParallelism()])]
  return { name: `onnxruntime-node ${found.version}`, threads, prepare }
})
