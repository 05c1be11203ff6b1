/** Why a bundle cannot be read, verified, merged or activated: one line, in OPA's words. */
export class BundleError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BundleError";
  }
}
