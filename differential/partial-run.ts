import { astJsonOfBody, astJsonOfModule, astJsonText, jsonText, parseJson, type RegoPolicy } from "@sallyport/rego";
import { compileProgram } from "./answer.ts";
import { OpaServer } from "./opa-server.ts";
import { compareResidual, type PartialCase, residualOf } from "./partial.ts";
import { type Program, program } from "./program.ts";
import { repairedTimes } from "./repair.ts";
import { randomTape } from "./tape.ts";

export interface PartialCounts {
  compared: number;
  /** Residuals whose syntax trees are OPA's, but for names of variables, order, and which expressions are said to be generated. */
  sameTrees: number;
  /** Other residuals that mean the same. */
  sameMeaning: number;
  /** Queries that fail when all is known, and those that OPA gives no residual for. */
  skipped: number;
  readonly different: string[];
}

const unknowns: readonly (readonly string[])[] = [["input"], ["data.d"]];

/**
 * Partial evaluation of random programs against a real OPA's compile API. A residual differs when it is another than OPA's, and does not
 * mean what the query means.
 */
export async function runPartialDifferential(opa: string, programs: number, seed: number): Promise<PartialCounts> {
  const server = await OpaServer.start(opa);
  const counts: PartialCounts = { compared: 0, sameTrees: 0, sameMeaning: 0, skipped: 0, different: [] };
  try {
    for (let i = 0; i < programs; i++) {
      const found = compiling(program(randomTape(seed, i)));
      if (found === undefined) continue;
      for (const query of queriesOf(found.made))
        for (const each of unknowns) await compare(server, found, query, each, counts);
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

async function compare(
  server: OpaServer,
  { made, policy }: Found,
  query: string,
  unknown: readonly string[],
  counts: PartialCounts,
): Promise<void> {
  const data = parseJson(made.data);
  const each: PartialCase = { policy, query, unknowns: unknown, input: parseJson(made.input), data };
  const theirs = await server.residual(made, query, unknown);
  counts.compared++;
  if (theirs !== undefined && treesOf(each) === treeText(JSON.parse(jsonText(theirs)) as Residual)) counts.sameTrees++;
  else {
    const outcome = compareResidual(each);
    if (theirs === undefined || outcome === "skipped") counts.skipped++;
    else if (outcome === "same") counts.sameMeaning++;
    else
      counts.different.push(
        [made.module, made.library, made.input, made.data, query, unknown, outcome.different].join("\n"),
      );
  }
}

/** As OPA answers it. */
interface Residual {
  readonly queries?: readonly unknown[];
  readonly support?: readonly { readonly package: { readonly path: unknown }; readonly rules?: readonly unknown[] }[];
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
    return `${error}`;
  }
}

/** Queries and rules in an order of their own, their variables numbered as they come. */
function treeText({ queries = [], support = [] }: Residual): string {
  const modules = support.map(({ package: { path }, rules = [] }) => [
    JSON.stringify(path),
    ...rules.map(numbered).sort(),
  ]);
  return JSON.stringify([queries.map(numbered).sort(), modules.map((each) => each.join("\n")).sort()]);
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

/** OPA forgets to give the variables and the domain of `every` their new names where it copies a comprehension; the body's have them. */
function everyText(tree: object): object {
  if (!("domain" in tree && "body" in tree)) return tree;
  return { ...tree, key: "", value: "", domain: isVariable(tree.domain) ? "" : tree.domain };
}

function isVariable(tree: unknown): boolean {
  return typeof tree === "object" && tree !== null && "type" in tree && tree.type === "var";
}

function sorted(written: unknown): unknown {
  if (Array.isArray(written)) return written.map(sorted);
  if (typeof written !== "object" || written === null) return written;
  const tree = everyText(written);
  const names = Object.keys(tree).filter((name) => name !== "generated");
  return Object.fromEntries(names.sort().map((name) => [name, sorted((tree as Record<string, unknown>)[name])]));
}
