import { hostname } from "node:os";
import { Client, ConnectionError } from "@sallyport/cluster";
import { type Audit, AuditMetrics, type AuditViolation, type ReportApi } from "@sallyport/constraints";
import { StatusError } from "@sallyport/kube";
import { Command, Option } from "commander";
import { connectionOf } from "../connection.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { addExternalDataOptions, type ExternalDataFlags, externalDataSettings } from "../external-data-flags.ts";
import { auditCluster } from "../gatekeeper/audit-cluster.ts";
import { auditFiles } from "../gatekeeper/audit-files.ts";
import { type AuditOutput, auditOutputs, reportsOutput } from "../gatekeeper/audit-output.ts";
import { ReportWriter } from "../gatekeeper/audit-reports.ts";
import { serveMetrics } from "../gatekeeper/metrics-server.ts";
import { ViolationExport } from "../gatekeeper/violation-export.ts";
import { readManifests } from "../manifests.ts";
import { readStandardInput } from "../standard-input.ts";

interface AuditFlags extends ExternalDataFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly chunkSize: string;
  readonly auditChunkSize?: string;
  readonly violationsLimit: string;
  readonly constraintViolationsLimit?: string;
  readonly interval?: string;
  readonly auditInterval?: string;
  readonly auditFromCache?: boolean;
  readonly writeStatus?: boolean;
  readonly writeReports?: ReportApi;
  readonly metricsAddr?: string;
  readonly externalData?: boolean;
  readonly enableViolationExport?: boolean;
  readonly auditConnection: string;
  readonly auditChannel: string;
  readonly gatekeeperNamespace: string;
  readonly output: string;
  readonly json?: boolean;
}

export function auditCommand(): Command {
  const command = new Command("audit")
    .description(
      "what a cluster, or files, hold against Gatekeeper's constraints in them: every violation, not only the first ones",
    )
    .argument("[files...]", "instead of a cluster: YAML or JSON files, folders (recursively), or - for standard input")
    .option("--kubeconfig <file>", "how to reach the API server; in a pod its service account")
    .option("--context <name>", "another context of the kubeconfig than its current one")
    .option("--chunk-size <number>", "objects that are read at a time", "500")
    .option("--violations-limit <number>", "violations of each constraint that its status tells", "20")
    .option("--write-status", "write totalViolations, violations and auditTimestamp into the constraints' status")
    .addOption(
      new Option(
        "--write-reports <api>",
        "write a report of each object that violates something into the cluster",
      ).choices(["wgpolicyk8s.io", "openreports.io"]),
    )
    .option("--interval <seconds>", "begin anew so often, until it is stopped")
    .option("--metrics-addr <address>", "serve metrics by Gatekeeper's names at http://ADDRESS/metrics")
    .addOption(
      new Option("-o, --output <format>", "how violations are told; export is Gatekeeper's JSON lines")
        .choices(Object.keys(auditOutputs))
        .default("text"),
    )
    .option("--json", "one JSON object a line for each violation: --output json")
    .option("--audit-interval <seconds>", "Gatekeeper's name of --interval; 0 is once")
    .option("--audit-chunk-size <number>", "Gatekeeper's name of --chunk-size")
    .option("--constraint-violations-limit <number>", "Gatekeeper's name of --violations-limit")
    .option("--audit-from-cache", "look only at the kinds that Config and SyncSets replicate")
    .option("--audit-match-kind-only", "as always: only kinds that constraints match are read")
    .option("--enable-violation-export", "export violations to where a Connection says, as Gatekeeper: the driver disk")
    .option("--audit-connection <name>", "with it: the Connection", "audit-connection")
    .option(
      "--audit-channel <name>",
      "with it: the folder of this audit's files below the Connection's",
      "audit-channel",
    )
    .option("--gatekeeper-namespace <name>", "with it: where the Connection and its statuses lie", "gatekeeper-system")
    .option("--external-data", "with files: ask the Providers among them; what needs them ends the audit without");
  return addExternalDataOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  sallyport audit                               every violation, and how many of each constraint
  sallyport audit --json | jq -r .object.name
  sallyport audit policies/ manifests/ -o policyreport
  sallyport audit --write-status --interval 60  in the place of Gatekeeper's audit pod
  sallyport audit --write-reports wgpolicyk8s.io --metrics-addr :8888 --interval 60
  sallyport audit --enable-violation-export     files of violations, where the Connection audit-connection says

Exit status: 0 nothing is violated that is denied, 1 something is, 2 bad usage or input, 3 the cluster did not answer.`,
    )
    .action(runAudit);
}

async function runAudit(files: readonly string[], flags: AuditFlags): Promise<void> {
  const limits = limitsOf(flags);
  const externalData = externalDataSettings(flags);
  const interval = intervalOf(flags);
  if (files.length > 0) return auditOfFiles(files, flags, limits, externalData);
  if (flags.externalData === true)
    throw new UsageError("--external-data goes with files: Providers of a cluster are asked");
  const client = new Client(connectionOf(flags));
  const metrics = new AuditMetrics();
  const served =
    flags.metricsAddr === undefined ? undefined : await serveMetrics(flags.metricsAddr, () => metrics.render());
  const writer = flags.writeReports === undefined ? undefined : new ReportWriter(client, flags.writeReports);
  const exported = flags.enableViolationExport === true ? exportOf(flags, client) : undefined;
  for (;;) {
    try {
      await told(flags, metrics, { writer, exported }, (onViolation) =>
        auditCluster({
          ...limits,
          client,
          onViolation,
          externalData,
          fromCache: flags.auditFromCache === true,
          writesStatus: flags.writeStatus === true,
          now: Date.now,
        }),
      );
    } catch (error) {
      if (!(error instanceof ConnectionError) && !(error instanceof StatusError)) throw error;
      exported?.drop();
      process.stderr.write(`sallyport: audit: ${error.message}\n`);
      process.exitCode = exitCodes.failed;
    }
    if (interval === undefined) break;
    await new Promise((done) => setTimeout(done, interval * 1000));
  }
  served?.close();
  client.close();
}

async function auditOfFiles(
  files: readonly string[],
  flags: AuditFlags,
  limits: ReturnType<typeof limitsOf>,
  externalData: ReturnType<typeof externalDataSettings>,
): Promise<void> {
  for (const [flag, given] of Object.entries({
    "--write-status": flags.writeStatus,
    "--write-reports": flags.writeReports,
    "--metrics-addr": flags.metricsAddr,
    "--enable-violation-export": flags.enableViolationExport,
    "--interval": flags.interval ?? flags.auditInterval,
  }))
    if (given !== undefined) throw new UsageError(`${flag} goes with a cluster, not with files`);
  const manifests = readManifests(files, readStandardInput);
  await told(flags, new AuditMetrics(), {}, (onViolation) =>
    auditFiles(manifests, {
      ...limits,
      onViolation,
      fromCache: flags.auditFromCache === true,
      externalData: { ...externalData, isAsked: flags.externalData === true },
    }),
  );
}

function exportOf(flags: AuditFlags, client: Client): ViolationExport {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(flags.auditChannel))
    throw new UsageError(`--audit-channel ${flags.auditChannel}: expected the name of a folder, as audit-channel`);
  return new ViolationExport({
    client,
    namespace: flags.gatekeeperNamespace,
    connection: flags.auditConnection,
    channel: flags.auditChannel,
    id: process.env["POD_NAME"] ?? hostname(),
    onFault: (text) => process.stderr.write(`sallyport: audit: ${text}\n`),
  });
}

/** Runs one audit, and tells what it finds as it finds it. */
async function told(
  flags: AuditFlags,
  metrics: AuditMetrics,
  { writer, exported }: { readonly writer?: ReportWriter | undefined; readonly exported?: ViolationExport | undefined },
  run: (onViolation: (violation: AuditViolation) => void | Promise<void>) => Promise<Audit>,
): Promise<void> {
  const at = Date.now();
  metrics.began(at);
  const lines = new Lines();
  const output = auditOutputs[flags.json === true ? "json" : flags.output]?.({ write: lines.write, at }) as AuditOutput;
  const reports =
    writer === undefined
      ? undefined
      : reportsOutput(flags.writeReports as ReportApi, at, (report) => writer.write(report));
  const toAll = async (violation: AuditViolation, written: void | Promise<void>) => {
    await written;
    await reports?.violation(violation);
    await exported?.violation(violation);
  };
  let denied = 0;
  await exported?.begin(at);
  const audit = await run((violation) => {
    const { enforcementAction, enforcementActions } = violation;
    if (enforcementAction === "deny" || enforcementActions.includes("deny")) denied++;
    const written = output.violation(violation);
    // Millions of violations that only go to standard output are awaited where it is full, and not each.
    return reports === undefined && exported === undefined ? written : toAll(violation, written);
  }).finally(() => lines.flush());
  await output.end(audit.total, audit.reviewed);
  await lines.flush();
  await reports?.end(audit.total, audit.reviewed);
  await writer?.finish();
  await exported?.end();
  metrics.ended(Date.now(), audit.byAction);
  process.exitCode = denied > 0 ? exitCodes.denied : exitCodes.ok;
}

/** Lines are written together: a write of its own for each took a tenth of an audit. */
const chunkLength = 1 << 16;

/** Standard output in large pieces; whoever reads slowly is waited for, so that nothing piles up here. */
class Lines {
  #text = "";

  /** Undefined where more may come at once. */
  readonly write = (text: string): undefined | Promise<void> => {
    this.#text += text;
    return this.#text.length < chunkLength ? undefined : this.flush();
  };

  flush(): undefined | Promise<void> {
    const text = this.#text;
    this.#text = "";
    if (text === "" || process.stdout.write(text)) return undefined;
    return new Promise((drained) => process.stdout.once("drain", drained));
  }
}

function limitsOf(flags: AuditFlags) {
  return {
    chunkSize: wholeOf("--chunk-size", flags.auditChunkSize ?? flags.chunkSize),
    violationsLimit: wholeOf("--violations-limit", flags.constraintViolationsLimit ?? flags.violationsLimit),
  };
}

/** Seconds; undefined for once. */
function intervalOf({ interval, auditInterval }: AuditFlags): number | undefined {
  const given = interval ?? (auditInterval === "0" ? undefined : auditInterval);
  return given === undefined ? undefined : wholeOf("--interval", given);
}

function wholeOf(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new UsageError(`${flag} ${text}: expected a whole number above 0`);
}
