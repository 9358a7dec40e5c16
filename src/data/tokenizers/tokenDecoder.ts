// Tokens that come one by one, as from a generating model, become text as soon as it is certain: a byte may be a third
// of a character, and a word's space depends on the word before it.
import { ConfigurationError } from '../../errors.js'

/** Pushed token by token, then ended, its answers joined are `decode` of all tokens. */
export interface TokenDecoder {
  /** The text that is certain now; it may be empty. Throws ConfigurationError for an id that does not exist. */
  push(token: number): string
  /** What was still open: a cut character is written U+FFFD. */
  end(): string
}

/** Throws ConfigurationError unless `token` is an id; `where` opens the message. */
export function checkToken(token: number, size: number, where: string): void {
  if (!Number.isInteger(token) || token < 0 || token >= size) {
    throw new ConfigurationError(`${where} must be a whole number in 0 … ${size - 1}; got ${token}`)
  }
}

/** UTF-8 that arrives in parts; a byte order mark is a character like others, and what is not UTF-8 becomes U+FFFD. */
export class ByteDecoder implements TokenDecoder {
  private readonly decoder = utf8Decoder()

  constructor(private readonly bytesOf: (token: number) => Uint8Array) {}

  push(token: number): string {
    return this.decoder.decode(this.bytesOf(token), { stream: true })
  }

  end(): string {
    return this.decoder.decode()
  }
}

export function utf8Decoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true })
}

/** Bytes for people to read: their text where they are whole characters that can be seen, else `<0xE2><0x82>`. */
export function shownBytes(bytes: Uint8Array): string {
  const hex = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
  try {
    const text = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true }).decode(bytes)
    if (!/[\p{Cc}\p{Cf}\p{Cn}]/u.test(text)) return text
  } catch {}
  return Array.from(bytes, byte => (byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : hex(byte))).join('')
}
