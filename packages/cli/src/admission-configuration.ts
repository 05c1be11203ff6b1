import { readFileSync } from "node:fs";
import { type ChainOptions, type NamespacePolicy, pluginEntries, policyOf } from "@sallyport/admission";
import { reasonOf } from "./errors.ts";
import { InputError, parseManifests } from "./manifests.ts";

export interface ChainFlags {
  readonly enableAdmissionPlugins: readonly string[];
  readonly disableAdmissionPlugins: readonly string[];
  readonly admissionControlConfigFile?: string;
}

/** What the flags of a command say of the chain. Throws `InputError` for a configuration that cannot be taken whole. */
export function chainOptions({
  enableAdmissionPlugins,
  disableAdmissionPlugins,
  admissionControlConfigFile: file,
}: ChainFlags): ChainOptions {
  return {
    enable: enableAdmissionPlugins,
    disable: disableAdmissionPlugins,
    ...(file === undefined ? {} : readConfiguration(file)),
  };
}

interface PodSecurityConfiguration {
  readonly defaults?: { readonly [mode: string]: string };
  readonly exemptions?: {
    readonly usernames?: readonly string[];
    readonly namespaces?: readonly string[];
    readonly runtimeClasses?: readonly string[];
  };
}

/** apiserver.config.k8s.io/v1 AdmissionConfiguration. https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/ */
function readConfiguration(file: string): Pick<ChainOptions, "podSecurity"> {
  const [manifest] = parseManifests(file, readText(file));
  const plugins = (manifest?.value["plugins"] ?? []) as readonly {
    readonly name?: string;
    readonly path?: string;
    readonly configuration?: unknown;
  }[];
  if (manifest?.value["kind"] !== "AdmissionConfiguration")
    throw new InputError(
      `${file}: expected kind AdmissionConfiguration, got ${String(manifest?.value["kind"] ?? "nothing")}`,
    );
  let podSecurity: ChainOptions["podSecurity"];
  for (const { name = "", path, configuration } of plugins) {
    if (name === "PodSecurity")
      podSecurity = podSecurityOptions(
        file,
        (path === undefined ? configuration : parseManifests(path, readText(path))[0]?.value) ?? {},
      );
    else if (pluginEntries.some((entry) => entry.name === name))
      throw new InputError(`${file}: configuring ${name} is not supported yet`);
    else throw new InputError(`${file}: unknown plugin ${JSON.stringify(name)}`);
  }
  return podSecurity === undefined ? {} : { podSecurity };
}

function podSecurityOptions(file: string, configuration: unknown): NonNullable<ChainOptions["podSecurity"]> {
  const { defaults = {}, exemptions = {} } = configuration as PodSecurityConfiguration;
  const { usernames = [], namespaces = [], runtimeClasses = [] } = exemptions;
  return { exemptions: { usernames, namespaces, runtimeClasses }, defaults: defaultsOf(file, defaults) };
}

/** The defaults are written as the labels are: a mode, and its version. */
function defaultsOf(file: string, defaults: { readonly [mode: string]: string }): NamespacePolicy {
  const labels = Object.fromEntries(
    Object.entries(defaults).map(([mode, value]) => [`pod-security.kubernetes.io/${mode}`, value]),
  );
  const { policy, errors } = policyOf(labels);
  const [fault] = errors;
  if (fault !== undefined)
    throw new InputError(
      `${file}: defaults.${fault.key.split("/")[1]}: ${JSON.stringify(fault.value)} ${fault.message}`,
    );
  return policy;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new InputError(`${file}: ${reasonOf(error)}`);
  }
}
