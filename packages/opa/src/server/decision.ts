import { randomUUID } from "node:crypto";
import {
  type DataPath,
  diagnosticsText,
  type EvaluatedLabels,
  type EvaluateOptions,
  EvaluationError,
  formatEvaluationError,
  RegoError,
  RegoObject,
  type Value,
} from "@sallyport/rego";
import { diagnosticJson, evaluationErrorJson } from "../answers/error-json.ts";
import { type Printable, Struct } from "../answers/json-text.ts";
import type { Metrics } from "../answers/metrics.ts";
import { ApiError, codeFirst } from "./api-error.ts";
import { documentAt, isBaseData, labelsAt } from "./documents.ts";
import type { ServerRequest } from "./exchange.ts";
import type { Generation } from "./policy-state.ts";
import { evaluation, type Serving } from "./serving.ts";

/** What a request at `/v1/data` or `/v0/data` asks for, as it is logged: as it was sent. */
export function loggedPath({ path }: ServerRequest): string {
  return path.slice("/v1/data/".length);
}

/** What was decided, and how. */
export interface MadeDecision {
  readonly path?: string;
  readonly query?: string;
  readonly input?: Value | undefined;
  readonly result?: Printable | undefined;
  /** As JSON has it. */
  readonly error?: Printable;
  /** The same in words. */
  readonly errorText?: string;
  readonly metrics: Metrics;
  /** Takes the labels of the rules that answer; they are told with what has a result. */
  readonly labels?: EvaluatedLabels | undefined;
  /** What else there is to tell. */
  readonly custom?: Printable | undefined;
}

/** A decision that is to be logged. */
export interface LoggedDecision extends MadeDecision {
  readonly id: string;
  readonly request: ServerRequest;
  readonly bundles: Generation["bundles"];
  /** What builtins have answered that might answer otherwise next time: arguments and answers by name. */
  readonly nondeterministic: Value | undefined;
  /** A document of the policies that have decided, asked with an input of its own. */
  readonly ask: (path: DataPath, input: () => Value) => Promise<Value | undefined>;
}

/** Where decisions are logged. */
export interface DecisionLogger {
  readonly recordsNondeterministic: boolean;
  /** Resolves when the decision is kept as well as was promised. Rejects when it cannot be. */
  readonly log: (decision: LoggedDecision) => Promise<void>;
}

/** One decision on its way: it has an id and a memory where decisions are logged, and is nothing else where they are not. */
export class Decision {
  readonly id: string | undefined;
  readonly #serving: Serving;
  readonly #request: ServerRequest;
  readonly #generation: Generation;
  readonly #logger: DecisionLogger | undefined;
  readonly #answers = new Map<string, Map<string, readonly [Value, Value]>>();

  constructor(serving: Serving, request: ServerRequest, generation: Generation) {
    this.#serving = serving;
    this.#request = request;
    this.#generation = generation;
    this.#logger = serving.plugins?.decisions;
    this.id = this.#logger && randomUUID();
  }

  /** What takes the labels of rules that answer for a document, or for any query; undefined where none would be told. */
  labels(path?: DataPath): EvaluatedLabels | undefined {
    if (this.#logger === undefined) return undefined;
    return path === undefined ? this.#generation.policy.labels() : labelsAt(this.#generation, path);
  }

  /** How it is evaluated. */
  evaluation(isStrict: boolean = false): EvaluateOptions {
    const options = evaluation(this.#serving, this.#request, isStrict);
    if (this.#logger?.recordsNondeterministic !== true || options.effects === undefined) return options;
    return { ...options, effects: { ...options.effects, record: (...answer) => this.#record(...answer) } };
  }

  #record(name: string, args: readonly Value[], answer: Value): void {
    const known = this.#answers.get(name) ?? new Map<string, readonly [Value, Value]>();
    this.#answers.set(name, known.set(JSON.stringify(args), [[...args], answer]));
  }

  /** Logs what came of it. Throws `ApiError` where the log takes it not: what is not logged is not answered. */
  async log(made: MadeDecision): Promise<void> {
    if (this.#logger === undefined || this.id === undefined) return;
    const { bundles } = this.#generation;
    const ask: LoggedDecision["ask"] = (path, input) => {
      const isRule = !isBaseData(this.#generation.policy.compiled.root, path);
      const options = evaluation(this.#serving, this.#request);
      return documentAt(this.#generation, path, { ...options, ...(isRule && { input: input() }) });
    };
    const nondeterministic = this.#logger.recordsNondeterministic ? this.#nondeterministic() : undefined;
    await this.#logger.log({ ...made, id: this.id, request: this.#request, bundles, nondeterministic, ask });
  }

  /** Logs that nothing came of it, and throws what was thrown. */
  async fail(error: unknown, made: MadeDecision): Promise<never> {
    await this.log({ ...made, error: errorJson(error), errorText: errorText(error) });
    throw error;
  }

  #nondeterministic(): Value {
    const named = [...this.#answers].map(([name, answers]) => [name, RegoObject.of([...answers.values()])] as const);
    return Object.fromEntries(named);
  }
}

function errorText(error: unknown): string {
  if (error instanceof EvaluationError) return formatEvaluationError(error);
  if (error instanceof RegoError) return diagnosticsText(error.diagnostics);
  return error instanceof ApiError ? `${error.code}: ${error.message}` : "internal error";
}

function errorJson(error: unknown): Printable {
  if (error instanceof EvaluationError) return codeFirst(evaluationErrorJson(error));
  if (error instanceof RegoError) return error.diagnostics.map((each) => codeFirst(diagnosticJson(each)));
  if (error instanceof ApiError) return new Struct({ code: error.code, message: error.message });
  return "internal error";
}
