import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type ChainOptions, type EventLimit, pluginEntries } from "@sallyport/admission";
import { readApiServerManifest } from "./apiserver-manifest.ts";
import { reasonOf } from "./errors.ts";
import { imagePolicyOptions } from "./image-policy-configuration.ts";
import { InputError, parseManifests } from "./manifests.ts";
import { podSecurityOptions } from "./pod-security-configuration.ts";
import { StaticManifests } from "./static-manifests/static-manifests.ts";

export interface ChainFlags {
  readonly enableAdmissionPlugins: readonly string[];
  readonly disableAdmissionPlugins: readonly string[];
  readonly admissionControlConfigFile?: string;
  readonly apiserverManifest?: string;
}

/** With what can be read again while a server runs. */
export interface FileChainOptions extends ChainOptions {
  readonly statics?: StaticManifests;
}

/** What the flags of a command say of the chain. Throws `InputError` for a configuration that cannot be taken whole. */
export function chainOptions({
  enableAdmissionPlugins,
  disableAdmissionPlugins,
  admissionControlConfigFile,
  apiserverManifest,
}: ChainFlags): FileChainOptions {
  const manifest =
    apiserverManifest === undefined ? undefined : readApiServerManifest(apiserverManifest, admissionControlConfigFile);
  const file = admissionControlConfigFile ?? manifest?.configuration;
  return {
    enable: [...new Set([...(manifest?.enable ?? []), ...enableAdmissionPlugins])],
    disable: [...new Set([...(manifest?.disable ?? []), ...disableAdmissionPlugins])],
    ...(file === undefined ? {} : readConfiguration(file)),
  };
}

/** Whether a plugin has a part in an AdmissionConfiguration. */
export function isConfigurable(plugin: string): boolean {
  return readers[plugin] !== undefined || staticParts[plugin] !== undefined;
}

export type Configuration = { readonly [field: string]: unknown };

/** How each plugin's part is read; the rest take none. */
const readers: { readonly [plugin: string]: (file: string, configuration: Configuration) => Partial<ChainOptions> } = {
  PodSecurity: (file, configuration) => ({ podSecurity: podSecurityOptions(file, configuration) }),
  PodNodeSelector: (file, configuration) => ({
    podNodeSelector: fieldOf(file, configuration, "podNodeSelectorPluginConfig"),
  }),
  PodTolerationRestriction: (_file, { default: defaults = [], whitelist = [] }) => ({
    podTolerationRestriction: { default: defaults, whitelist } as NonNullable<ChainOptions["podTolerationRestriction"]>,
  }),
  ResourceQuota: (_file, { limitedResources = [] }) => ({
    limitedResources: limitedResources as NonNullable<ChainOptions["limitedResources"]>,
  }),
  EventRateLimit: (file, configuration) => ({ eventRateLimit: eventLimits(file, configuration) }),
  ImagePolicyWebhook: (file, configuration) => ({ imagePolicy: imagePolicyOptions(file, configuration) }),
};

/** The kinds of the parts that name a folder of manifests. */
const staticParts: { readonly [plugin: string]: string } = {
  MutatingAdmissionPolicy: "MutatingAdmissionPolicyConfiguration",
  MutatingAdmissionWebhook: "WebhookAdmissionConfiguration",
  ValidatingAdmissionPolicy: "ValidatingAdmissionPolicyConfiguration",
  ValidatingAdmissionWebhook: "WebhookAdmissionConfiguration",
};

/** apiserver.config.k8s.io/v1 AdmissionConfiguration. https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/ */
function readConfiguration(file: string): Partial<FileChainOptions> {
  const [manifest] = parseManifests(file, readText(file));
  const plugins = (manifest?.value["plugins"] ?? []) as readonly {
    readonly name?: string;
    readonly path?: string;
    readonly configuration?: Configuration;
  }[];
  if (manifest?.value["kind"] !== "AdmissionConfiguration")
    throw new InputError(
      `${file}: expected kind AdmissionConfiguration, got ${String(manifest?.value["kind"] ?? "nothing")}`,
    );
  const statics = new StaticManifests();
  const options: Partial<ChainOptions>[] = plugins.map(({ name = "", path, configuration }) => {
    const part = () => (path === undefined ? configuration : readPart(file, path)) ?? {};
    const read = readers[name];
    if (read !== undefined) return read(path ?? file, part());
    if (staticParts[name] !== undefined) {
      readStatics(path ?? file, name, part(), statics);
      return { statics };
    }
    if (pluginEntries.some((entry) => entry.name === name)) {
      const takers = [...Object.keys(readers), ...Object.keys(staticParts)];
      throw new InputError(`${file}: ${name} takes no configuration; ${takers.join(", ")} do`);
    }
    throw new InputError(`${file}: unknown plugin ${JSON.stringify(name)}`);
  });
  return Object.assign({}, ...options) as Partial<FileChainOptions>;
}

/** Webhooks or policies of a folder, which each of these plugins may have. */
function readStatics(file: string, plugin: string, configuration: Configuration, statics: StaticManifests): void {
  const { apiVersion, kind, kubeConfigFile, staticManifestsDir, ...others } = configuration;
  const fault = (text: string) => new InputError(`${file}: ${plugin}: ${text}`);
  if (apiVersion !== "apiserver.config.k8s.io/v1" || kind !== staticParts[plugin])
    throw fault(`expected kind ${staticParts[plugin]} of apiserver.config.k8s.io/v1, got ${String(kind ?? "nothing")}`);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw fault(`unknown field ${JSON.stringify(unknown)}`);
  if (kubeConfigFile) throw fault("kubeConfigFile: webhooks cannot be given credentials yet");
  if (staticManifestsDir) statics.add(plugin, String(staticManifestsDir));
}

/** A part in a file of its own; its path is relative to the configuration's, as upstream resolves it. */
function readPart(file: string, path: string): Configuration {
  const place = resolve(dirname(file), path);
  return parseManifests(place, readText(place))[0]?.value ?? {};
}

function fieldOf(file: string, configuration: Configuration, field: string): { readonly [key: string]: string } {
  const value = configuration[field];
  if (typeof value === "object" && value !== null) return value as { readonly [key: string]: string };
  throw new InputError(`${file}: expected the field ${field}`);
}

const limitTypes: readonly string[] = ["Server", "Namespace", "User", "SourceAndObject"];

function eventLimits(file: string, { limits = [] }: Configuration): readonly EventLimit[] {
  const list = limits as readonly EventLimit[];
  if (list.length === 0) throw new InputError(`${file}: limits: Invalid value: must not be empty`);
  for (const [at, { type, qps, burst, cacheSize = 0 }] of list.entries()) {
    const fault = (field: string, value: unknown, text: string) =>
      new InputError(`${file}: limits[${at}].${field}: Invalid value: ${JSON.stringify(value ?? null)}: ${text}`);
    if (!limitTypes.includes(type)) throw fault("type", type, `must be one of ${limitTypes.join(", ")}`);
    if (!(qps > 0)) throw fault("qps", qps, "must be positive");
    if (!(burst > 0)) throw fault("burst", burst, "must be positive");
    if (cacheSize < 0) throw fault("cacheSize", cacheSize, "must not be negative");
  }
  return list;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new InputError(`${file}: ${reasonOf(error)}`);
  }
}
