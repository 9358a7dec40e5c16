/* recurra inspect …: looks into a model. One file a thing to look at. */
import { Command } from 'commander'
import { inspectAblateCommand } from './inspectAblate.js'
import { inspectAttentionCommand } from './inspectAttention.js'
import { inspectGradientsCommand } from './inspectGradients.js'
import { inspectNeuronsCommand } from './inspectNeurons.js'
import { inspectSaliencyCommand } from './inspectSaliency.js'
import { inspectSummaryCommand } from './inspectSummary.js'
import { inspectTextCommand } from './inspectText.js'

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('looks into a model')
    .addCommand(inspectNeuronsCommand())
    .addCommand(inspectTextCommand())
    .addCommand(inspectSaliencyCommand())
    .addCommand(inspectAttentionCommand())
    .addCommand(inspectAblateCommand())
    .addCommand(inspectSummaryCommand())
    .addCommand(inspectGradientsCommand())
}
