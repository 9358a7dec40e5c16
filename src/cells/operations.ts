/* What a cell of one's own is written in: operations on tensors, each with its gradient. */
export { columns, joinColumns, layerNorm } from '../engine/operations/columns.js'
export {
  type Activation,
  activate,
  add,
  addRow,
  concatenate,
  linear,
  multiply,
  reshape,
  scale,
  slice,
} from '../engine/operations/operations.js'
