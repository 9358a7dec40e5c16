/* All lessons, in the order of a course. */
import { bidirectional } from './bidirectional.js'
import { bptt } from './bptt.js'
import { exploding } from './exploding.js'
import type { Lesson } from './lesson.js'
import { ngram } from './ngram.js'
import { recurrence } from './recurrence.js'
import { teacherForcing } from './teacherForcing.js'
import { vanishing } from './vanishing.js'

export const lessons: readonly Lesson[] = [ngram, recurrence, teacherForcing, bptt, vanishing, exploding, bidirectional]
