// A list of numbers whose length is not known before: a typed array that doubles. A JavaScript list of the same numbers
// would take two to four times the memory and leave work for the garbage collector.

type NumberArray = Int32Array | Float32Array

class Growing<A extends NumberArray> {
  length = 0
  constructor(
    protected values: A,
    private readonly make: (length: number) => A,
  ) {}

  push(value: number): void {
    if (this.length === this.values.length) this.grow(this.length + 1)
    this.values[this.length++] = value
  }

  /** Several numbers at the end. */
  append(numbers: A): void {
    if (this.length + numbers.length > this.values.length) this.grow(this.length + numbers.length)
    this.values.set(numbers, this.length)
    this.length += numbers.length
  }

  /** The numbers so far: a view, as room that was never written to takes no memory. */
  taken(): A {
    return this.values.subarray(0, this.length) as A
  }

  private grow(least: number): void {
    const larger = this.make(Math.max(least, 2 * this.length))
    larger.set(this.taken())
    this.values = larger
  }
}

export class GrowingInt32 extends Growing<Int32Array> {
  constructor(room = 1024) {
    super(new Int32Array(room), length => new Int32Array(length))
  }
}

export class GrowingFloat32 extends Growing<Float32Array> {
  constructor(room = 1024) {
    super(new Float32Array(room), length => new Float32Array(length))
  }
}
