/** A value of a rule that cannot be used: what Istio says of it, in one line. */
export class RuleFault extends Error {
  override readonly name: string = "RuleFault";
}
