/* How the tools start other programs: quietly, to read what they say; or in the foreground, as if the user had started
 * them: same terminal, same exit code, same signal. */
import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder of the repository, without a slash at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '')

/**
 * Runs a program to its end and keeps what it says.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, input?: string, shell?: boolean }} [options]
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>} code is 127 if it could not be started
 */
export function capture(program, args, { cwd = root, input = '', shell = false } = {}) {
  return new Promise(done => {
    // In English, because messages are searched for the word error.
    const env = { ...process.env, LC_ALL: 'C' }
    const child = spawn(program, args, { cwd, shell, env, stdio: ['pipe', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', piece => {
      stdout += piece
    })
    child.stderr.setEncoding('utf8').on('data', piece => {
      stderr += piece
    })
    // A program that ends without reading closes the pipe under us; its exit code tells enough.
    child.stdin.on('error', () => {}).end(input)
    child.on('error', error => done({ code: 127, stdout, stderr: stderr || error.message }))
    child.on('close', code => done({ code: code ?? 1, stdout, stderr }))
  })
}

/**
 * Runs a Node program in the foreground and gives its exit code. Ends this process by the same signal if it died of one.
 *
 * Ctrl-C on a terminal reaches the child by itself (npm adds a second one, which stops here); without a terminal the
 * signal came to this process alone, and is handed on once.
 * @param {readonly string[]} args
 * @param {Record<string, string>} [environment] added to this process's own
 * @param {string} [node] another Node than this one
 * @returns {Promise<number>}
 */
export function foreground(args, environment = {}, node = process.execPath) {
  return new Promise((done, fail) => {
    const child = spawn(node, args, { stdio: 'inherit', env: { ...process.env, ...environment } })
    let handedOn = false
    const interrupt = () => {
      if (!process.stdin.isTTY && !handedOn) child.kill('SIGINT')
      handedOn = true
    }
    const terminate = () => child.kill('SIGTERM')
    process.on('SIGINT', interrupt).on('SIGTERM', terminate)
    child.on('error', fail)
    child.on('exit', (code, signal) => {
      process.off('SIGINT', interrupt).off('SIGTERM', terminate)
      if (signal) process.kill(process.pid, signal)
      else done(code ?? 1)
    })
  })
}

/** One line to the person who waits; standard output belongs to data. @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`)
}

/**
 * Ends a tool on a fault with one line, not with a stack trace.
 * @param {() => Promise<number>} main gives the exit code
 */
export async function runTool(main) {
  try {
    process.exitCode = await main()
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  }
}

/** Whether this file was started by hand, and not imported. @param {string} url its import.meta.url */
export function isMain(url) {
  return process.argv[1] !== undefined && fileURLToPath(url) === realpathSync(process.argv[1])
}
