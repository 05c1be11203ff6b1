import { readFileSync } from "node:fs";
import {
  type AuthenticationConfiguration,
  type AuthorizationConfiguration,
  type ConfiguredMode,
  type CredentialOptions,
  configuredModes,
  documentReader,
  jwtIssuers,
  parseAbacPolicies,
  webhookClient,
} from "@sallyport/apiserver";
import { faultsText } from "@sallyport/kube";
import { parse } from "yaml";
import { reasonOf, UsageError } from "./errors.ts";
import { webhookTarget } from "./webhook-kubeconfig.ts";

const versions = ["v1", "v1beta1", "v1alpha1"].map((version) => `apiserver.config.k8s.io/${version}`);

/** `--authentication-config`: which issuers' tokens are taken, and for what nobody need say who they are. Throws `UsageError`. */
export function authenticationConfiguration(
  file: string,
  ownIssuers: readonly string[],
): Pick<CredentialOptions, "jwt" | "anonymous" | "anonymousPaths"> {
  const flag = "--authentication-config";
  const configuration: AuthenticationConfiguration = readConfiguration(flag, file, "AuthenticationConfiguration");
  const jwt = jwtIssuers(configuration, { ownIssuers, reader: documentReader, now: Date.now });
  if ("errors" in jwt) throw new UsageError(`${flag} ${file}: ${faultsText(jwt.errors)}`);
  const { anonymous } = configuration;
  if (anonymous === undefined) return { jwt };
  const paths = anonymous.conditions?.map(({ path }) => path) ?? [];
  return { jwt, anonymous: anonymous.enabled === true, ...(paths.length === 0 ? {} : { anonymousPaths: paths }) };
}

/** `--authorization-config`: who is asked whether somebody may, in order. Throws `UsageError`. */
export function authorizationConfiguration(file: string): readonly ConfiguredMode[] {
  const flag = "--authorization-config";
  const configuration: AuthorizationConfiguration = readConfiguration(flag, file, "AuthorizationConfiguration");
  const modes = configuredModes(configuration, {
    client: (path, timeoutMs) => clientOf(flag, path, timeoutMs),
    now: Date.now,
  });
  if ("errors" in modes) throw new UsageError(`${flag} ${file}: ${faultsText(modes.errors)}`);
  return modes;
}

function clientOf(flag: string, file: string, timeoutMs: number): ReturnType<typeof webhookClient> | string {
  try {
    return webhookClient(webhookTarget(flag, file), timeoutMs);
  } catch (error) {
    if (error instanceof UsageError) return `error loading file: ${error.message}`;
    throw error;
  }
}

/** `--authorization-policy-file` of the mode ABAC. Throws `UsageError`. */
export function abacMode(file: string): ConfiguredMode {
  const text = readText("--authorization-policy-file", file);
  try {
    return { mode: "ABAC", policies: parseAbacPolicies(text, file) };
  } catch (error) {
    throw new UsageError(`--authorization-policy-file ${(error as Error).message}`);
  }
}

function readConfiguration<Configuration>(flag: string, file: string, kind: string): Configuration {
  const text = readText(flag, file);
  let value: { readonly apiVersion?: string; readonly kind?: string } | null;
  try {
    value = parse(text, { logLevel: "error" }) as typeof value;
  } catch {
    throw new UsageError(`${flag} ${file}: not YAML`);
  }
  if (value?.kind !== kind || !versions.includes(value.apiVersion ?? ""))
    throw new UsageError(`${flag} ${file}: expected kind ${kind} of ${versions[0]}`);
  return value as Configuration;
}

function readText(flag: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${flag} ${file}: ${reasonOf(error)}`);
  }
}
