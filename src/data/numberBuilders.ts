/* Lists of numbers whose length is not known before: typed arrays that double. A JavaScript list of the same numbers would
 * take two to four times the memory and leave work for the garbage collector. */

type NumberArray = Int32Array | Float32Array | Float64Array

class Builder<A extends NumberArray> {
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
  view(): A {
    return this.values.subarray(0, this.length) as A
  }

  private grow(least: number): void {
    const larger = this.make(Math.max(least, 2 * this.length))
    larger.set(this.view())
    this.values = larger
  }
}

export class Int32Builder extends Builder<Int32Array> {
  constructor(room = 1024) {
    super(new Int32Array(room), length => new Int32Array(length))
  }
}

export class Float32Builder extends Builder<Float32Array> {
  constructor(room = 1024) {
    super(new Float32Array(room), length => new Float32Array(length))
  }
}

export class Float64Builder extends Builder<Float64Array> {
  constructor(room = 1024) {
    super(new Float64Array(room), length => new Float64Array(length))
  }
}
