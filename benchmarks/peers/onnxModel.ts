/* An ONNX file of one LSTM layer, written by hand: the fields of onnx.proto3 that it takes, in protocol buffers' wire
 * format. Opset 17. ONNX orders the gates i, o, f, g; random weights do not mind. */

/** Seven bits a byte, lowest first, the top bit set on all but the last. */
function varint(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) + 128)
  }
}

const encoder = new TextEncoder()

/** A field that holds an integer. */
const integer = (field: number, value: number): Uint8Array => Uint8Array.from([...varint(field * 8), ...varint(value)])

/** A field that holds text, bytes, or the fields of a message. */
function field(number: number, ...content: readonly (string | Uint8Array)[]): Uint8Array {
  const parts = content.map(each => (typeof each === 'string' ? encoder.encode(each) : each))
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  return Uint8Array.from([...varint(number * 8 + 2), ...varint(bytes), ...parts.flatMap(part => [...part])])
}

const FLOAT = 1

/** A ValueInfoProto: a name and a shape of float32. */
const value = (name: string, shape: readonly number[]): Uint8Array[] => {
  const dimensions = shape.map(extent => field(1, integer(1, extent)))
  return [field(1, name), field(2, field(1, integer(1, FLOAT), field(2, ...dimensions)))]
}

/** A TensorProto. */
const tensor = (name: string, shape: readonly number[], values: Float32Array): Uint8Array[] => [
  ...shape.map(extent => integer(1, extent)),
  integer(2, FLOAT),
  field(8, name),
  field(9, new Uint8Array(values.buffer)),
]

export interface LstmShape {
  readonly hiddenSize: number
  readonly batchSize: number
  readonly timeSteps: number
  /** Whether the state is an input. */
  readonly stateful: boolean
}

/** x [time, batch, hidden] (and h, c [1, batch, hidden]) → y [time, 1, batch, hidden], h and c after the last step. */
export function lstmModel({ hiddenSize, batchSize, timeSteps, stateful }: LstmShape): Uint8Array {
  const random = (count: number) =>
    Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898) / Math.sqrt(hiddenSize))
  const state = [1, batchSize, hiddenSize]
  const inputs = ['x', 'w', 'r', 'b', ...(stateful ? ['', 'h', 'c'] : [])]
  const node = [
    ...inputs.map(name => field(1, name)),
    ...['y', 'h_after', 'c_after'].map(name => field(2, name)),
    field(4, 'LSTM'),
    // AttributeProto hidden_size: an integer, type INT.
    field(5, field(1, 'hidden_size'), integer(3, hiddenSize), integer(20, 2)),
  ]
  const gates = 4 * hiddenSize
  const graph = [
    field(1, ...node),
    field(2, 'lstm'),
    field(5, ...tensor('w', [1, gates, hiddenSize], random(gates * hiddenSize))),
    field(5, ...tensor('r', [1, gates, hiddenSize], random(gates * hiddenSize))),
    field(5, ...tensor('b', [1, 2 * gates], random(2 * gates))),
    field(11, ...value('x', [timeSteps, batchSize, hiddenSize])),
    ...(stateful ? [field(11, ...value('h', state)), field(11, ...value('c', state))] : []),
    field(12, ...value('y', [timeSteps, 1, batchSize, hiddenSize])),
    field(12, ...value('h_after', state)),
    field(12, ...value('c_after', state)),
  ]
  // ModelProto: IR version 8, the graph, the operator set.
  return Buffer.concat([integer(1, 8), field(7, ...graph), field(8, integer(2, 17))])
}
