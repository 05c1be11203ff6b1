import table from "./capabilities.generated.json" with { type: "json" };

/** A type as capabilities.json spells it: `{ "type": "string" }`, `{ "type": "any", "of": [...] }`, … */
export interface DeclaredType {
  readonly type: string;
  /** Of an argument or result, for messages. */
  readonly name?: string;
  readonly of?: DeclaredType | readonly DeclaredType[];
  readonly static?: readonly unknown[];
  readonly dynamic?: unknown;
}

/** A builtin's signature. https://www.openpolicyagent.org/docs/policy-reference */
export interface BuiltinSignature {
  readonly args: readonly DeclaredType[];
  readonly result?: DeclaredType;
  readonly variadic?: DeclaredType;
  readonly infix?: string;
  /** Answers several results, as `walk`. */
  readonly relation?: boolean;
  readonly deprecated?: boolean;
  readonly nondeterministic?: boolean;
}

const signatures = new Map(Object.entries(table as unknown as { readonly [name: string]: BuiltinSignature }));

/** The signature of a builtin, by OPA's name. */
export function findSignature(name: string): BuiltinSignature | undefined {
  return signatures.get(name);
}

/** The names of all builtins, sorted. */
export function builtinNames(): readonly string[] {
  return [...signatures.keys()];
}
