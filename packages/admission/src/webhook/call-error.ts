/** A call that brought no usable answer; the failurePolicy decides what that means. */
export class CallError extends Error {
  /** The HTTP status that the failure counts as. */
  readonly code: number;

  constructor(message: string, code = 503) {
    super(message);
    this.name = "CallError";
    this.code = code;
  }
}
