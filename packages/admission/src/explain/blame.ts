import type { ExplainedMember, Read } from "@sallyport/rego";
import { fieldPath } from "./field-path.ts";

/** Reads that only say what the request is about; a rule that looks at nothing else blames no field. */
const aboutTheRequest = new Set(["kind", "apiVersion", "metadata.name", "metadata.namespace"]);

/**
 * The field that a finding is about: of all that its rule looked at, the last value that the message quotes, else the last scalar, else
 * the last thing at all. `object` is where the object lies in the input.
 */
export function blamedField(
  { reads }: ExplainedMember,
  message: string,
  object: readonly string[] = ["request", "object"],
): { readonly path: string; readonly value: unknown } | undefined {
  const candidates = reads
    .filter(({ path }) => path.length > object.length && object.every((part, i) => path[i] === part))
    .map((read) => ({ read, path: fieldPath(read.path.slice(object.length)) }))
    .filter(({ path }) => !aboutTheRequest.has(path));
  const quoted = candidates.findLast(({ read }) => isQuoted(read, message));
  const scalar = candidates.findLast(({ read }) => typeof read.value !== "object");
  const chosen = quoted ?? scalar ?? candidates.at(-1);
  if (chosen === undefined) return undefined;
  const { value } = chosen.read;
  return { path: chosen.path, value: typeof value === "object" ? undefined : value };
}

function isQuoted({ value }: Read, message: string): boolean {
  return (
    (typeof value === "string" && value.length > 1 && message.includes(value)) ||
    (typeof value === "number" && message.includes(String(value)))
  );
}
