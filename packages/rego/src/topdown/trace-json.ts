import { isGenerated, isWildcard } from "../compile/names.ts";
import { walkBody, walkTerm } from "../compile/walk.ts";
import { withinPackage } from "../compile/within-package.ts";
import type { Location, Rule, Term } from "../syntax/ast.ts";
import {
  type AstJson,
  astJsonOfBody,
  astJsonOfExpr,
  astJsonOfRule,
  astJsonOfTerm,
  NumberText,
  withDocumentAnnotations,
} from "../syntax/ast-json.ts";
import { nowhere } from "./frame.ts";
import { raiseTerm } from "./raise.ts";
import type { TracedNode } from "./trace.ts";
import type { RecordedEvent } from "./trace-buffer.ts";
import { exprOf, firstPlace } from "./variable-places.ts";

const compiled = { compiled: true };

/** Events as `opa eval --explain … --format json` prints them; they must have been recorded with their locals. */
export function traceJson(events: readonly RecordedEvent[]): AstJson {
  return events.map(eventJson);
}

function eventJson(event: RecordedEvent): AstJson {
  const { op, node, location, queryId, parentId, message, ref, locals } = event;
  // What tells something has no variables of its own.
  const isTold = node.kind === "note" || node.kind === "case";
  return {
    Op: op,
    Node: nodeJson(node),
    Location: location === undefined ? null : placeJson(location),
    QueryID: new NumberText(String(queryId)),
    ParentID: new NumberText(String(parentId)),
    Locals: isTold || locals.size === 0 ? null : localsJson(event),
    LocalMetadata: isTold ? null : metadataJson(event),
    Message: message,
    Ref: ref === undefined ? null : ref.terms.map((term, i) => astJsonOfTerm(raiseTerm(term, nowhere), i === 0)),
  };
}

/** The same as the REST API tells them. https://www.openpolicyagent.org/docs/rest-api#trace-events */
export function traceEventsJson(events: readonly RecordedEvent[]): AstJson {
  return events.map(({ op, node, queryId, parentId, message, locals }) => ({
    op: op.toLowerCase(),
    query_id: new NumberText(String(queryId)),
    parent_id: new NumberText(String(parentId)),
    type: nodeTypes[node.kind],
    node: nodeJson(node),
    locals: (node.kind === "note" ? [] : [...locals].sort(byName)).map(([name, value]) => ({
      key: { type: "var", value: name },
      value: astJsonOfTerm(raiseTerm(value, nowhere)),
    })),
    ...(message === "" ? {} : { message }),
  }));
}

const nodeTypes: { readonly [kind in TracedNode["kind"]]: string } = {
  rule: "rule",
  body: "body",
  step: "expr",
  case: "expr",
  expr: "expr",
  note: "",
};

function nodeJson(node: TracedNode): AstJson {
  switch (node.kind) {
    case "rule":
      return astJsonOfRule(annotated(node), compiled);
    case "body":
      return astJsonOfBody(node.query.map(exprOf), compiled);
    case "step":
      return astJsonOfExpr(exprOf(node.step), node.step.index, compiled);
    case "case":
      return astJsonOfExpr(exprOf(node.step), 0, compiled);
    case "expr":
      return astJsonOfExpr(node.expr, 0, compiled);
    case "note":
      return null;
  }
}

function annotated({ rule, module }: TracedNode & { readonly kind: "rule" }): Rule {
  return withDocumentAnnotations(withinPackage(rule, module), module.rules);
}

function placeJson({ file, row, col }: Location): AstJson {
  return { file, row: new NumberText(String(row)), col: new NumberText(String(col)) };
}

/** Sorted, where OPA's order is that of a map. */
function localsJson({ locals }: RecordedEvent): AstJson {
  return [...locals].sort(byName).map(([name, node]) => ({
    name: isWildcard(name) ? "_" : name,
    ...(astJsonOfTerm(raiseTerm(node, nowhere)) as { readonly [key: string]: AstJson }),
  }));
}

/** What the author called the variables: those that are bound, and those of the node. */
function metadataJson({ node, locals, names, places }: RecordedEvent): AstJson {
  const found = new Map<string, Location | undefined>();
  for (const [name, loc] of placesOf(node)) if (names.has(name)) found.set(name, loc);
  for (const name of locals.keys()) found.set(name, places.get(name));
  const entries = [...found].sort(byName).map(([name, loc]) => [name, variableJson(name, loc, names)] as const);
  return Object.fromEntries(entries);
}

function variableJson(name: string, loc: Location | undefined, names: ReadonlyMap<string, string>): AstJson {
  const written = names.get(name);
  // Neither has a place: what holds the value of an expression, and what stands for a variable that the author left out.
  const isPlaced = !isCapture(name) && !(written !== undefined && isGenerated(written));
  return { name: written ?? name, location: isPlaced && loc !== undefined ? placeJson(loc) : null };
}

/** The value of an expression of the query, or of what was done with it. */
function isCapture(name: string): boolean {
  return /^\$_?term/.test(name);
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The variables of a node, each with the place where it stands first. */
function placesOf(node: TracedNode): ReadonlyMap<string, Location> {
  const places = new Map<string, Location>();
  const visit = firstPlace(places);
  if (node.kind === "rule") visitRule(node.rule, visit);
  else if (node.kind === "body") walkBody(node.query.map(exprOf), visit);
  else if (node.kind === "expr") walkBody([node.expr], visit);
  else if (node.kind !== "note") walkBody([exprOf(node.step)], visit);
  return places;
}

function visitRule({ head, body }: Rule, visit: (term: Term) => boolean): void {
  for (const term of [...(head.args ?? []), ...head.ref.terms.slice(1), head.key, head.value])
    if (term !== undefined) walkTerm(term, visit);
  walkBody(body, visit);
}
