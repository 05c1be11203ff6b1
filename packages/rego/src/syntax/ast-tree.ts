import type { Body, Expr, ExprTerms, Module, Rule, Term } from "./ast.ts";

type Node = readonly [text: string, children?: readonly Node[]];

/** A module's tree as `opa parse` prints it: one node a line, each level one space deeper; with its comments unless told otherwise. */
export function astTree(module: Module, { comments = true }: { readonly comments?: boolean } = {}): string {
  const lines: string[] = [];
  const add = ([text, children = []]: Node, depth: number): void => {
    lines.push(`${" ".repeat(depth)}${text}`);
    for (const child of children) add(child, depth + 1);
  };
  add(moduleNode(comments ? module : { ...module, comments: [] }), 0);
  return `${lines.join("\n")}\n`;
}

function moduleNode({ package: { path }, imports, rules, annotations, comments }: Module): Node {
  return [
    "module",
    [
      ["package", [["ref", path.terms.map(pathNode)]]],
      ...imports.map((each): Node => ["import", [termNode(each.path), [each.alias ?? ""]]]),
      ...rules.map(ruleNode),
      ...annotations.map((): Node => ["annotations"]),
      ...comments.map((): Node => ["comment"]),
    ],
  ];
}

function ruleNode(rule: Rule): Node {
  const { head, body, else: otherwise } = rule;
  const children: Node[] = [["ref", head.ref.terms.map(pathNode)]];
  if (head.args !== undefined) children.push(["args", head.args.map(termNode)]);
  if (head.value !== undefined) children.push(termNode(head.value));
  return ["rule", [["head", children], bodyNode(body), ...(otherwise === undefined ? [] : [ruleNode(otherwise)])]];
}

function bodyNode(body: Body): Node {
  return ["body", body.map(exprNode)];
}

function exprNode(expr: Expr, index: number): Node {
  const withs = expr.with.map(({ target, value }): Node => ["with", [termNode(target), termNode(value)]]);
  return [`expr${expr.negated ? " negated" : ""} index=${index}`, [...termsNodes(expr.terms), ...withs]];
}

function termsNodes(terms: ExprTerms): readonly Node[] {
  switch (terms.kind) {
    case "term":
      return [termNode(terms.term)];
    case "call":
      return [termNode(terms.operator), ...terms.args.map(termNode)];
    case "some":
      return [["somedecl", terms.symbols.map(termNode)]];
    case "every": {
      const { key, value, domain, body } = terms;
      const vars = key === undefined ? [value] : [key, value];
      return [["every", [...[...vars, domain].map(termNode), bodyNode(body)]]];
    }
    case "not":
      return [["not", [bodyNode(terms.body)]]];
    case "and":
    case "or":
      return [[terms.kind, [bodyNode(terms.left), bodyNode(terms.right)]]];
  }
}

/** A part of a path: a variable at its head stays one, whatever its name. */
function pathNode(term: Term): Node {
  return term.kind === "var" ? [variableText(term.name)] : termNode(term);
}

function variableText(name: string): string {
  return name.startsWith("$") ? "_" : name;
}

function termNode(term: Term): Node {
  switch (term.kind) {
    case "null":
      return ["null"];
    case "boolean":
      return [String(term.value)];
    case "number":
      return [term.text];
    case "string":
      return [JSON.stringify(term.value)];
    case "var":
      return term.name === "input" || term.name === "data" ? ["ref", [[term.name]]] : [variableText(term.name)];
    case "ref":
      return ["ref", term.terms.map(pathNode)];
    case "call":
      return ["call", [termNode(term.operator), ...term.args.map(termNode)]];
    case "array":
    case "set":
      return [term.kind, term.items.map(termNode)];
    case "object":
      return ["object", term.entries.flat().map(termNode)];
    case "arraycomprehension":
    case "setcomprehension":
      return [term.kind, [termNode(term.term), bodyNode(term.body)]];
    case "objectcomprehension":
      return [term.kind, [termNode(term.key), termNode(term.value), bodyNode(term.body)]];
    case "templatestring":
      return ["templatestring"];
  }
}
