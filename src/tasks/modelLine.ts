/* Recurrent layers in words, as every task's line about its model begins. */

interface Layers {
  readonly cell: string
  readonly numLayers: number
  readonly hiddenSize: number
  readonly bidirectional?: boolean
}

export const layerCount = (count: number): string => (count === 1 ? '1 layer' : `${count} layers`)

export const layersLine = ({ cell, numLayers, hiddenSize, bidirectional = false }: Layers): string =>
  `model: ${cell}, ${layerCount(numLayers)} of ${hiddenSize}${bidirectional ? ' in both directions' : ''}`
