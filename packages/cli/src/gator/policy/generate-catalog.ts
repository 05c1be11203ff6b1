import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parse } from "yaml";
import { reasonOf } from "../../errors.ts";
import { CommandFault } from "../../opa/command.ts";
import type { Bundle, CatalogPolicy, PolicyCatalog } from "./catalog.ts";

export interface CatalogOptions {
  /** The folder that has `library/`. */
  readonly root: string;
  readonly name: string;
  readonly version: string;
  /** Defines bundles; else annotations of the templates do. */
  readonly bundlesFile: string;
  /** In front of all paths, where it is not empty. */
  readonly baseUrl: string;
  readonly now: Date;
}

export const repository = "https://github.com/open-policy-agent/gatekeeper-library";

const standards = "See https://kubernetes.io/docs/concepts/security/pod-security-standards/";
/** gator's words of the bundles that it knows. */
const descriptions: { readonly [bundle: string]: string } = {
  "pod-security-baseline": `Enforces Pod Security Standards at Baseline level. Prevents known privilege escalations.\n${standards}`,
  "pod-security-restricted": `Enforces Pod Security Standards at Restricted level. Includes all Baseline controls plus additional hardening.\n${standards}`,
};

/** The catalog of a folder as gatekeeper-library is one. Throws `CommandFault`. */
export function generateCatalog({ root, baseUrl, bundlesFile, ...options }: CatalogOptions): PolicyCatalog {
  const library = join(root, "library");
  if (!existsSync(library))
    throw new CommandFault(`Error: generating catalog: library directory not found at ${library}`);
  const found = globSync("**/template.yaml", { cwd: library })
    .sort()
    .flatMap((path) => policyOf(root, join(library, path)))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const bundles = bundlesFile === "" ? bundlesOf(found) : readBundles(bundlesFile);
  const policies = bundlesFile === "" ? found : found.map((each) => inBundles(each, bundles));
  return {
    apiVersion: "gator.gatekeeper.sh/v1alpha1",
    kind: "PolicyCatalog",
    metadata: {
      name: options.name,
      version: options.version,
      updatedAt: options.now.toISOString(),
      repository,
    },
    bundles,
    policies: baseUrl === "" ? policies : policies.map((each) => withUrls(each, baseUrl.replace(/\/$/, ""))),
  };
}

const semanticVersion = /^v?\d+\.\d+\.\d+(-[\w.]+)?(\+[\w.]+)?$/;

/** What is wrong with a catalog; undefined where it may be published. */
export function catalogFault({ metadata, policies, bundles }: PolicyCatalog): string | undefined {
  if (metadata.name === "") return "missing metadata.name";
  if (metadata.version === "") return "missing metadata.version";
  const names = new Set<string>();
  for (const { name, version, templatePath } of policies) {
    if (!name) return "policy missing name";
    if (names.has(name)) return `duplicate policy name: ${name}`;
    if (!templatePath) return `policy ${name} missing templatePath`;
    if (!semanticVersion.test(version)) return `policy ${name} has invalid version: ${version}`;
    names.add(name);
  }
  for (const bundle of bundles) {
    if (!bundle.name) return "bundle missing name";
    const unknown = bundle.policies.find((each) => !names.has(each));
    if (unknown !== undefined) return `bundle ${bundle.name} references non-existent policy: ${unknown}`;
  }
  return undefined;
}

interface Read {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly annotations?: { readonly [name: string]: string } };
  readonly bundles?: readonly Bundle[];
}

function read(file: string): Read {
  try {
    return (parse(readFileSync(file, "utf8")) ?? {}) as Read;
  } catch (error) {
    throw new CommandFault(`Error: generating catalog: ${file}: ${reasonOf(error).split("\n")[0]}`);
  }
}

function policyOf(root: string, file: string): readonly CatalogPolicy[] {
  const { kind, metadata: { name = "", annotations = {} } = {} } = read(file);
  if (kind !== "ConstraintTemplate") return [];
  const version = annotations["metadata.gatekeeper.sh/version"] ?? "v1.0.0";
  const bundles = (annotations["metadata.gatekeeper.sh/bundle"] ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
  const constraints = constraintsOf(root, dirname(file), bundles);
  const documentationUrl = annotations["policy.gatekeeper.sh/docs"];
  const policy: CatalogPolicy = {
    name,
    version: version.startsWith("v") ? version : `v${version}`,
    description: annotations["description"] ?? "",
    category: categoryOf(relative(root, file)),
    templatePath: relative(root, file),
    ...(constraints === undefined ? {} : { bundleConstraints: constraints }),
    ...(documentationUrl ? { documentationUrl } : {}),
    ...(bundles.length === 0 ? {} : { bundles }),
  };
  return [policy];
}

/** The folder below `library/`. */
function categoryOf(path: string): string {
  const category = (path.split("/")[1] ?? "general").replaceAll("_", "-");
  return category === "pod-security-policy" ? "pod-security" : category;
}

/** By bundle, the constraint of the sample whose name has the bundle's last word, else of the first sample. */
function constraintsOf(
  root: string,
  folder: string,
  bundles: readonly string[],
): { readonly [bundle: string]: string } | undefined {
  const files = globSync("samples/*/constraint.{yaml,yml}", { cwd: folder })
    .sort()
    .filter((path) => read(join(folder, path)).apiVersion?.startsWith("constraints.gatekeeper.sh/") === true);
  const [first] = files;
  if (first === undefined || bundles.length === 0) return undefined;
  const entries = bundles.map((bundle) => {
    const word = (bundle.split("-").at(-1) as string).toLowerCase();
    const file = files.find((path) => (path.split("/")[1] as string).toLowerCase().includes(word)) ?? first;
    return [bundle, relative(root, join(folder, file))];
  });
  return Object.fromEntries(entries);
}

function bundlesOf(policies: readonly CatalogPolicy[]): readonly Bundle[] {
  const names = [...new Set(policies.flatMap(({ bundles = [] }) => bundles))].sort();
  return names.map((name) => ({
    name,
    description: descriptions[name] ?? `Policy bundle: ${name}`,
    policies: policies.filter(({ bundles = [] }) => bundles.includes(name)).map((each) => each.name),
  }));
}

function readBundles(file: string): readonly Bundle[] {
  return (read(file).bundles ?? []).map((each) => ({ ...each, policies: each.policies ?? [] }));
}

function inBundles(policy: CatalogPolicy, bundles: readonly Bundle[]): CatalogPolicy {
  const own = bundles.filter(({ policies }) => policies.includes(policy.name)).map(({ name }) => name);
  return own.length === 0 ? policy : { ...policy, bundles: own };
}

function withUrls(policy: CatalogPolicy, base: string): CatalogPolicy {
  const urlOf = (path: string) => (path === "" || path.startsWith("http") ? path : `${base}/${path}`);
  const { templatePath, bundleConstraints } = policy;
  const constraints = Object.entries(bundleConstraints ?? {}).map(([bundle, path]) => [bundle, urlOf(path)]);
  return {
    ...policy,
    templatePath: urlOf(templatePath),
    ...(bundleConstraints === undefined ? {} : { bundleConstraints: Object.fromEntries(constraints) }),
  };
}
