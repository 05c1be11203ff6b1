/** Why something cannot be sealed or opened. Never holds anything of a value or a key. */
export class SealError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SealError";
  }
}
