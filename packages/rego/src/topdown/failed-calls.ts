import type { Location, Ref } from "../syntax/ast.ts";
import { nowhere } from "./frame.ts";
import { raiseTerm } from "./raise.ts";
import type { TraceEvent, Tracer } from "./trace.ts";

/** A call that did not succeed, equations among them, with the refs that it was given: variables in them are what they were bound to. */
export interface FailedCall {
  readonly refs: readonly Ref[];
  readonly loc: Location;
}

/** What fails more often than this is most likely the same. */
const maxCalls = 10_000;

/** Remembers the calls that fail while a query is evaluated. */
export class FailedCalls implements Tracer {
  readonly #calls: FailedCall[] = [];

  get calls(): readonly FailedCall[] {
    return this.#calls;
  }

  begin(): void {
    this.#calls.length = 0;
  }

  event({ op, node, bindings }: TraceEvent): void {
    if (op !== "Fail" || node.kind !== "step" || node.step.terms.kind !== "call") return;
    if (this.#calls.length >= maxCalls) return;
    const terms = node.step.terms.args.map((each) => raiseTerm(bindings.plug(each), nowhere));
    this.#calls.push({ refs: terms.filter((each) => each.kind === "ref"), loc: node.step.loc });
  }
}
