/* Reads the data of tasks from files: what the command line gives them. */
import { existsSync } from 'node:fs'
import { FileFormatError } from '../errors.js'
import type { DataReader } from '../tasks/dataReader.js'
import { readCorpus } from './corpora.js'
import { readTextFile } from './files.js'
import { readLabelled, readLabelledCorpus } from './labelledFiles.js'
import { readNumbers } from './numberFiles.js'
import { readPairCorpus, readPairs } from './pairFiles.js'
import { readSeriesCorpus } from './seriesFiles.js'
import { readTagged, readTaggedCorpus } from './taggedFiles.js'
import { readWordVectors } from './wordVectorFile.js'

export const fileReader: DataReader = {
  exists: existsSync,
  text: path => readCorpus(path),
  json: readJSON,
  labelled: readLabelledCorpus,
  labelledParts: readLabelled,
  tagged: readTaggedCorpus,
  taggedParts: readTagged,
  pairs: path => readPairCorpus(path),
  pairParts: readPairs,
  numbers: readNumbers,
  series: readSeriesCorpus,
  wordVectors: readWordVectors,
}

async function readJSON(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readTextFile(path))
  } catch (error) {
    throw error instanceof SyntaxError ? new FileFormatError(`${path}: it must be JSON; ${error.message}`) : error
  }
}
