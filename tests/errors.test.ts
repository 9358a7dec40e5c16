// The five kinds of error, their one line, and the guess of what a mistyped word was meant to be.
import { describe, expect, it } from 'vitest'
import {
  BackendError,
  ConfigurationError,
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

  it('keeps its cause', () => {
    const cause = new Error('below')
    expect(new BackendError('above', { cause }).cause).toBe(cause)
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
