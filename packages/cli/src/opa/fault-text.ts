import { RegoError } from "@sallyport/rego";
import { type ErrorEntry, errorEntries, errorsText } from "./errors-text.ts";
import { LoadFault } from "./load.ts";

/** What `opa test` and `opa check` say of policies that cannot be loaded or compiled; undefined for faults that are not the user's. */
export function faultText(error: unknown): string | undefined {
  const entries = faultEntries(error);
  if (entries === undefined) return undefined;
  return error instanceof LoadFault ? loadingText(entries) : errorsText(entries);
}

/** The single faults of the same. */
export function faultEntries(error: unknown): readonly ErrorEntry[] | undefined {
  return error instanceof LoadFault || error instanceof RegoError ? errorEntries(error) : undefined;
}

function loadingText(entries: readonly ErrorEntry[]): string {
  const [first] = entries;
  if (entries.length === 1 && first !== undefined) return `1 error occurred during loading: ${first.text}\n`;
  return `${entries.length} errors occurred during loading:\n${entries.map(({ text }) => `${text}\n`).join("")}`;
}
