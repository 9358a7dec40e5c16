/* What only Node can do: public as `recurra/node`. */
export { readCorpus, readText, splitCorpus } from './corpora.js'
export { readLibraryDeclarations } from './libraryDeclarations.js'
export { modelFileOf, RunFolder } from './runFolder.js'
