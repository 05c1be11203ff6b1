import {
  astJsonOfBody,
  astJsonOfModule,
  astJsonText,
  EvaluationError,
  jsonText,
  parseJson,
  RegoError,
  type RegoPolicy,
} from "@sallyport/rego";
import { compileProgram } from "./answer.ts";
import { OpaServer } from "./opa-server.ts";
import { compareResidual, type PartialCase, residualOf } from "./partial.ts";
import { type Program, program } from "./program.ts";
import { repairedTimes } from "./repair.ts";
import { shrink } from "./shrink.ts";
import { randomTape } from "./tape.ts";

export interface PartialCounts {
  compared: number;
  /** Residuals whose syntax trees are OPA's, but for names of variables, order, and which expressions are said to be generated. */
  sameTrees: number;
  /** Other residuals that mean the same. */
  sameMeaning: number;
  /** Queries that fail when all is known, and those that OPA gives no residual for. */
  skipped: number;
  /** Faults of OPA's own, which are written down. */
  faultsOfOpa: number;
  readonly different: string[];
}

const unknowns: readonly (readonly string[])[] = [["input"], ["data.d"]];

/**
 * Partial evaluation of random programs against a real OPA's compile API. A residual differs when it is another than OPA's, and does not
 * mean what the query means.
 */
export async function runPartialDifferential(opa: string, programs: number, seed: number): Promise<PartialCounts> {
  const server = await OpaServer.start(opa);
  const counts: PartialCounts = {
    compared: 0,
    sameTrees: 0,
    sameMeaning: 0,
    skipped: 0,
    faultsOfOpa: 0,
    different: [],
  };
  try {
    for (let i = 0; i < programs; i++) {
      const tape = randomTape(seed, i);
      const found = compiling(program(tape));
      if (found === undefined) continue;
      for (const query of queriesOf(found.made))
        for (const unknown of unknowns) {
          const outcome = await compare(server, found, { query, unknown });
          counts.compared++;
          if (typeof outcome === "string") counts[outcome]++;
          else counts.different.push(await smallest(server, tape, { query, unknown }, outcome));
        }
    }
    return counts;
  } finally {
    server.stop();
  }
}

interface Found {
  readonly made: Program;
  readonly policy: RegoPolicy;
}

/** Without the rules that do not compile. */
function compiling(written: Program): Found | undefined {
  // The server that is asked knows v1 alone, and no strict mode.
  if (written.regoVersion !== "v1" || written.strict) return undefined;
  for (let times = 0; times <= 3; times++) {
    const made = repairedTimes(written, times);
    const policy = made && compileProgram(made).policy;
    if (made !== undefined && policy !== undefined) return { made, policy };
  }
  return undefined;
}

/** The whole document, each rule, and the members of each. */
function queriesOf({ module }: Program): readonly string[] {
  const rules = [...new Set(module.match(/^r\d+/gm) ?? [])];
  return ["x = data.p", ...rules.flatMap((rule) => [`data.p.${rule} = x`, `data.p.${rule}[k] = x`])];
}

interface Question {
  readonly query: string;
  readonly unknown: readonly string[];
}

type Outcome = "sameTrees" | "sameMeaning" | "skipped" | "faultsOfOpa" | { readonly different: string };

async function compare(server: OpaServer, { made, policy }: Found, { query, unknown }: Question): Promise<Outcome> {
  const data = parseJson(made.data);
  const each: PartialCase = { policy, query, unknowns: unknown, input: parseJson(made.input), data };
  const theirs = await server.residual(made, query, unknown);
  if (theirs === undefined) return "skipped";
  const residual = JSON.parse(jsonText(theirs)) as Residual;
  const [own, others] = [treesOf(each), treeText(residual)];
  if (own === others) return "sameTrees";
  if (isErrorLost(made, own, others)) return "faultsOfOpa";
  const outcome = compareResidual(each);
  if (outcome === "same") return "sameMeaning";
  return isFunctionLost(residual) || isComparisonLost(own, others) ? "faultsOfOpa" : outcome;
}

/** Of keys that are compared with what is unknown OPA keeps the first alone, and of others that there is something: `data.a` for `1 = data.a`. */
function isComparisonLost(own: string, others: string): boolean {
  return [own, others].every((text) => text.startsWith("[")) && uncompared(own) === uncompared(others);
}

function uncompared(trees: string): string {
  const [queries, support] = JSON.parse(trees) as [readonly string[], unknown];
  const bodies = queries.map((query) =>
    (JSON.parse(query) as readonly { readonly terms: unknown }[]).map(({ terms }) => uncomparedText(terms)).sort(),
  );
  return JSON.stringify([bodies.map((body) => body.join()).sort(), support]);
}

function uncomparedText(terms: unknown): string {
  const [, left, right] = Array.isArray(terms) ? (terms as { readonly type: string }[]) : [];
  return JSON.stringify(left?.type === "number" && right?.type === "ref" ? right : terms);
}

/** OPA keeps a function whose name is a ref in a module where it does not find it: whatever calls it is lost. */
function isFunctionLost({ support = [] }: Residual): boolean {
  const rules = support.flatMap(({ rules: some = [] }) => some) as readonly {
    readonly head: { readonly args?: unknown; readonly ref: readonly unknown[] };
  }[];
  return rules.some(({ head }) => head.args !== undefined && head.ref.length > 1);
}

/** OPA drops errors of what is partially evaluated behind `not`, which is true then: here they end the query. */
function isErrorLost({ module, library = "" }: Program, own: string, others: string): boolean {
  return own.startsWith("eval_") && !others.startsWith("eval_") && /\bnot\b/.test(module + library);
}

/** A small program whose residual differs in the same way. */
async function smallest(
  server: OpaServer,
  tape: readonly number[],
  question: Question,
  { different }: { readonly different: string },
): Promise<string> {
  const kind = kindOf(different);
  const make = (numbers: readonly number[]) => compiling(program(numbers))?.made;
  const differenceNow = async (candidate: Program): Promise<string | undefined> => {
    const { policy } = compileProgram(candidate);
    const outcome = policy && (await compare(server, { made: candidate, policy }, question));
    return typeof outcome === "object" && kindOf(outcome.different) === kind ? outcome.different : undefined;
  };
  const small = await shrink(tape, make, async (candidate) => (await differenceNow(candidate)) !== undefined);
  const { module, library, input, data } = small;
  return [module, library, input, data, question.query, question.unknown, await differenceNow(small)].join("\n");
}

function kindOf(different: string): string {
  return different.slice(0, different.indexOf(":"));
}

/** As OPA answers it. */
interface Residual {
  readonly queries?: readonly unknown[];
  readonly support?: readonly { readonly package: { readonly path: unknown }; readonly rules?: readonly unknown[] }[];
  /** Where partial evaluation fails. */
  readonly failed?: { readonly code: string; readonly message: string };
}

function treesOf(each: PartialCase): string {
  try {
    const { queries, support } = residualOf(each);
    const json = (tree: Parameters<typeof astJsonText>[0]) => JSON.parse(astJsonText(tree)) as unknown;
    return treeText({
      queries: queries.map((body) => json(astJsonOfBody(body))),
      support: support.map((module) => json(astJsonOfModule(module))),
    } as Residual);
  } catch (error) {
    if (error instanceof EvaluationError) return errorText(error);
    // The query itself does not compile.
    if (error instanceof RegoError && error.diagnostics[0] !== undefined) return errorText(error.diagnostics[0]);
    throw error;
  }
}

/** Queries and rules in an order of their own, their variables numbered as they come. */
function treeText({ queries = [], support = [], failed }: Residual): string {
  if (failed !== undefined) return errorText(failed);
  // Where the same document is asked for twice OPA saves its rules twice.
  const modules = support.map(({ package: { path }, rules = [] }) => [
    JSON.stringify(path),
    ...new Set(rules.map(numbered).sort()),
  ]);
  return JSON.stringify([queries.map(numbered).sort(), modules.map((each) => each.join("\n")).sort()]);
}

function errorText({ code, message }: { readonly code: string; readonly message: string }): string {
  return `${code}: ${message}`;
}

const variable = /^(?:__local|\$|[vkp]\d)/;

function numbered(tree: unknown): string {
  const numbers = new Map<string, string>();
  return JSON.stringify(sorted(tree), (_key, value: unknown) => {
    if (typeof value !== "string" || !variable.test(value)) return value;
    numbers.set(value, numbers.get(value) ?? `variable ${numbers.size}`);
    return numbers.get(value);
  });
}

/**
 * OPA forgets to give the variables and the domain of `every` their new names where it copies a comprehension, and the values of `with` in its
 * body; the rest of the body has them.
 */
function everyText(tree: object): object {
  if (!("domain" in tree && "body" in tree)) return tree;
  const body = JSON.parse(JSON.stringify(tree.body, withoutVariable)) as unknown;
  return { ...tree, key: "", value: "", domain: isVariable(tree.domain) ? "" : tree.domain, body };
}

/** A `with` has no variables in its value. */
function withoutVariable(_key: string, tree: unknown): unknown {
  if (typeof tree !== "object" || tree === null || !("target" in tree && "value" in tree)) return tree;
  return { ...tree, value: JSON.parse(nameless(tree.value)) as unknown };
}

/** There it also takes a builtin that `with` stands for to be a variable, and gives it a new name. */
function withText(tree: object): object {
  if (!("target" in tree)) return tree;
  return {
    ...tree,
    target: JSON.parse(JSON.stringify(tree.target).replace(/("type":"var","value":"[a-z_]+)\d+"/g, '$1"')),
  };
}

function isVariable(tree: unknown): boolean {
  return typeof tree === "object" && tree !== null && "type" in tree && tree.type === "var";
}

function sorted(written: unknown): unknown {
  if (Array.isArray(written)) return written.map(sorted);
  if (typeof written !== "object" || written === null) return written;
  const tree = withText(everyText(written));
  const names = Object.keys(tree).filter((name) => name !== "generated");
  return membersSorted(
    Object.fromEntries(names.sort().map((name) => [name, sorted((tree as Record<string, unknown>)[name])])),
  );
}

/** Members of sets and objects come in the order of their terms, which for variables is that of their names. */
function membersSorted(tree: Record<string, unknown>): Record<string, unknown> {
  const { type, value } = tree;
  if ((type !== "set" && type !== "object") || !Array.isArray(value)) return tree;
  const names = value.map(nameless);
  // Members that are the same but for their variables have no order that both sides know.
  if (new Set(names).size < names.length) return { ...tree, value: names.sort() };
  return { ...tree, value: value.toSorted((a, b) => (nameless(a) < nameless(b) ? -1 : 1)) };
}

function nameless(tree: unknown): string {
  return JSON.stringify(tree, (_key, value: unknown) =>
    typeof value === "string" && variable.test(value) ? "variable" : value,
  );
}
