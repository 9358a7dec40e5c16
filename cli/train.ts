/* recurra train lm|regress|ngram FILE: trains a model of that kind. */
import { Command } from 'commander'
import { trainLmCommand } from './trainLm.js'
import { trainNGramCommand } from './trainNGram.js'
import { trainRegressCommand } from './trainRegress.js'

export function trainCommand(): Command {
  return new Command('train')
    .description('trains a model')
    .addCommand(trainLmCommand())
    .addCommand(trainRegressCommand())
    .addCommand(trainNGramCommand())
}
