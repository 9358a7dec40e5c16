/* The five kinds of error, their one line, and the guess of what a mistyped word was meant to be. */
import { describe, expect, it } from 'vitest'
import {
  BackendError,
  ConfigurationError,
  excerpt,
  FileFormatError,
  NumericError,
  nearest,
  RecurraError,
  ShapeError,
} from '../src/errors.js'

describe('an error of recurra', () => {
  it('carries its kind and its name, and is an Error', () => {
    const errors = [ShapeError, ConfigurationError, FileFormatError, BackendError, NumericError].map(
      Kind => new Kind('x'),
    )
    expect(errors.map(error => error.kind)).toEqual(['shape', 'configuration', 'file format', 'backend', 'numeric'])
    expect(errors[0].name).toBe('ShapeError')
    expect(errors.every(error => error instanceof RecurraError && error instanceof Error)).toBe(true)
  })

  it('keeps its message on one line and shows control characters instead of sending them to the terminal', () => {
    const { message } = new ConfigurationError('no file a\r\n  b\u001b[31m\u2028c')
    expect(message).toBe('no file a b\\x1b[31m c')
  })

  it('shows marks of text direction, which would turn the rest of the line around', () => {
    const marks = ['\u061c', '\u200e', '\u200f', '\u202a', '\u202e', '\u2066', '\u2069']
    expect(new FileFormatError(`a${marks.join('b')}c`).message).toBe(
      'a\\u061cb\\u200eb\\u200fb\\u202ab\\u202eb\\u2066b\\u2069c',
    )
    expect(new FileFormatError('\u007f\u0085\u009b').message).toBe('\\x7f\\x85\\x9b')
  })

  it('is made in time linear in its message, however many spaces stand in it', () => {
    const timed = (text: string) => {
      const begun = performance.now()
      for (let i = 0; i < 5; i++) new ConfigurationError(text)
      return performance.now() - begun
    }
    // A quadratic expression takes a minute here.
    for (const text of [' '.repeat(400_000), `${' '.repeat(200_000)}\n${' '.repeat(200_000)}x`, ' \n'.repeat(200_000)])
      expect(timed(text)).toBeLessThan(2000)
  })

  it('repeats no file: a long message keeps where it begins and how it ends', () => {
    const { message } = new FileFormatError(`book.txt: ${'x'.repeat(1_000_000)}; mend the file`)
    expect(message.length).toBeLessThan(4100)
    expect(message).toMatch(/^book\.txt: x+ … x+; mend the file$/)
  })

  it('keeps its cause', () => {
    const cause = new Error('below')
    expect(new BackendError('above', { cause }).cause).toBe(cause)
  })
})

describe('excerpt', () => {
  it('keeps a short text and cuts a long one, never inside a character', () => {
    expect(excerpt('short')).toBe('short')
    expect(excerpt('x'.repeat(100))).toBe(`${'x'.repeat(59)}…`)
    expect(excerpt('\u{1f600}'.repeat(5), 4)).toBe('\u{1f600}…')
  })
})

describe('nearest', () => {
  const keys = ['hiddenSize', 'numLayers', 'dropout', 'steps', 'seed']

  it('finds the key behind one slip', () => {
    expect(nearest('hiden-size', ['hidden-size', 'num-layers'])).toBe('hidden-size')
    expect(nearest('lsmt', ['elman', 'gru', 'lstm'])).toBe('lstm')
    expect(nearest('gur', ['elman', 'gru', 'lstm'])).toBe('gru')
    expect(nearest('sed', keys)).toBe('seed')
  })

  it('takes spellings of one name as the same', () => {
    expect(nearest('hidden_size', keys)).toBe('hiddenSize')
    expect(nearest('HIDDEN-SIZE', keys)).toBe('hiddenSize')
  })

  it('guesses nothing where nothing is near', () => {
    expect(nearest('temperature', keys)).toBeUndefined()
    expect(nearest('x', keys)).toBeUndefined()
    expect(nearest('x', ['y'])).toBeUndefined()
    expect(nearest('', keys)).toBeUndefined()
    expect(nearest('seed', [])).toBeUndefined()
    expect(nearest('s'.repeat(1_000_000), keys)).toBeUndefined()
  })

  it('prefers the nearer of two', () => {
    expect(nearest('step', ['stop', 'steps', 'step'])).toBe('step')
  })
})
