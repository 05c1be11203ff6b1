/** A call that brought no usable answer; the failurePolicy decides what that means. */
export class CallError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CallError";
  }
}
