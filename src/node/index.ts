/* What only Node can do: public as `recurra/node`. */
export { readText } from './corpora.js'
export { readLibraryDeclarations } from './libraryDeclarations.js'
