/* The public face of looking inside: `recurra/inspection`. Plain data, and pictures of them. */
export * from './svg.js'
