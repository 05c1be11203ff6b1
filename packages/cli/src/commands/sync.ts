import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { defaultSyncOptions, type SyncOptions } from "@sallyport/opa/sync";
import { Command, InvalidArgumentError } from "commander";
import { readAuthorities } from "../authority-file.ts";
import { list } from "../comma-list.ts";
import { connectionOf } from "../connection.ts";
import { reasonOf, UsageError } from "../errors.ts";
import { createOpaClient, type OpaConnection } from "../sync/opa-client.ts";
import { startProbes } from "../sync/probes.ts";
import { parseReplicated } from "../sync/replicated.ts";
import { openSync, type RunSyncOptions } from "../sync/run-sync.ts";
import { version } from "../version.ts";

interface SyncFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly opaUrl: string;
  readonly opaAuthToken?: string;
  readonly opaAuthTokenFile?: string;
  readonly opaCaFile?: string;
  readonly opaAllowInsecure: boolean;
  readonly opaConfig?: string;
  readonly analysisEntrypoint?: string;
  readonly logLevel: string;
  readonly enablePolicies: boolean;
  readonly enableData: boolean;
  readonly policyLabel: string;
  readonly policyValue: string;
  readonly dataLabel: string;
  readonly dataValue: string;
  readonly requirePolicyLabel?: boolean;
  readonly namespaces?: readonly string[];
  readonly replicate: readonly string[];
  readonly replicateCluster: readonly string[];
  readonly replicatePath: string;
  readonly replicateIgnoreNamespaces: readonly string[];
  readonly healthEndpoint?: string;
  readonly printRbac: boolean;
  readonly serviceAccount: string;
}

export function syncCommand(): Command {
  return new Command("sync")
    .description("policies and data from ConfigMaps, and objects of a cluster, into a policy server: kube-mgmt's job")
    .version(version, "-v, --version", "print the version")
    .option("--kubeconfig <file>", "how to reach the API server; in a pod its service account")
    .option("--context <name>", "another context of the kubeconfig than its current one")
    .option(
      "--opa-url <url>",
      "the policy server's REST API: `sallyport opa run -s`, or OPA",
      "http://localhost:8181/v1",
    )
    .option("--opa-auth-token <token>", "token for it")
    .option("--opa-auth-token-file <file>", "file with the token; read anew while we run")
    .option("--opa-ca-file <file>", "authority of its certificate")
    .option("--opa-allow-insecure [bool]", "take any certificate", bool, false)
    .option("--enable-policies [bool]", "load policies from ConfigMaps", bool, defaultSyncOptions.enablePolicies)
    .option("--policy-label <name>", "label of ConfigMaps with policies", defaultSyncOptions.policyLabel)
    .option("--policy-value <value>", "its value", defaultSyncOptions.policyValue)
    .option("--enable-data [bool]", "load JSON from ConfigMaps", bool, defaultSyncOptions.enableData)
    .option("--data-label <name>", "label of ConfigMaps with data", defaultSyncOptions.dataLabel)
    .option("--data-value <value>", "its value", defaultSyncOptions.dataValue)
    .option(
      "--require-policy-label [bool]",
      "without it, a ConfigMap whose keys all end in .rego is a policy, too; default: only with --namespaces=*",
      bool,
    )
    .option("--namespaces <names>", "where policies and data are looked for, * for everywhere (default: opa)", list)
    .option(
      "--replicate <resource>",
      "[group/]version/resource, or auto: what policies read; may be repeated",
      list,
      [],
    )
    .option("--replicate-cluster <resource>", "the same, for resources without namespaces", list, [])
    .option("--replicate-path <path>", "where they lie below data", defaultSyncOptions.replicatePath)
    .option("--replicate-ignore-namespaces <names>", "namespaces whose objects are left out", list, [])
    .option(
      "--analysis-entrypoint <path>",
      "replicate what this rule depends on, as main/main; implies --replicate=auto",
    )
    .option(
      "--opa-config <file>",
      "as of kube-mgmt: implies --replicate=auto; policies are read from the server itself",
    )
    .option("--health-endpoint <address>", "serve /health, /livez, /readyz and /metrics there, as :8000")
    .option("--log-level <level>", "debug, info or warn", "info")
    .option("--print-rbac [bool]", "print the roles that these flags need, and end", bool, false)
    .option("--service-account <namespace:name>", "for --print-rbac: who gets them", "opa:sallyport-sync")
    .addHelpText(
      "after",
      `
Examples:
  sallyport sync --replicate=v1/pods --replicate=networking.k8s.io/v1/ingresses --replicate-cluster=v1/namespaces
  sallyport sync --replicate=auto                       what policies read below data.kubernetes
  sallyport sync --replicate=auto --print-rbac | kubectl apply -f -
  sallyport sync --kubeconfig .sallyport/kubeconfig     beside \`sallyport up\`

Exit status: 0 stopped, 2 bad usage, 3 port, files or permissions.`,
    )
    .action(runSync);
}

async function runSync(flags: SyncFlags): Promise<void> {
  const options = optionsOf(flags);
  if (flags.printRbac) return printRbac(options, flags);
  const health = flags.healthEndpoint === undefined ? undefined : addressOf(flags.healthEndpoint);
  const sync = openSync(options);
  const probes = health && (await startProbes(health, sync));
  process.stdout.write(`syncing ${options.connection.url} to ${flags.opaUrl}\n`);
  if (flags.opaConfig !== undefined)
    options.say("info", "--opa-config: policies are read from the policy server itself");
  await new Promise<void>((stopped) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stopped());
  });
  probes?.close();
  await sync.close();
}

/** Throws `UsageError`. */
function optionsOf(flags: SyncFlags): RunSyncOptions {
  const levels = ["debug", "info", "warn"];
  const least = levels.indexOf(flags.logLevel);
  if (least < 0) throw new UsageError(`--log-level ${flags.logLevel}: expected debug, info or warn`);
  const named = [...flags.replicate, ...flags.replicateCluster].filter((each) => each !== "auto");
  const derive = named.length < flags.replicate.length + flags.replicateCluster.length;
  const entrypoint = flags.analysisEntrypoint?.split("/").filter(Boolean);
  // Flags first: what is wrong with them needs no cluster to be told.
  const sync = syncOptions(flags);
  const replicate = named.map((each) => parseReplicated("--replicate", each));
  const opa = opaConnection(flags);
  return {
    connection: connectionOf(flags),
    opa: createOpaClient(opa),
    sync,
    replicate,
    derive: derive || entrypoint !== undefined || flags.opaConfig !== undefined,
    ...(entrypoint === undefined ? {} : { entrypoint }),
    say: (level, text) => {
      if (levels.indexOf(level) >= least) process.stderr.write(`sallyport: ${text}\n`);
    },
  };
}

function syncOptions(flags: SyncFlags): SyncOptions {
  const namespaces = flags.namespaces ?? defaultSyncOptions.namespaces;
  if (namespaces.length === 0) throw new UsageError("--namespaces: expected names, or * for everywhere");
  if (flags.replicatePath.split("/").filter(Boolean).length === 0)
    throw new UsageError("--replicate-path: expected a name below data, as kubernetes");
  return {
    ...defaultSyncOptions,
    enablePolicies: flags.enablePolicies,
    enableData: flags.enableData,
    namespaces,
    policyLabel: flags.policyLabel,
    policyValue: flags.policyValue,
    dataLabel: flags.dataLabel,
    dataValue: flags.dataValue,
    // Everybody who may write a ConfigMap anywhere could else write policies for all, and never know.
    requirePolicyLabel: flags.requirePolicyLabel ?? namespaces.includes("*"),
    replicatePath: flags.replicatePath,
    replicateIgnoreNamespaces: flags.replicateIgnoreNamespaces,
  };
}

function opaConnection(flags: SyncFlags): OpaConnection {
  const { opaUrl, opaAuthToken, opaAuthTokenFile, opaCaFile, opaAllowInsecure } = flags;
  if (!/^https?:\/\/[^/]/.test(opaUrl)) throw new UsageError(`--opa-url ${opaUrl}: expected http:// or https://`);
  if (opaAuthToken !== undefined && opaAuthTokenFile !== undefined)
    throw new UsageError("--opa-auth-token and --opa-auth-token-file are two ways of the same; give one");
  if (opaAllowInsecure && opaCaFile !== undefined)
    throw new UsageError("--opa-allow-insecure and --opa-ca-file contradict each other; give one");
  if (opaAuthTokenFile !== undefined) readText("--opa-auth-token-file", opaAuthTokenFile);
  const token =
    opaAuthTokenFile === undefined
      ? opaAuthToken === undefined
        ? undefined
        : () => opaAuthToken
      : () => readText("--opa-auth-token-file", opaAuthTokenFile).split("\n")[0]?.trim() ?? "";
  return {
    url: opaUrl.replace(/\/+$/, ""),
    insecureSkipTlsVerify: opaAllowInsecure,
    ...(token === undefined ? {} : { token }),
    ...(opaCaFile === undefined ? {} : { ca: [...rootCertificates, readAuthorities("--opa-ca-file", opaCaFile)] }),
  };
}

async function printRbac(options: RunSyncOptions, flags: SyncFlags): Promise<void> {
  const [namespace, name, ...more] = flags.serviceAccount.split(":");
  if (!namespace || !name || more.length > 0)
    throw new UsageError(`--service-account ${flags.serviceAccount}: expected NAMESPACE:NAME`);
  const { rbacOf } = await import("../sync/needed-rbac.ts");
  process.stdout.write(await rbacOf(options, { namespace, name }));
}

function addressOf(text: string): { readonly host: string; readonly port: number } {
  const match = /^(.*):(\d+)$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65535)
    throw new UsageError(`--health-endpoint ${text}: expected ADDRESS:PORT, or :PORT`);
  return { host: (match[1] ?? "").replace(/^\[|\]$/g, ""), port };
}

/** A flag of Go: alone it is true. */
function bool(value: string): boolean {
  if (/^(1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw new InvalidArgumentError("expected true or false");
}

function readText(flag: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${flag} ${file}: ${reasonOf(error)}`);
  }
}
