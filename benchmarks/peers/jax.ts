/* jax-js on its wasm backend as a peer: the LSTM written in its operations, the whole step in one jit; one-hot vectors; one
 * thread, as Node has no Worker that it would use. The state begins at zero in each step, which is less than ours does.
 * Every use of an array but its last is `.ref`: that is jax-js's rule of ownership. */
import type { Task } from '../tasks.js'
import { find, type PeerTask, serve, type Untyped } from './serve.js'

await serve(async () => {
  const found = await find('@jax-js/jax')
  if (!found) return { missing: 'npm install @jax-js/jax' }
  const { numpy: np, nn, jit, valueAndGrad, init, defaultDevice, blockUntilReady, tree } = found.module
  await init('wasm')
  defaultDevice('wasm')

  async function prepare(task: Task): Promise<PeerTask> {
    if (task.kind !== 'training' || task.cell !== 'lstm' || task.embedding !== 'one-hot')
      throw new Error('this peer trains LSTM layers on one-hot vectors')
    const { hiddenSize: H, numLayers, batchSize: B, timeSteps: T, vocabulary: V } = task
    const uniform = (...shape: number[]) => {
      const size = shape.reduce((a, b) => a * b, 1)
      return np
        .array(Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898) / Math.sqrt(H)))
        .reshape(shape)
    }
    let parameters = {
      layers: Array.from({ length: numLayers }, (_, k) => ({
        u: uniform(k === 0 ? V : H, 4 * H),
        w: uniform(H, 4 * H),
        b: uniform(4 * H),
      })),
      v: uniform(H, V),
      c: uniform(V),
    }
    const zerosLike = (value: Untyped) => tree.map((array: Untyped) => np.zeros(array.shape), value)
    let first = zerosLike(parameters)
    let second = zerosLike(parameters)
    const tokens = Int32Array.from({ length: T * B }, (_, i) => (i * i + 3 * i) % V)
    const x = nn.oneHot(np.array(tokens), V)
    const y = nn.oneHot(np.array(tokens.map(token => (token + 1) % V)), V)

    /** One layer over all steps: input [T B, inputs] → [T B, H]. */
    const layer = (input: Untyped, { u, w, b }: Untyped) => {
      const products = np.split(
        np
          .dot(input, u)
          .add(b)
          .reshape([T, B, 4 * H]),
        T,
        0,
      )
      let h = np.zeros([B, H])
      let c = np.zeros([B, H])
      const outputs: Untyped[] = []
      for (const product of products) {
        const gates = product.reshape([B, 4 * H]).add(np.dot(h, w.ref))
        const [i, f, g, o] = np.split(gates, 4, 1)
        c = nn
          .sigmoid(f)
          .mul(c)
          .add(nn.sigmoid(i).mul(np.tanh(g)))
        h = nn.sigmoid(o).mul(np.tanh(c.ref))
        outputs.push(h.ref)
      }
      for (const left of [h, c, w]) left.dispose()
      return np.concatenate(outputs, 0)
    }
    const lossOf = (p: Untyped, input: Untyped, target: Untyped) => {
      let hidden = input
      for (const each of p.layers) hidden = layer(hidden, each)
      const logits = np.dot(hidden, p.v).add(p.c)
      return nn
        .logSoftmax(logits)
        .mul(target)
        .sum()
        .mul(-1 / (T * B))
    }
    const [rate, beta1, beta2, epsilon] = [0.001, 0.9, 0.999, 1e-8]
    const update = jit((p: Untyped, m: Untyped, s: Untyped, input: Untyped, target: Untyped) => {
      const [loss, gradient] = valueAndGrad(lossOf)(tree.ref(p), input, target)
      const squares = tree.leaves(gradient).map((g: Untyped) => np.square(g.ref).sum())
      const norm = np.sqrt(squares.reduce((a: Untyped, b: Untyped) => a.add(b)))
      const scale = np.minimum(np.array(1), np.array(5).div(norm.add(1e-6)))
      const clipped = tree.map((g: Untyped) => g.mul(scale.ref), gradient)
      scale.dispose()
      const m2 = tree.map((a: Untyped, g: Untyped) => a.mul(beta1).add(g.ref.mul(1 - beta1)), m, clipped)
      const s2 = tree.map((a: Untyped, g: Untyped) => a.mul(beta2).add(np.square(g).mul(1 - beta2)), s, clipped)
      // The corrections of the first steps are left out: two numbers a step.
      const p2 = tree.map(
        (a: Untyped, b: Untyped, d: Untyped) => a.sub(b.ref.mul(rate).div(np.sqrt(d.ref).add(epsilon))),
        p,
        m2,
        s2,
      )
      return [loss, p2, m2, s2]
    })
    return {
      step: async () => {
        const [loss, p, m, s] = update(parameters, first, second, x.ref, y.ref)
        parameters = p
        first = m
        second = s
        await blockUntilReady([p, m, s])
        await loss.data()
      },
    }
  }

  return { name: `jax-js ${found.version} wasm`, threads: [1], prepare }
})
