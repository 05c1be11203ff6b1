import type { JsonObject } from "@sallyport/rego";
import { opaVersion } from "./opa-version.ts";

/** What `opa.runtime()` answers in commands of `opa`: the environment too, as there. A shell and `exec` tell their configuration. */
export function runtimeInfo(
  env: { readonly [name: string]: string | undefined },
  { config, isKnownSchemaCheckSkipped = false }: RuntimeOptions = {},
): JsonObject {
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    authorization_enabled: false,
    commit: "",
    ...(config !== undefined && { config }),
    env: Object.fromEntries(set),
    skip_known_schema_check: isKnownSchemaCheckSkipped,
    version: opaVersion,
  };
}

export interface RuntimeOptions {
  readonly config?: JsonObject;
  /** Of the flag `--skip-known-schema-check`. */
  readonly isKnownSchemaCheckSkipped?: boolean;
}
