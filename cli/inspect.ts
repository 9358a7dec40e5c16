/* recurra inspect …: looks into a model. One file a thing to look at. */
import { Command } from 'commander'
import { inspectGradientsCommand } from './inspectGradients.js'
import { inspectSummaryCommand } from './inspectSummary.js'

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('looks into a model')
    .addCommand(inspectSummaryCommand())
    .addCommand(inspectGradientsCommand())
}
