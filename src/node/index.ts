/* What only Node can do: public as `recurra/node`. */
export { readCorpus, readText, splitCorpus } from './corpora.js'
export type { GivenParts } from './givenParts.js'
export {
  type ItemFileOptions,
  readJSONLines,
  readJSONPairs,
  readPairs,
  readSentences,
} from './itemFiles.js'
export { type LabelledFileOptions, readClassFolder, readLabelled, readLabelledCorpus } from './labelledFiles.js'
export { readLibraryDeclarations } from './libraryDeclarations.js'
export { type NumberFileOptions, readNumbers } from './numberFiles.js'
export { modelFileOf, RunFolder, type RunFolderOptions } from './runFolder.js'
export { differingKeys, listRuns, type RunRecord, type RunState, readRun } from './runs.js'
export { readTable, readTablePairs, type TableOptions } from './tables.js'
export { readTagged, readTaggedCorpus } from './taggedFiles.js'
export { type TensorBoardOptions, TensorBoardWriter } from './tensorBoard.js'
export { type ReadWordVectorsOptions, readWordVectors } from './wordVectorFile.js'
