/* Orders drawn by a key: Fisher and Yates's shuffle in Durstenfeld's form (1964). */
import { Random, type RandomKey } from '../random.js'

/** The numbers 0 … count − 1 in an order that the key alone decides, every order equally likely up to the generator. */
export function shuffledOrder(count: number, key: RandomKey): Uint32Array {
  const random = new Random(key)
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(0, i)
    const swapped = order[i]
    order[i] = order[j]
    order[j] = swapped
  }
  return order
}
