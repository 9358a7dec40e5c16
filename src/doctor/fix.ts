/* A setting that mends what was found. Checks list what helps in general; `withoutPresent` is the one place that leaves out
 * what a configuration has already. */

export type ConfigurationValue = string | number | boolean

export interface Fix {
  /** A key of the configuration. */
  readonly key: string
  /** Undefined where only the user knows it: another file or column. */
  readonly value: ConfigurationValue | undefined
  /** As a configuration file has it: `clipNorm: 1`; `label: ANOTHER` where only the user knows the value. */
  readonly line: string
  readonly why: string
}

export const fix = (key: string, value: ConfigurationValue | undefined, why: string): Fix => ({
  ...{ key, value, why },
  line: `${key}: ${value ?? 'ANOTHER'}`,
})

/** Fixes that change something. */
export const withoutPresent = (
  fixes: readonly Fix[],
  configuration: Readonly<Record<string, unknown>>,
): readonly Fix[] => fixes.filter(({ key, value }) => value === undefined || configuration[key] !== value)
