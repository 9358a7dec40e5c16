/* recurra train lm|classify|tag|translate|regress|ngram FILE: trains a model of that kind. */
import { Command } from 'commander'
import { trainClassifyCommand } from './trainClassify.js'
import { trainLmCommand } from './trainLm.js'
import { trainNGramCommand } from './trainNGram.js'
import { trainRegressCommand } from './trainRegress.js'
import { trainTagCommand } from './trainTag.js'
import { trainTranslateCommand } from './trainTranslate.js'

export function trainCommand(): Command {
  return new Command('train')
    .description('trains a model')
    .addCommand(trainLmCommand())
    .addCommand(trainClassifyCommand())
    .addCommand(trainTagCommand())
    .addCommand(trainTranslateCommand())
    .addCommand(trainRegressCommand())
    .addCommand(trainNGramCommand())
}
