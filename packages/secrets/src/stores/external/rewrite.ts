import { RE2JS } from "re2js";
import { ExternalSecretError, type Rewrite, type SecretData } from "./external-secret.ts";
import { propertiesOf } from "./property.ts";
import { renderTemplate } from "./template.ts";

/** The data with its keys rewritten, one step after the other. Throws `ExternalSecretError`. */
export function rewriteKeys(data: SecretData, steps: readonly Rewrite[]): SecretData {
  return steps.reduce((before, step, i) => {
    try {
      return rewritten(before, step);
    } catch (error) {
      if (error instanceof ExternalSecretError) throw new ExternalSecretError(`rewrite[${i}]: ${error.message}`);
      throw error;
    }
  }, data);
}

function rewritten(data: SecretData, { regexp, transform, merge }: Rewrite): SecretData {
  if (merge !== undefined) return merged(data, merge);
  const keyOf = regexp === undefined ? transforming(transform?.template ?? "") : replacing(regexp);
  // Sorted: of two that become one the same wins each time.
  return new Map([...data].sort(byKey).map(([key, value]) => [keyOf(key), value]));
}

function transforming(template: string): (key: string) => string {
  return (key) => renderTemplate(template, new Map([["value", Buffer.from(key)]]));
}

function replacing({ source, target }: NonNullable<Rewrite["regexp"]>): (key: string) => string {
  const pattern = compiled(source);
  return (key) => {
    const matcher = pattern.matcher(key);
    let [made, at] = ["", 0];
    while (matcher.find()) {
      made += key.slice(at, matcher.start()) + expanded(target, (name) => groupOf(matcher, name));
      at = matcher.end();
    }
    return made + key.slice(at);
  };
}

/** A pattern of Go. Throws `ExternalSecretError`. */
export function compiled(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    throw new ExternalSecretError(`${source} is no regular expression: ${(error as Error).message}`);
  }
}

/** Go's `Expand`: `$name` with as long a name as there is, `${name}`, and `$$`. */
function expanded(target: string, groupNamed: (name: string) => string): string {
  return target.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) =>
    whole === "$$" ? "$" : groupNamed((braced ?? bare) as string),
  );
}

function groupOf(matcher: ReturnType<RE2JS["matcher"]>, name: string): string {
  try {
    return matcher.group(/^\d+$/.test(name) ? Number(name) : name) ?? "";
  } catch {
    // No such group is an empty one, as in Go.
    return "";
  }
}

function merged(data: SecretData, options: NonNullable<Rewrite["merge"]>): SecretData {
  const {
    strategy = "Extract",
    into = "",
    conflictPolicy = "Error",
    priority = [],
    priorityPolicy = "Strict",
  } = options;
  if (strategy === "JSON" && into === "") throw new ExternalSecretError("merge of strategy JSON: into is needed");
  const missing = priority.find((key) => !data.has(key));
  if (missing !== undefined && priorityPolicy === "Strict")
    throw new ExternalSecretError(`merge: priority names ${missing}, which is not there`);
  const last = priority.filter((key) => data.has(key));
  const order = [...[...data.keys()].filter((key) => !last.includes(key)).sort(), ...last];
  const pairs = new Map<string, Uint8Array>();
  for (const key of order) {
    for (const [name, value] of propertiesOf(data.get(key) as Uint8Array, undefined)) {
      if (pairs.has(name) && conflictPolicy === "Error" && !last.includes(key))
        throw new ExternalSecretError(`merge: ${name} is in several secrets, ${key} among them`);
      pairs.set(name, value);
    }
  }
  if (strategy === "Extract") return pairs;
  const texts = Object.fromEntries([...pairs].map(([name, value]) => [name, jsonOf(value)]));
  return new Map([...data, [into, Buffer.from(JSON.stringify(texts))]]);
}

/** What was JSON within a secret stays so. */
function jsonOf(value: Uint8Array): unknown {
  const text = Buffer.from(value).toString("utf8");
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
