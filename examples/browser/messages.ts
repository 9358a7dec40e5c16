/* Every message between the page and its worker. */

/** What the page asks of the worker. */
export type Request =
  | { readonly type: 'open'; readonly threads: number | undefined }
  /** A file, or an absolute address: the worker would resolve a relative one against its own script. */
  | { readonly type: 'load'; readonly from: File | string }
  | { readonly type: 'generate'; readonly options: GenerationRequest }
  | { readonly type: 'stop' }

export interface GenerationRequest {
  readonly prompt: string
  /** Characters to write. */
  readonly length: number
  /** 0: always the likeliest character. */
  readonly temperature: number
  readonly seed: number
}

/** What the worker tells the page. */
export type Reply =
  | { readonly type: 'opened'; readonly description: string; readonly threads: number; readonly reason: string }
  | { readonly type: 'loaded'; readonly name: string; readonly parameters: number; readonly cell: string }
  /** `text` is what is new since the last piece. */
  | { readonly type: 'piece'; readonly text: string; readonly tokens: number; readonly seconds: number }
  | { readonly type: 'finished'; readonly tokens: number; readonly seconds: number; readonly stopped: boolean }
  | { readonly type: 'failed'; readonly during: 'open' | 'load' | 'generate'; readonly message: string }
