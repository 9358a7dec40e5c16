/* The list of all tasks, and the only one. */
import { classifierTask } from './classifier/task.js'
import { forecasterTask } from './forecaster/task.js'
import { languageModelTask } from './languageModel/task.js'
import { regressorTask } from './regressor/task.js'
import { taggerTask } from './tagger/task.js'
import { translatorTask } from './translator/task.js'

export const tasks = [
  languageModelTask,
  classifierTask,
  taggerTask,
  translatorTask,
  regressorTask,
  forecasterTask,
] as const
