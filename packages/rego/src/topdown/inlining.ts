import type { Node, VarNode } from "./node.ts";
import { hasPrefix } from "./save.ts";

interface Disabled {
  /** Pushed by the walker itself, for as long as an expression lasts. */
  readonly isInternal: boolean;
  readonly refs: readonly (readonly Node[])[];
  readonly variable: string | undefined;
}

/** Which rules may not be made part of a query, but become support rules. */
export class InliningControl {
  /** Only what is known is inlined. */
  readonly isShallow: boolean;
  /** Builtins whose answers differ from call to call are called now. */
  readonly nondeterministicBuiltins: boolean;
  readonly #disabled: Disabled[] = [];
  /** Changes with the refs that are disabled: whatever was concluded from them holds no more. */
  version: object = {};

  constructor(isShallow: boolean, nondeterministicBuiltins: boolean) {
    this.isShallow = isShallow;
    this.nondeterministicBuiltins = nondeterministicBuiltins;
  }

  disableRefs(refs: readonly (readonly Node[])[], isInternal: boolean): void {
    this.#disabled.push({ isInternal, refs, variable: undefined });
    if (refs.length > 0) this.version = {};
  }

  disableVar({ name }: VarNode): void {
    this.#disabled.push({ isInternal: true, refs: [], variable: name });
  }

  enable(): void {
    const last = this.#disabled.pop();
    if (last !== undefined && last.refs.length > 0) this.version = {};
  }

  isDisabled(terms: readonly Node[], ignoreInternal: boolean): boolean {
    return this.#disabled.some(
      ({ isInternal, refs }) =>
        !(isInternal && ignoreInternal) && refs.some((ref) => hasPrefix(ref, terms) || hasPrefix(terms, ref)),
    );
  }

  /** For the side that a rule's value is compared with: a var of a whole expression. */
  isDisabledSide(node: Node): boolean {
    if (node.kind === "ref") return this.isDisabled(node.terms, false);
    return node.kind === "var" && this.#disabled.some(({ variable }) => variable === node.name);
  }
}
