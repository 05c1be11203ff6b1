import { parseGoDuration } from "@sallyport/kube";
import { parse } from "yaml";
import { SourceError } from "../source-error.ts";
import type { ProviderSpec } from "../stores/store-spec.ts";
import { type FileEntry, fileEntries } from "./file-entry.ts";

/** What is to be injected, and how often it is looked for. */
export interface InjectConfiguration {
  readonly provider: ProviderSpec;
  readonly entries: readonly FileEntry[];
  readonly intervalMs: number;
}

const known: readonly string[] = ["store", "files", "refreshInterval"];

/** Looking more often than once a second would be an attack on a store. */
const shortestMs = 1_000;

/** Reads the YAML `{store: {vault: …}, files: […], refreshInterval: 5m}`. Throws `SourceError`, which shows nothing but names of fields. */
export function injectConfiguration(text: string): InjectConfiguration {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 100 });
  } catch (error) {
    const [at] =
      (error as { readonly linePos?: readonly { readonly line: number; readonly col: number }[] }).linePos ?? [];
    throw new SourceError(`no YAML${at === undefined ? "" : ` at line ${at.line}, column ${at.col}`}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new SourceError("expected {store: …, files: […]}");
  const fields = value as { readonly [field: string]: unknown };
  const unknown = Object.keys(fields).find((field) => !known.includes(field));
  if (unknown !== undefined) throw new SourceError(`unknown field ${unknown}; known are ${known.join(", ")}`);
  const { store, files, refreshInterval = "5m" } = fields;
  if (typeof store !== "object" || store === null || Array.isArray(store))
    throw new SourceError("store: expected a provider as in a SecretStore, such as {vault: {server: …}}");
  const nanoseconds = parseGoDuration(String(refreshInterval));
  const intervalMs = typeof nanoseconds === "number" ? nanoseconds / 1e6 : 0;
  if (!(intervalMs >= shortestMs))
    throw new SourceError(
      `refreshInterval ${String(refreshInterval)}: expected a duration of a second or more, such as 5m`,
    );
  return { provider: store as ProviderSpec, entries: fileEntries("files", files), intervalMs };
}
