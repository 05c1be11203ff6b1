import { readFileSync } from "node:fs";
import { type ExtensionProvider, providerFault } from "@sallyport/mesh";
import { parse } from "yaml";
import { reasonOf } from "../errors.ts";
import { InputError } from "../manifests.ts";

/** What a mesh reads of Istio's MeshConfig: the rest is of others. */
export interface MeshConfigFile {
  readonly rootNamespace?: string;
  readonly trustDomain?: string;
  readonly trustDomainAliases?: readonly string[];
  readonly extensionProviders?: readonly ExtensionProvider[];
}

/** Reads a file of `--mesh-config`, as istiod's `--meshConfig`: YAML or JSON, of the key `mesh` of the ConfigMap `istio`. Throws `InputError`. */
export function readMeshConfig(path: string): MeshConfigFile {
  let value: unknown;
  try {
    value = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new InputError(`--mesh-config ${path}: ${reasonOf(error)}`);
  }
  return meshConfigOf(value, (text) => new InputError(`--mesh-config ${path}: ${text}`));
}

function meshConfigOf(value: unknown, fault: (text: string) => Error): MeshConfigFile {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw fault("expected an object");
  const { rootNamespace, trustDomain, trustDomainAliases, extensionProviders } = value as Record<string, unknown>;
  for (const [name, text] of Object.entries({ rootNamespace, trustDomain }))
    if (text !== undefined && (typeof text !== "string" || text === "")) throw fault(`${name}: expected a text`);
  if (trustDomainAliases !== undefined && !isTexts(trustDomainAliases))
    throw fault("trustDomainAliases: expected a list of texts");
  const known = {
    rootNamespace,
    trustDomain,
    trustDomainAliases,
    extensionProviders: providers(extensionProviders, fault),
  };
  return Object.fromEntries(Object.entries(known).filter(([, each]) => each !== undefined));
}

/** Those that authorize; others, of tracing and logs, are none of ours. */
function providers(value: unknown, fault: (text: string) => Error): readonly ExtensionProvider[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw fault("extensionProviders: expected a list");
  return value.flatMap((each: unknown, i): readonly ExtensionProvider[] => {
    const place = `extensionProviders[${i}]`;
    if (typeof each !== "object" || each === null) throw fault(`${place}: expected an object`);
    const provider = each as ExtensionProvider;
    if (typeof provider.name !== "string" || provider.name === "") throw fault(`${place}.name: expected a text`);
    if (provider.envoyExtAuthzHttp === undefined && provider.envoyExtAuthzGrpc === undefined) return [];
    const wrong = providerFault(provider);
    if (wrong !== undefined) throw fault(`${place} (${provider.name}): ${wrong}`);
    return [provider];
  });
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
