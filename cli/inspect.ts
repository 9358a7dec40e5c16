/* recurra inspect …: looks into a model. One file a thing to look at. */
import { Command } from 'commander'

export function inspectCommand(): Command {
  return new Command('inspect').description('looks into a model')
}
