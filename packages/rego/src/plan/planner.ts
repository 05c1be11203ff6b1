import type { Compiled, CompiledQuery } from "../compile/compiled.ts";
import type { Operand, Policy } from "../run/ir.ts";
import { createScope } from "./body.ts";
import { plainContext } from "./context.ts";
import { planChildJob, planDocumentJob } from "./document.ts";
import { type Job, Library } from "./library.ts";
import type { PlanNeeds } from "./needs.ts";
import { planDocument } from "./refs.ts";
import { planKeyJob, planRulesJob } from "./rules.ts";
import { planBody, type Scope } from "./scope.ts";

/** A plan to make: an ad-hoc query, or the document at a path as one binding `result`. */
export type Wanted =
  | { readonly name: string; readonly query: CompiledQuery }
  | { readonly name: string; readonly path: readonly string[] };

export interface PlanOptions {
  /** False leaves out the lookups beyond OPA's planner, for plans that are printed. */
  readonly lookups?: boolean;
}

/**
 * Plans queries and entry points over compiled modules into OPA's IR (https://www.openpolicyagent.org/docs/ir). What is planned beyond
 * it is told in README.md.
 */
export function planPolicy(compiled: Compiled, wanted: readonly Wanted[], options: PlanOptions = {}): Policy {
  return planWithNeeds(compiled, wanted, options).policy;
}

/** The same, and what the plans were made of. */
export function planWithNeeds(
  compiled: Compiled,
  wanted: readonly Wanted[],
  options: PlanOptions = {},
): { readonly policy: Policy; readonly needs: PlanNeeds } {
  const library = new Library(compiled, options.lookups !== false);
  for (const each of wanted) planWanted(library, each);
  for (let job = library.nextJob(); job !== undefined; job = library.nextJob()) planJob(library, job);
  return { policy: library.builder.build(), needs: library.needs };
}

function planJob(library: Library, job: Job): void {
  switch (job.kind) {
    case "rules":
      planRulesJob(library, job);
      return;
    case "key":
      planKeyJob(library, job);
      return;
    case "document":
      planDocumentJob(library, job);
      return;
    case "child":
      planChildJob(library, job);
  }
}

function planWanted(library: Library, wanted: Wanted): void {
  const scope = createScope(library, plainContext);
  const { writer } = scope;
  const block = writer.block(() => {
    if ("path" in wanted) {
      planDocument(scope, wanted.path, (value) => addResult(scope, [["result", value]]));
      return;
    }
    const { body, variables } = wanted.query;
    planBody(scope, body, () => {
      addResult(
        scope,
        variables.map(({ name, local }) => [name, scope.vars.get(local)] as const),
      );
    });
  });
  library.builder.plans.push({ name: wanted.name, blocks: [block] });
}

function addResult({ writer }: Scope, values: readonly (readonly [string, Operand | undefined])[]): void {
  const result = writer.local();
  writer.emit("MakeObjectStmt", { target: result });
  for (const [name, value] of values) {
    if (value !== undefined) writer.emit("ObjectInsertStmt", { key: writer.string(name), value, object: result });
  }
  writer.emit("ResultSetAddStmt", { value: result });
}
