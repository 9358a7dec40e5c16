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
    if (this.length === this.values.length) {
      const larger = this.make(2 * this.length)
      larger.set(this.values)
      this.values = larger
    }
    this.values[this.length++] = value
  }

  /** The numbers so far, without the room to grow; a view where nothing is to spare. */
  taken(): A {
    return (this.length === this.values.length ? this.values : this.values.slice(0, this.length)) as A
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
