// At most one request in flight; of those asked for meanwhile, only the last one is sent.

export class Latest {
  /**
   * @param {(value: unknown) => Promise<void>} run
   * @param {number} wait milliseconds without another value before the first is sent
   */
  constructor(run, wait) {
    this.run = run;
    this.wait = wait;
    this.timer = null;
    this.running = false;
    this.next = null;
  }

  /** Ask for `value`, at once if nothing runs and nothing was asked for just before. */
  ask(value) {
    this.next = { value };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#go(), this.wait);
  }

  async #go() {
    if (this.running || !this.next) return;
    const { value } = this.next;
    this.next = null;
    this.running = true;
    try {
      await this.run(value);
    } finally {
      this.running = false;
      if (this.next) this.#go();
    }
  }
}
