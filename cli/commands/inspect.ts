/* recurra inspect …: looks into a model. One file a thing to look at. */
import { Command } from 'commander'
import type { Task } from '../../src/index.js'
import { inspectAblateCommand } from '../inspect/ablate.js'
import { inspectAttentionCommand } from '../inspect/attention.js'
import { inspectGradientsCommand } from '../inspect/gradients.js'
import { inspectNeuronsCommand } from '../inspect/neurons.js'
import { inspectSaliencyCommand } from '../inspect/saliency.js'
import { inspectSummaryCommand } from '../inspect/summary.js'
import { inspectTextCommand } from '../inspect/text.js'

export function inspectCommand(tasks: readonly Task[]): Command {
  return new Command('inspect')
    .description('looks into a model')
    .addCommand(inspectNeuronsCommand())
    .addCommand(inspectTextCommand())
    .addCommand(inspectSaliencyCommand())
    .addCommand(inspectAttentionCommand())
    .addCommand(inspectAblateCommand())
    .addCommand(inspectSummaryCommand(tasks))
    .addCommand(inspectGradientsCommand())
}
