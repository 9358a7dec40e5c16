/* The time that a run has trained, without its pauses, and the gate that holds a paused run. */
export class TrainingClock {
  private readonly begun = performance.now()
  private stood = 0

  /** @param spent seconds that an earlier part of the run has had */
  constructor(private readonly spent: number) {}

  /** Since this part began. */
  get seconds(): number {
    return (performance.now() - this.begun - this.stood) / 1000
  }

  /** Of the whole run. */
  get all(): number {
    return this.spent + this.seconds
  }

  /** Waits for `gate`; that time does not count. */
  async wait(gate: Promise<void>): Promise<void> {
    const from = performance.now()
    await gate
    this.stood += performance.now() - from
  }
}

/** Holds a run between two steps. */
export class Gate {
  private opened: Promise<void> | undefined
  private open: () => void = () => {}

  close(): void {
    this.opened ??= new Promise(resolve => {
      this.open = resolve
    })
  }

  /** Lets the run go on; does nothing where it is not held. */
  release(): void {
    this.opened = undefined
    this.open()
  }

  /** What to wait for; nothing while it is open. */
  get waiting(): Promise<void> | undefined {
    return this.opened
  }
}
