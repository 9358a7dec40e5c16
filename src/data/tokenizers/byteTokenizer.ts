// One token a byte of the text's UTF-8: 256 ids, no vocabulary to learn, no unknown symbol. Decoding brings every text
// back that UTF-8 can hold; a lone surrogate becomes U+FFFD.
import { checkKeys, type SavedFields } from '../../formats/savedFields.js'
import { ByteDecoder, checkToken, shownBytes, type TokenDecoder, utf8Decoder } from './tokenDecoder.js'
import { byCharacters, type TokenEncoder } from './tokenEncoder.js'

export interface ByteTokenizerJSON {
  readonly unit: 'byte'
}

export class ByteTokenizer {
  readonly unit = 'byte'
  readonly size = 256
  /** No byte is unknown. */
  readonly unknown = -1
  /** The line end. */
  readonly start = 0x0a

  static fromJSON(json: SavedFields, where = 'tokenizer'): ByteTokenizer {
    checkKeys(json, ['unit'], 'byte', where)
    return new ByteTokenizer()
  }

  get vocabulary(): readonly string[] {
    return Array.from({ length: 256 }, (_, byte) => shownBytes(Uint8Array.of(byte)))
  }

  encode(text: string): Int32Array {
    return Int32Array.from(new TextEncoder().encode(text))
  }

  encoder(): TokenEncoder {
    return byCharacters(text => this.encode(text))
  }

  decode(tokens: ArrayLike<number>): string {
    const bytes = new Uint8Array(tokens.length)
    for (let i = 0; i < tokens.length; i++) {
      checkToken(tokens[i], 256, `ByteTokenizer.decode: token ${i}`)
      bytes[i] = tokens[i]
    }
    return utf8Decoder().decode(bytes)
  }

  decoder(): TokenDecoder {
    return new ByteDecoder(token => {
      checkToken(token, 256, 'ByteTokenizer.decoder: the token')
      return Uint8Array.of(token)
    })
  }

  toJSON(): ByteTokenizerJSON {
    return { unit: 'byte' }
  }
}
