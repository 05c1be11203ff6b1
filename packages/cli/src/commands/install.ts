import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gatekeeperDefinitions } from "@sallyport/constraints/definitions";
import { dns1123Label, dns1123Subdomain, manifestsText } from "@sallyport/kube";
import { injectionEntries, meshDefinitions } from "@sallyport/mesh";
import { type InstallOptions, installChart, installManifests } from "@sallyport/webhook";
import { Command } from "commander";
import { askedResources, readResources } from "../asked-resources.ts";
import { certificatesOf, readAuthorities } from "../authority-file.ts";
import { list } from "../comma-list.ts";
import { UsageError } from "../errors.ts";
import { version } from "../version.ts";
import { readsOf, webhookPlugins } from "../webhook.ts";

interface InstallFlags {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly replicas: string;
  readonly resources: readonly string[];
  readonly replicate: readonly string[];
  readonly enableAdmissionPlugins: readonly string[];
  readonly failurePolicy?: string;
  readonly timeoutSeconds: string;
  readonly excludeNamespaces: readonly string[];
  readonly tlsSecret?: string;
  readonly caFile?: string;
  readonly mutate?: boolean;
  readonly gatekeeper?: boolean;
  readonly mesh?: boolean;
  readonly helm?: string;
  readonly json?: boolean;
}

export function installCommand(): Command {
  return new Command("install")
    .description("print what a cluster needs to ask `sallyport webhook`: manifests, or a Helm chart")
    .option("-n, --namespace <name>", "where it runs", "sallyport")
    .option("--name <name>", "of all objects", "sallyport")
    .option("--image <reference>", "image of the replicas", `ghcr.io/sallyport/sallyport:${version}`)
    .option("--replicas <number>", "how many", "3")
    .option("--resources <names>", "what is asked about, * is all (default: pods, with --gatekeeper all)", list, [])
    .option("--replicate <resources>", "what policies read below data.kubernetes", list, [])
    .option("--enable-admission-plugins <names>", "plugins to run beside RegoPolicies", list, [])
    .option(
      "--failure-policy <policy>",
      "Fail or Ignore, when no replica answers (default: Fail; with --gatekeeper, which is asked of all, Ignore as Gatekeeper's)",
    )
    .option("--timeout-seconds <number>", "how long the API server waits", "5")
    .option("--exclude-namespaces <names>", "never asked about, beside our own", list, ["kube-system"])
    .option(
      "--tls-secret <name>",
      "serve the certificate of this Secret of `kubectl create secret tls`, not one of our own",
    )
    .option("--ca-file <file>", "with --tls-secret: who signed it, for the caBundle")
    .option("--mutate", "policies and plugins change objects, too")
    .option(
      "--gatekeeper",
      "in Gatekeeper's place: its kinds, all resources, mutators; --replicate names what policies read",
    )
    .option("--mesh", "pods get sidecars as Istio's labels ask for them; their addresses are flags of `webhook --mesh`")
    .option("--helm <folder>", "write a Helm chart there instead")
    .option("--json", "manifests as a JSON list")
    .addHelpText(
      "after",
      `
Examples:
  sallyport install | kubectl apply -f -
  sallyport install --enable-admission-plugins PodSecurityPolicy --mutate
  sallyport install --gatekeeper --replicate services,ingresses.networking.k8s.io
  sallyport install --resources pods,deployments.apps --replicate ingresses.networking.k8s.io
  sallyport install --tls-secret webhook-tls --ca-file ca.crt | kubectl apply -f -
  sallyport install --helm chart/ && helm install sallyport chart/ -n sallyport --create-namespace

Exit status: 0 printed, 2 bad usage, 3 the chart could not be written.`,
    )
    .action(runInstall);
}

function runInstall(flags: InstallFlags): void {
  const options = installOptions(flags);
  if (flags.helm !== undefined) writeChart(flags.helm, options);
  else process.stdout.write(manifestsOf(options, flags.json === true));
}

function manifestsOf(options: InstallOptions, asJson: boolean): string {
  const items = installManifests(options);
  return asJson ? `${JSON.stringify({ apiVersion: "v1", kind: "List", items }, null, 2)}\n` : manifestsText(items);
}

function installOptions(flags: InstallFlags): InstallOptions {
  const { namespace, name, image, gatekeeper = false } = flags;
  const replicate = readResources("--replicate", flags.replicate);
  checkNames(flags);
  const failurePolicy = flags.failurePolicy ?? (gatekeeper ? "Ignore" : "Fail");
  const asked = askedResources("--resources", flags.resources);
  const resources = asked.length > 0 ? asked : gatekeeper ? gatekeeperAsks : podsOnly;
  const numberOf = (flag: string, text: string, max: number) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1 || value > max)
      throw new UsageError(`${flag} ${text}: expected a number from 1 to ${max}`);
    return value;
  };
  if (failurePolicy !== "Fail" && failurePolicy !== "Ignore")
    throw new UsageError(`--failure-policy ${failurePolicy}: expected Fail or Ignore`);
  const plugins = webhookPlugins({ chain: {}, plugins: flags.enableAdmissionPlugins }).map((each) => each.name);
  const reads = [...new Set([...plugins.flatMap((each) => readsOf[each] ?? []), ...replicate])];
  return {
    namespace,
    name,
    image,
    replicas: numberOf("--replicas", flags.replicas, 100),
    args: [
      ...argument("--enable-admission-plugins", flags.enableAdmissionPlugins),
      ...argument("--replicate", gatekeeper ? [] : replicate),
      ...(flags.mesh === true ? ["--mesh", `--proxy-image=${image}`] : []),
    ],
    resources,
    reads,
    // Policies that may be used, and signers, are asked of the authorizer.
    asksAuthorizer: plugins.some((each) => /^(PodSecurityPolicy|Certificate|NodeRestriction|OwnerRef)/.test(each)),
    mutates: flags.mutate === true || gatekeeper,
    ...(flags.mesh === true ? { mesh: meshParts() } : {}),
    ...(gatekeeper ? { gatekeeper: { definitions: gatekeeperDefinitions.map(withoutStatus) } } : {}),
    failurePolicy,
    timeoutSeconds: numberOf("--timeout-seconds", flags.timeoutSeconds, 30),
    ...foreignTls(flags),
    excludedNamespaces: [...new Set([...flags.excludeNamespaces, namespace])],
  };
}

/** Nobody but us tells the API server whom to trust: a Secret without its authority would fail every request that is asked about. */
function foreignTls({
  tlsSecret,
  caFile,
  name,
  namespace,
}: InstallFlags): Pick<InstallOptions, "tlsSecret" | "caBundle"> {
  if (tlsSecret === undefined && caFile === undefined) return {};
  if (tlsSecret === undefined)
    throw new UsageError("--ca-file belongs to --tls-secret: of their own certificates the replicas keep the caBundle");
  const [fault] = dns1123Subdomain(tlsSecret);
  if (fault !== undefined) throw new UsageError(`--tls-secret ${tlsSecret}: ${fault}`);
  if (caFile === undefined)
    throw new UsageError(
      `--tls-secret ${tlsSecret}: give who signed the certificate of ${name}.${namespace}.svc, too: --ca-file ca.crt`,
    );
  // A file may hold more: a key has no business where everybody reads.
  const certificates = certificatesOf(readAuthorities("--ca-file", caFile));
  return { tlsSecret, caBundle: Buffer.from(`${certificates.join("\n")}\n`).toString("base64") };
}

/** What an API server would refuse only when it is applied. */
function checkNames({ namespace, name, image, excludeNamespaces }: InstallFlags): void {
  const labels = [
    ["--namespace", namespace],
    ["--name", name],
    ...excludeNamespaces.map((each) => ["--exclude-namespaces", each]),
  ];
  for (const [flag, value = ""] of labels) {
    const [fault] = dns1123Label(value);
    if (fault !== undefined) throw new UsageError(`${flag} ${value}: ${fault}`);
  }
  if (!/^\S+$/.test(image))
    throw new UsageError(`--image ${JSON.stringify(image)}: expected the reference of an image`);
}

const podsOnly: readonly string[] = ["pods", "pods/ephemeralcontainers"];

/** Whole objects of every group, and those parts of them that Gatekeeper looks at. */
const gatekeeperAsks: readonly string[] = [
  "*",
  ...["attach", "binding", "ephemeralcontainers", "eviction", "exec", "portforward", "proxy", "resize"].map(
    (part) => `pods/${part}`,
  ),
  ...["deployments", "replicasets", "replicationcontrollers", "statefulsets"].map((resource) => `${resource}/scale`),
  "services/proxy",
  "nodes/proxy",
].map((resource) => `${resource}.*`);

function meshParts(): NonNullable<InstallOptions["mesh"]> {
  return { definitions: meshDefinitions.map(withoutStatus), entries: injectionEntries({ revision: "default" }) };
}

/** The API server's part. */
function withoutStatus({ status: _, ...definition }: (typeof gatekeeperDefinitions)[number]) {
  return definition as InstallOptions extends { readonly gatekeeper?: { readonly definitions: readonly (infer M)[] } }
    ? M
    : never;
}

function argument(flag: string, values: readonly string[]): readonly string[] {
  return values.length === 0 ? [] : [`${flag}=${values.join(",")}`];
}

/** What the disk says is said with its path by whoever ends the command. */
function writeChart(folder: string, options: InstallOptions): void {
  for (const [path, text] of Object.entries(installChart(options, version))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  process.stdout.write(
    `chart written: helm install ${options.name} ${folder} -n ${options.namespace} --create-namespace\n`,
  );
}
