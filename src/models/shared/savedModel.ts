/* What every model is: parameters on an engine that are saved as one file, counted, and given back. */
import { platform } from '#platform'
import type { Engine } from '../../engine/engine.js'
import { ConfigurationError } from '../../errors.js'
import type { Parameter } from '../../layers/parameter.js'
import { modelToBytes } from './modelFile.js'

/** Gives the memory of models back that were dropped without `close`. */
const dropped = new FinalizationRegistry<readonly Parameter[]>(parameters => {
  for (const parameter of parameters) parameter.release()
})

export abstract class SavedModel {
  abstract readonly parameters: readonly Parameter[]
  private closed = false

  /** @param called the class, as messages name it */
  protected constructor(
    readonly engine: Engine,
    private readonly called: string,
  ) {}

  /** The parameters of layers, in their order, which are given back when the model is dropped or closed. */
  protected owned(
    layers: readonly ({ readonly parameters: readonly Parameter[] } | undefined)[],
  ): readonly Parameter[] {
    const parameters = layers.flatMap(layer => layer?.parameters ?? [])
    dropped.register(this, parameters, this)
    return parameters
  }

  /** What makes a file of the parameters this model: configuration and vocabulary, as a model's file keeps them. */
  abstract fileMetadata(): Record<string, string>

  /** One safetensors file with `fileMetadata` in its metadata and PyTorch's parameter names. */
  toBytes(): Uint8Array<ArrayBuffer> {
    this.checkOpen()
    return modelToBytes(this.parameters, this.fileMetadata())
  }

  /** Writes the file whole or not at all: a temporary file, synced, renamed. */
  async save(path: string): Promise<void> {
    await platform.writeBytes(path, this.toBytes())
  }

  /** Numbers in all parameters. */
  get parameterCount(): number {
    return this.parameters.reduce((count, parameter) => count + parameter.value.size, 0)
  }

  /** Gives the model's memory back. */
  close(): void {
    if (this.closed) return
    this.closed = true
    dropped.unregister(this)
    for (const parameter of this.parameters) parameter.release()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  protected checkOpen(): void {
    if (this.closed) throw new ConfigurationError(`${this.called}: it is closed; create or load another`)
  }
}
