import { type KubeObject, parseApiVersion, type Structural } from "@sallyport/kube";
import { type Constraint, checkIdentity, readConstraint } from "./constraint.ts";
import { type Candidate, ConstraintIndex, type ReviewedKind, ReviewedKinds } from "./constraint-index.ts";
import { actionsAt, type EnforcementPoint } from "./enforcement.ts";
import type { CompiledTemplate, Engine, EngineData, Origin, Violation } from "./engines/engine.ts";
import { PendingAnswer } from "./external-data/external-data.ts";
import { FrameworkError } from "./fault.ts";
import { compareTexts } from "./fields.ts";
import { Inventory } from "./inventory.ts";
import { MatchError, matchesObject } from "./match/match.ts";
import type { Review } from "./review.ts";
import type { ReviewWatch } from "./review-watch.ts";
import { constraintDefinition, constraintSchema } from "./template/definition.ts";
import { chooseCode, readTemplate, type Template } from "./template/template.ts";

/** A violated constraint. */
export interface Result extends Violation {
  readonly constraint: Constraint;
  /** `deny`, `warn`, `dryrun`, `scoped`, or whatever the constraint has. */
  readonly enforcementAction: string;
  /** Of a scoped constraint: what is done at the point that was asked for. */
  readonly scopedActions: readonly string[];
}

interface Installed {
  readonly template: Template;
  /** Of the language that is used. */
  readonly engine: string;
  readonly schema: Structural;
  readonly compiled: CompiledTemplate;
  readonly constraints: ConstraintIndex;
}

/** What is the same for all constraints of a review. */
interface Asking {
  readonly point: EnforcementPoint;
  readonly watch: ReviewWatch | undefined;
  readonly review: Review;
  readonly data: EngineData;
  /** The one that the object lies in, where somebody knows it. */
  readonly namespace: KubeObject | undefined;
  /** Of what is reviewed; only constraints of it are asked. Undefined where it cannot be told. */
  readonly kind: ReviewedKind | undefined;
}

export interface FrameworkOptions {
  /** In the order in which they are preferred, for templates that have code for several. */
  readonly engines: readonly Engine[];
}

/** Templates, constraints and replicated objects, and what they say of an object. https://open-policy-agent.github.io/gatekeeper/website/docs/howto/ */
export class Framework {
  readonly inventory = new Inventory();
  readonly #engines: ReadonlyMap<string, Engine>;
  readonly #byName = new Map<string, Installed>();
  readonly #kinds = new ReviewedKinds();

  constructor({ engines }: FrameworkOptions) {
    this.#engines = new Map(engines.map((engine) => [engine.name, engine]));
  }

  /** Whether a template is in force. */
  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** A template in force; `name` is the constraints' kind in lower case. */
  template(name: string): Template | undefined {
    return this.#byName.get(name)?.template;
  }

  /** How many templates an engine is asked of. */
  templatesOf(engine: string): number {
    return [...this.#byName.values()].filter((each) => each.engine === engine).length;
  }

  /** How many templates are in force. */
  get size(): number {
    return this.#byName.size;
  }

  /** Puts a template in force, or another one in its place; its constraints stay. Throws `FrameworkError`, and then nothing has changed. */
  addTemplate(object: KubeObject): Template {
    const template = readTemplate(object);
    const schema = constraintSchema(template);
    constraintDefinition(template, schema);
    const code = chooseCode(template, [...this.#engines.keys()]);
    const compiled = (this.#engines.get(code.engine) as Engine).compile(template, code);
    const constraints = this.#byName.get(template.name)?.constraints ?? new ConstraintIndex();
    this.#byName.set(template.name, { template, engine: code.engine, schema, compiled, constraints });
    return template;
  }

  /** Takes a template away, and its constraints. */
  removeTemplate(name: string): void {
    this.#byName.delete(name);
  }

  /** Puts a constraint in force, or another one in its place. Throws `FrameworkError`. */
  addConstraint(object: KubeObject): Constraint {
    checkIdentity(object);
    const { schema, constraints } = this.#installed(object.kind);
    const constraint = readConstraint(object, schema);
    constraints.set(constraint);
    return constraint;
  }

  /** Throws `FrameworkError` for a constraint that could not be put in force. */
  checkConstraint(object: KubeObject): void {
    checkIdentity(object);
    readConstraint(object, this.#installed(object.kind).schema);
  }

  removeConstraint({ kind, metadata }: KubeObject): void {
    this.#byName.get(kind.toLowerCase())?.constraints.delete(metadata.name ?? "");
  }

  /** What the constraints that are asked at a point say, by kind and name. The webhook asks only templates of its operation. */
  review(review: Review, point: EnforcementPoint, watch?: ReviewWatch): readonly Result[] {
    const operation = String(review.request["operation"] ?? "");
    const round = new Round();
    const kind = this.#kindOf(review);
    const asking = { point, watch, review, data: this.#dataFor(review), namespace: this.#namespaceOf(review), kind };
    const results = [...this.#byName.values()]
      .filter(({ template }) => point !== "validation.gatekeeper.sh" || isAsked(template, operation))
      .flatMap((installed) => {
        const candidates = installed.constraints.candidates(kind);
        if (candidates.length === 0) return [];
        const ask = asker(installed, asking);
        return candidates.flatMap((each) => round.run(() => askConstraint(each, ask, asking)));
      })
      .sort(
        (a, b) =>
          compareTexts(a.constraint.kind, b.constraint.kind) || compareTexts(a.constraint.name, b.constraint.name),
      );
    round.end();
    return results;
  }

  /** Where a result of a review comes from, as far as the template's language tells. */
  originOf({ constraint, msg }: Pick<Result, "constraint" | "msg">, review: Review): Origin | undefined {
    const { compiled } = this.#installed(constraint.kind);
    return compiled.originOf?.(constraint, review, this.#dataFor(review), msg);
  }

  #dataFor({ namespace }: Review): EngineData {
    return { inventory: this.inventory.data, namespace: namespace ?? undefined };
  }

  #namespaceOf({ namespace, request }: Review): KubeObject | undefined {
    return namespace ?? this.inventory.namespace(String(request["namespace"] ?? ""));
  }

  /** The kind of what is reviewed; undefined where there is none, or where the old object has another one. */
  #kindOf({ object, oldObject }: Review): ReviewedKind | undefined {
    const [one = oldObject, other = one] = [object, oldObject];
    if (one === undefined || other === undefined) return undefined;
    if (one.kind !== other.kind || one.apiVersion !== other.apiVersion) return undefined;
    return this.#kinds.of(parseApiVersion(one.apiVersion).group, one.kind);
  }

  #installed(kind: string): Installed {
    const name = kind.toLowerCase();
    const found = this.#byName.get(name);
    if (found !== undefined) return found;
    throw new FrameworkError(
      "missing-template",
      `missing ConstraintTemplate: template ${JSON.stringify(name)} not found`,
    );
  }
}

/** All constraints ask what they need of Providers before the first answer is awaited. */
class Round {
  #pending: PendingAnswer | undefined;

  run<T>(ask: () => readonly T[]): readonly T[] {
    try {
      return ask();
    } catch (error) {
      if (!(error instanceof PendingAnswer)) throw error;
      this.#pending = error;
      return [];
    }
  }

  end(): void {
    if (this.#pending !== undefined) throw this.#pending;
  }
}

type Ask = (candidate: Candidate) => readonly Violation[];

function askConstraint(candidate: Candidate, ask: Ask, asking: Asking): readonly Result[] {
  const { constraint } = candidate;
  const { point } = asking;
  const scopedActions = actionsAt(constraint.enforcement, point);
  if (scopedActions === undefined) return [];
  const told = { constraint, enforcementAction: constraint.enforcement.action, scopedActions };
  const matches = matchesReview(constraint, asking);
  if (typeof matches === "string") return [{ ...told, msg: matches }];
  return matches ? ask(candidate).map((violation) => ({ ...told, ...violation })) : [];
}

/** Of the object or the old one. A text says why it cannot be told: such a constraint refuses. */
function matchesReview(
  { match }: Constraint,
  { review: { object, oldObject, source }, namespace, kind }: Asking,
): boolean | string {
  if (object === undefined && oldObject === undefined)
    return "unable to match constraints: invalid request object: neither object nor old object are defined";
  for (const each of [object, oldObject]) {
    if (each === undefined) continue;
    try {
      if (matchesObject(match, { object: each, namespace, source }, kind !== undefined)) return true;
    } catch (error) {
      if (!(error instanceof MatchError)) throw error;
      const name = each.metadata.name ?? "";
      return `unable to match constraints: error matching the requested object: ${name} :failed to run Match criteria: ${error.message}`;
    }
  }
  return false;
}

/** Asks a template; constraints with the same parameters are answered the same, unless each is to be measured. */
function asker(installed: Installed, asking: Asking): Ask {
  const { review, data, watch } = asking;
  let begun: ReturnType<CompiledTemplate["ask"]> | undefined;
  const ask = (constraint: Constraint) => {
    begun ??= installed.compiled.ask(review, data);
    return begun(constraint);
  };
  if (watch !== undefined) return watched(watch, installed, asking, ask);
  const answers = new Map<number, readonly Violation[]>();
  return ({ constraint, parameters }) => {
    const known = answers.get(parameters) ?? ask(constraint);
    answers.set(parameters, known);
    return known;
  };
}

function watched(
  { now, traces, asked }: ReviewWatch,
  { compiled, engine }: Installed,
  { review, data }: Asking,
  ask: (constraint: Constraint) => readonly Violation[],
): Ask {
  return ({ constraint }) => {
    const started = now();
    const found = ask(constraint);
    const milliseconds = now() - started;
    const trace = traces ? compiled.traceOf?.(constraint, review, data) : undefined;
    asked({ engine, constraint, milliseconds, trace });
    return found;
  };
}

/** Without operations a template is asked of what writes: a policy over all of them would keep what it refuses from being deleted. */
function isAsked({ operations }: Template, operation: string): boolean {
  if (operations.length === 0) return operation !== "DELETE" && operation !== "CONNECT";
  return operations.includes("*") || operations.includes(operation);
}
