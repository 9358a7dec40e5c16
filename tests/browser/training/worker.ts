/* The worker of the training page: one request, one reply. */
import { type TrainingRequest, trainThreeSteps } from './run.js'

addEventListener('message', ({ data }: MessageEvent<TrainingRequest>) => {
  trainThreeSteps(data).then(
    reply => postMessage(reply),
    // A rejection stays in this scope; what a timer throws reaches the page.
    error =>
      setTimeout(() => {
        throw error
      }),
  )
})
