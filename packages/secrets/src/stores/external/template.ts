import { ExternalSecretError, type SecretData } from "./external-secret.ts";
import { templateFunctions } from "./template-functions.ts";
import { type Node, parseTemplate } from "./template-syntax.ts";
import { isList, isTrue, type TemplateValue, textOf } from "./template-value.ts";

/**
 * Renders what is used of Go's templates with External Secrets: `{{ .key }}`, `index . "key"`, pipes, `if`, `with` and `range`, and the
 * functions of `template-functions.ts`. What is not known is refused, and so is a key that is not there; neither fault shows a value.
 */
export function renderTemplate(template: string, data: SecretData): string {
  const dot = new Map([...data].map(([key, value]) => [key, Buffer.from(value).toString("utf8")]));
  return rendered(parseTemplate(template), { dot, root: dot, variables: new Map() });
}

interface Scope {
  readonly dot: TemplateValue;
  readonly root: TemplateValue;
  readonly variables: ReadonlyMap<string, TemplateValue>;
}

function rendered(nodes: readonly Node[], scope: Scope): string {
  let inner = scope;
  let text = "";
  for (const node of nodes) {
    if (node.kind === "set")
      inner = { ...inner, variables: new Map(inner.variables).set(node.name, evaluated(node.value, inner)) };
    else text += renderedNode(node, inner);
  }
  return text;
}

function renderedNode(node: Exclude<Node, { readonly kind: "set" }>, scope: Scope): string {
  switch (node.kind) {
    case "text":
      return node.text;
    case "range":
      return renderedRange(node, scope);
    case "if": {
      const value = evaluated(node.condition, scope);
      if (!isTrue(value)) return rendered(node.otherwise, scope);
      return rendered(node.body, node.isWith ? { ...scope, dot: value } : scope);
    }
    default:
      return textOf(evaluated(node, scope));
  }
}

function renderedRange(
  { over, names, body, otherwise }: Extract<Node, { readonly kind: "range" }>,
  scope: Scope,
): string {
  const value = evaluated(over, scope);
  if (!isTrue(value)) return rendered(otherwise, scope);
  return pairsOf(value)
    .map(([key, each]) => {
      const bound = names.length === 2 ? [key, each] : [each];
      const variables = new Map([...scope.variables, ...names.map((name, i) => [name, bound[i]] as const)]);
      return rendered(body, { ...scope, dot: each, variables });
    })
    .join("");
}

function pairsOf(value: TemplateValue): readonly (readonly [TemplateValue, TemplateValue])[] {
  if (isList(value)) return [...value.entries()];
  if (!(value instanceof Map)) throw new ExternalSecretError("template: range: expected a map, such as .");
  // Go goes through a map in the order of its keys.
  return [...(value as ReadonlyMap<string, TemplateValue>)].sort(([a], [b]) => (a < b ? -1 : 1));
}

function evaluated(node: Node, scope: Scope): TemplateValue {
  switch (node.kind) {
    case "literal":
      return node.value;
    case "dot":
      return scope.dot;
    case "variable": {
      if (node.name === "") return scope.root;
      if (!scope.variables.has(node.name)) throw new ExternalSecretError(`template: no variable $${node.name}`);
      return scope.variables.get(node.name);
    }
    case "field":
      return memberOf(evaluated(node.of, scope), node.name);
    case "call":
      return called(node, scope);
    default:
      throw new ExternalSecretError(`template: ${node.kind} is no value`);
  }
}

function called({ name, args }: Extract<Node, { readonly kind: "call" }>, scope: Scope): TemplateValue {
  const values = () => args.map((each) => evaluated(each, scope));
  // These two need not look at all they are given.
  if (name === "and" || name === "or") {
    let last: TemplateValue;
    for (const each of args) {
      last = evaluated(each, scope);
      if (isTrue(last) === (name === "or")) return last;
    }
    return last;
  }
  if (name === "index") {
    const [of, ...keys] = values();
    return keys.reduce<TemplateValue>((value, key) => itemOf(value, key), of);
  }
  const call = Object.hasOwn(templateFunctions, name) ? templateFunctions[name] : undefined;
  if (call === undefined) throw new ExternalSecretError(`template: function ${name} is not known here`);
  return call(values());
}

function itemOf(value: TemplateValue, key: TemplateValue): TemplateValue {
  if (!isList(value)) return memberOf(value, textOf(key));
  if (typeof key === "number" && key in value) return value[key];
  throw new ExternalSecretError("template: index: the list has no such place");
}

function memberOf(value: TemplateValue, name: string): TemplateValue {
  if (value instanceof Map && value.has(name)) return value.get(name);
  throw new ExternalSecretError(`template: no key ${name}`);
}
