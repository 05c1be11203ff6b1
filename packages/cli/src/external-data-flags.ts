import { readFileSync } from "node:fs";
import type { ClientCertificate } from "@sallyport/constraints";
import type { Command } from "commander";
import { reasonOf, UsageError } from "./errors.ts";
import type { ExternalDataSettings } from "./gatekeeper/external-data.ts";
import { millisecondsOf } from "./go-duration.ts";

/** How Gatekeeper's Providers are asked. */
export interface ExternalDataFlags {
  readonly externalDataProviderResponseCacheTtl: string;
  readonly externalDataClientCertificate?: string;
  readonly externalDataClientKey?: string;
}

/** Adds them. */
export function addExternalDataOptions(command: Command): Command {
  return command
    .option(
      "--external-data-provider-response-cache-ttl <duration>",
      "how long what a Provider told a template is good; 0s asks each time",
      "3m",
    )
    .option("--external-data-client-certificate <file>", "certificate that Gatekeeper's Providers are shown")
    .option("--external-data-client-key <file>", "its key");
}

/** Throws `UsageError`. */
export function externalDataSettings(flags: ExternalDataFlags): ExternalDataSettings & { readonly ttl: number } {
  const { externalDataClientCertificate: certificate, externalDataClientKey: key } = flags;
  if ((certificate === undefined) !== (key === undefined))
    throw new UsageError("--external-data-client-certificate and --external-data-client-key belong together");
  const ttl = millisecondsOf("--external-data-provider-response-cache-ttl", flags.externalDataProviderResponseCacheTtl);
  if (certificate === undefined || key === undefined) return { isAsked: true, ttl };
  const pair: ClientCertificate = {
    certificate: read("--external-data-client-certificate", certificate),
    key: read("--external-data-client-key", key),
  };
  return { isAsked: true, ttl, clientCertificate: () => pair };
}

function read(flag: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${flag} ${file}: ${reasonOf(error)}`);
  }
}
