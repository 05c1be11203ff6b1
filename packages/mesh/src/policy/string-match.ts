import { RuleFault } from "./rule-fault.ts";

/** Whether a text is meant by one value of a policy. */
export type TextMatch = (text: string) => boolean;

/** Istio's matching of texts: `*` any that is not empty, `*suffix`, `prefix*`, else the same. A second star is a star. */
export function textMatch(value: string): TextMatch {
  if (value === "*") return (text) => text !== "";
  if (value.startsWith("*")) {
    const suffix = value.slice(1);
    return (text) => text.endsWith(suffix);
  }
  if (value.endsWith("*")) {
    const prefix = value.slice(0, -1);
    return (text) => text.startsWith(prefix);
  }
  return (text) => text === value;
}

/** The same of headers, whose `*` is also met by one that is empty. */
export function headerMatch(value: string): TextMatch {
  return value === "*" ? () => true : textMatch(value);
}

/** The same in any case, as host names are written. */
export function hostMatch(value: string): TextMatch {
  const matches = headerMatch(value.toLowerCase());
  return (text) => matches(text.toLowerCase());
}

/** Each star stands for any text, also none; the whole text must match. Linear but for one step back per star, whatever the text. */
export function globMatch(pattern: string): TextMatch {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return (text) => text === first;
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let from = first.length;
    for (const part of rest) {
      const at = text.indexOf(part, from);
      if (at < 0) return false;
      from = at + part.length;
    }
    return from <= text.length - last.length;
  };
}

/** What Envoy's templates take for one segment of a path: RFC 3986 pchar. */
const segment = "[a-zA-Z0-9\\-._~%!$&'()+,;:@=]";

/** Whether a path has an operator of templates: `{*}` one segment, `{**}` any number of them. */
export function isPathTemplate(value: string): boolean {
  return value.includes("{*}") || value.includes("{**}");
}

/** A path by a template, or else as a text. Throws a line for a template that Istio would not take. */
export function pathMatch(value: string): TextMatch {
  if (!isPathTemplate(value)) return textMatch(value);
  const fault = pathTemplateFault(value);
  if (fault !== undefined) throw new RuleFault(fault);
  const source = value.split(/(\{\*\*?\})/).map((part) => {
    if (part === "{*}") return `${segment}+`;
    return part === "{**}" ? `[/${segment.slice(1)}*` : escaped(part);
  });
  const pattern = new RegExp(`^${source.join("")}$`);
  return (path) => pattern.test(path);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}

const literal = /^[a-zA-Z0-9\-._~%!$&'()+,;:@=]+$/;

/** Why Istio takes no such path: an operator after `{**}`, braces of anything else, a segment that no path has. */
export function pathTemplateFault(value: string): string | undefined {
  const path = value.replace(/^\/+|\/+$/g, "");
  let hasRest = false;
  for (const part of path.split("/")) {
    const isOperator = part === "{*}" || part === "{**}";
    if (isOperator && hasRest) return `invalid or unsupported path ${path}: {**} is not the last operator`;
    if (part === "{**}") hasRest = true;
    if (isOperator) continue;
    if (/[{}]/.test(part))
      return `invalid or unsupported path ${path}: Contains '{' or '}' beyond a supported path template`;
    if (isPathTemplate(value) && !literal.test(part))
      return `invalid or unsupported path ${path}: Contains segment ${part} with invalid string literal`;
  }
  return undefined;
}
