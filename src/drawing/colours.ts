/* Colours of numbers: heat is cividis (Nuñez, Anderton & Renslow 2018); above and below a middle is blue and orange. All can be
 * distinguished without red and green. */

type Colour = readonly [red: number, green: number, blue: number]

const CIVIDIS: readonly Colour[] = [
  [0, 34, 78],
  [65, 77, 107],
  [125, 124, 120],
  [188, 174, 108],
  [254, 232, 56],
]
const BLUE_TO_ORANGE: readonly Colour[] = [
  [33, 102, 172],
  [146, 197, 222],
  [247, 247, 247],
  [253, 184, 99],
  [179, 88, 6],
]

/** 0 (dark blue) to 1 (yellow); what is no number is grey. */
export const heat = (share: number): string => between(CIVIDIS, share)

/** −1 (blue) over 0 (white) to 1 (orange); what is no number is grey. */
export const diverging = (value: number): string => between(BLUE_TO_ORANGE, (value + 1) / 2)

/** Black or white, whichever reads better on a colour `#rrggbb`. */
export const inkOn = (colour: string): string => (luminance(colour) > 0.18 ? '#000000' : '#ffffff')

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map(from => {
    const part = Number.parseInt(colour.slice(from, from + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function between(stops: readonly Colour[], share: number): string {
  if (Number.isNaN(share)) return '#808080'
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1)
  const from = Math.min(stops.length - 2, Math.floor(at))
  const mixed = stops[from].map((low, i) => Math.round(low + (stops[from + 1][i] - low) * (at - from)))
  return `#${mixed.map(part => part.toString(16).padStart(2, '0')).join('')}`
}
