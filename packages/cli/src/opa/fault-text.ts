import { RegoError } from "@sallyport/rego";
import { type ErrorEntry, errorEntries, errorsText, messageEntry } from "./errors-text.ts";
import { LoadFault } from "./load.ts";

/** What `opa test` and `opa check` say of policies that cannot be loaded or compiled; undefined for faults that are not the user's. */
export function faultText(error: unknown): string | undefined {
  const entries = faultEntries(error);
  if (entries === undefined) return undefined;
  const [first] = entries;
  if (isBundleFault(error)) return `${first?.text}\n`;
  return error instanceof LoadFault ? loadingText(entries) : errorsText(entries);
}

/** The same, with the name of the bundle that cannot be loaded, as `opa test` says it. */
export function bundleFaultText(error: unknown, bundles: readonly string[]): string | undefined {
  const text = faultText(error);
  if (text === undefined || !isBundleFault(error)) return text;
  const name = bundles.find((each) => text.startsWith(`bundle ${each}:`) || text.includes(JSON.stringify(each)));
  return name === undefined ? text : `unable to load bundle ${name}: ${text}`;
}

/** The single faults of the same. */
export function faultEntries(error: unknown): readonly ErrorEntry[] | undefined {
  if (isBundleFault(error)) return [messageEntry(error.message.slice(bundlePrefix.length))];
  return error instanceof LoadFault || error instanceof RegoError ? errorEntries(error) : undefined;
}

/** What `opa eval` says before a fault of a bundle; these commands do not. */
const bundlePrefix = "loading error: ";

function isBundleFault(error: unknown): error is LoadFault {
  return error instanceof LoadFault && error.faults.length === 1 && error.message.startsWith(bundlePrefix);
}

function loadingText(entries: readonly ErrorEntry[]): string {
  const [first] = entries;
  if (entries.length === 1 && first !== undefined) return `1 error occurred during loading: ${first.text}\n`;
  return `${entries.length} errors occurred during loading:\n${entries.map(({ text }) => `${text}\n`).join("")}`;
}
