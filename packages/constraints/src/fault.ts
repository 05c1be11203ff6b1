/** What kind of thing is wrong; `schema` is what suites call an invalid constraint; `no-engine` a template in languages that are not there. */
export type FaultKind = "template" | "constraint" | "schema" | "missing-template" | "no-engine" | "data" | "review";

/** What the framework refuses, in Gatekeeper's words: its commands print them, and `status` carries them. */
export class FrameworkError extends Error {
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string) {
    super(message);
    this.name = "FrameworkError";
    this.kind = kind;
  }
}

export function templateFault(message: string): FrameworkError {
  return new FrameworkError("template", `invalid ConstraintTemplate: ${message}`);
}

export function constraintFault(message: string): FrameworkError {
  return new FrameworkError("constraint", `invalid Constraint: ${message}`);
}

/** Says in front of an error what was being done; the kind of a fault stays. */
export function within<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const text = `${what}: ${(error as Error).message}`;
    throw error instanceof FrameworkError ? new FrameworkError(error.kind, text) : new Error(text);
  }
}
