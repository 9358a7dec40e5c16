/* TensorFlow.js on its wasm backend as a peer: LSTM layers on one-hot vectors, since its wasm kernels have no gradient of
 * an embedding; one thread. The state begins at zero in each step, which is less than ours does. */
import { dirname, sep } from 'node:path'
import type { Task } from '../tasks.js'
import { find, type PeerTask, serve, type Untyped } from './serve.js'

await serve(async () => {
  const [library, backend] = [await find('@tensorflow/tfjs'), await find('@tensorflow/tfjs-backend-wasm')]
  if (!library || !backend) return { missing: 'npm install @tensorflow/tfjs @tensorflow/tfjs-backend-wasm' }
  const tf = library.module
  backend.module.setWasmPaths(dirname(backend.path) + sep)
  backend.module.setThreadsCount(1)
  await tf.setBackend('wasm')
  await tf.ready()

  async function prepare(task: Task): Promise<PeerTask> {
    if (task.kind !== 'training' || task.cell !== 'lstm' || task.embedding !== 'one-hot')
      throw new Error('TensorFlow.js trains LSTM layers on one-hot vectors')
    const { hiddenSize, numLayers, batchSize, timeSteps, vocabulary } = task
    const model = tf.sequential()
    for (let layer = 0; layer < numLayers; layer++)
      model.add(
        tf.layers.lstm({
          units: hiddenSize,
          returnSequences: true,
          // Its default, the hard sigmoid, is another cell.
          recurrentActivation: 'sigmoid',
          ...(layer === 0 ? { inputShape: [timeSteps, vocabulary] } : {}),
        }),
      )
    model.add(tf.layers.dense({ units: vocabulary }))
    const tokens = Array.from({ length: batchSize * timeSteps }, (_, i) => (i * i + 3 * i) % vocabulary)
    const oneHot = (values: number[]) =>
      tf.tidy(() =>
        tf.oneHot(tf.tensor1d(values, 'int32'), vocabulary).toFloat().reshape([batchSize, timeSteps, vocabulary]),
      )
    const [x, y] = [oneHot(tokens), oneHot(tokens.map(token => (token + 1) % vocabulary))]
    const optimizer = task.optimizer === 'adam' ? tf.train.adam(0.001) : tf.train.sgd(0.001)
    const variables = model.trainableWeights.map((weight: Untyped) => weight.val)
    return {
      step: async () => {
        const loss = tf.tidy(() => {
          const { value, grads } = tf.variableGrads(
            () => tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true })),
            variables,
          )
          const squares = Object.values<Untyped>(grads).map(gradient => gradient.square().sum())
          const scale = tf.minimum(1, tf.div(5, tf.addN(squares).sqrt().add(1e-6)))
          for (const name of Object.keys(grads)) grads[name] = grads[name].mul(scale)
          optimizer.applyGradients(grads)
          return value
        })
        await loss.data()
        loss.dispose()
      },
    }
  }

  return { name: `TensorFlow.js ${library.version} wasm`, threads: [1], prepare }
})
