import { type Compiled, type DataPath, isObject, lookup, type Value } from "@sallyport/rego";

type RuleNode = Compiled["root"];
type CompiledRule = RuleNode["rules"][number];

/**
 * The first rule whose place base data takes, after a write at or below `path`: one there, below, or on the way. Functions and rules with
 * keys that are computed are no documents of a constant place.
 */
export function firstRuleOnData(
  root: RuleNode,
  path: DataPath,
  read: (path: DataPath) => Value | undefined,
): CompiledRule | undefined {
  let node: RuleNode | undefined = root;
  for (const key of path) {
    node = node.children.get(key);
    if (node === undefined) return undefined;
    const rule = ruleOf(node);
    if (rule !== undefined) return rule;
  }
  return firstBelow(node, read(path));
}

function firstBelow(node: RuleNode, value: Value | undefined): CompiledRule | undefined {
  if (value === undefined) return undefined;
  const rule = ruleOf(node);
  if (rule !== undefined) return rule;
  for (const [key, child] of node.children) {
    // What is no object has no room for rules below.
    const found = isObject(value) ? firstBelow(child, lookup(value, key)) : firstBelow(child, value);
    if (found !== undefined) return found;
  }
  return undefined;
}

function ruleOf({ rules }: RuleNode): CompiledRule | undefined {
  return rules.find(({ suffix }) => suffix.length === 0);
}
