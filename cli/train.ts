/* recurra train lm|translate|regress|ngram FILE: trains a model of that kind. */
import { Command } from 'commander'
import { trainLmCommand } from './trainLm.js'
import { trainNGramCommand } from './trainNGram.js'
import { trainRegressCommand } from './trainRegress.js'
import { trainTranslateCommand } from './trainTranslate.js'

export function trainCommand(): Command {
  return new Command('train')
    .description('trains a model')
    .addCommand(trainLmCommand())
    .addCommand(trainTranslateCommand())
    .addCommand(trainRegressCommand())
    .addCommand(trainNGramCommand())
}
