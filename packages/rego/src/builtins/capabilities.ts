import { currentLanguage, type LanguageCapabilities } from "../syntax/capabilities.ts";
import type { Effects } from "./builtin.ts";
import table from "./capabilities.generated.json" with { type: "json" };
import { createWebEffects } from "./web-effects.ts";

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

/** A builtin as capabilities.json has it. */
export interface DeclaredBuiltin extends Omit<BuiltinSignature, "args" | "result" | "variadic"> {
  readonly name: string;
  readonly decl: {
    readonly args?: readonly DeclaredType[] | null;
    readonly result?: DeclaredType | null;
    readonly variadic?: DeclaredType | null;
  };
}

/**
 * OPA's capabilities.json: what policies may use. As there, what is not listed is not to be had; only hosts are free without a list.
 * https://www.openpolicyagent.org/docs/deployments#capabilities
 */
export interface Capabilities extends LanguageCapabilities {
  readonly builtins?: readonly DeclaredBuiltin[] | null;
  /** Hosts that `http.send` and `net.lookup_ip_addr` may reach; all unless given. */
  readonly allow_net?: readonly string[] | null;
}

/** Those of OPA 1.19: to be restricted or extended. */
export function currentCapabilities(): Capabilities {
  const builtins = [...signatures].map(([name, { args, result, variadic, ...rest }]): DeclaredBuiltin => {
    const output = { ...(result === undefined ? {} : { result }), ...(variadic === undefined ? {} : { variadic }) };
    return { name, ...rest, decl: { args, ...output } };
  });
  return { ...currentLanguage, builtins };
}

/** What of capabilities the compiler is told; the parser takes them as they are. */
export function compilerCapabilities(capabilities: Capabilities): {
  readonly builtins: (name: string) => BuiltinSignature | undefined;
  readonly features: readonly string[];
} {
  const declared = signaturesOf(capabilities);
  return { builtins: (name) => declared.get(name), features: capabilities.features ?? [] };
}

/** The signatures of the builtins that capabilities have. */
export function signaturesOf({ builtins }: Capabilities): ReadonlyMap<string, BuiltinSignature> {
  return new Map(builtins?.map((each) => [each.name, signatureOf(each)]));
}

function signatureOf({ name: _, decl: { args, result, variadic }, ...rest }: DeclaredBuiltin): BuiltinSignature {
  return {
    ...rest,
    args: args ?? [],
    ...(result == null ? {} : { result }),
    ...(variadic == null ? {} : { variadic }),
  };
}

/** The options of an evaluation with its effects held to the hosts that capabilities allow, unless they name their own. */
export function withAllowedHosts<T extends { readonly effects?: Effects }>(
  options: T,
  capabilities: Capabilities | undefined,
): T {
  const hosts = capabilities?.allow_net;
  if (hosts == null || options.effects?.allowNet !== undefined) return options;
  return { ...options, effects: { ...(options.effects ?? createWebEffects()), allowNet: hosts } };
}
