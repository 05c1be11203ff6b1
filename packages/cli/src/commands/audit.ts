import { Client, ConnectionError } from "@sallyport/cluster";
import type { AuditViolation } from "@sallyport/constraints";
import { StatusError } from "@sallyport/kube";
import { Command } from "commander";
import { connectionOf } from "../connection.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { addExternalDataOptions, type ExternalDataFlags, externalDataSettings } from "../external-data-flags.ts";
import { auditCluster } from "../gatekeeper/audit-cluster.ts";

interface AuditFlags extends ExternalDataFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly chunkSize: string;
  readonly violationsLimit: string;
  readonly interval?: string;
  readonly writeStatus?: boolean;
  readonly json?: boolean;
}

export function auditCommand(): Command {
  const command = new Command("audit")
    .description(
      "what a cluster holds against Gatekeeper's constraints in it: every violation, not only the first ones",
    )
    .option("--kubeconfig <file>", "how to reach the API server; in a pod its service account")
    .option("--context <name>", "another context of the kubeconfig than its current one")
    .option("--chunk-size <number>", "objects that are read at a time", "500")
    .option("--violations-limit <number>", "violations of each constraint that its status tells", "20")
    .option("--write-status", "write totalViolations, violations and auditTimestamp into the constraints' status")
    .option("--interval <seconds>", "begin anew so often, until it is stopped")
    .option("--json", "one JSON object a line for each violation");
  return addExternalDataOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  sallyport audit                               every violation, and how many of each constraint
  sallyport audit --json | jq -r .object.name
  sallyport audit --write-status --interval 60  in the place of Gatekeeper's audit pod

Exit status: 0 nothing is violated that is denied, 1 something is, 2 bad usage, 3 the cluster did not answer.`,
    )
    .action(runAudit);
}

async function runAudit(flags: AuditFlags): Promise<void> {
  const chunkSize = wholeOf("--chunk-size", flags.chunkSize);
  const violationsLimit = wholeOf("--violations-limit", flags.violationsLimit);
  const interval = flags.interval === undefined ? undefined : wholeOf("--interval", flags.interval);
  const externalData = externalDataSettings(flags);
  const client = new Client(connectionOf(flags));
  for (;;) {
    let denied = 0;
    const onViolation = (violation: AuditViolation) => {
      if ([violation.enforcementAction, ...violation.enforcementActions].includes("deny")) denied++;
      process.stdout.write(flags.json === true ? jsonLine(violation) : textLine(violation));
    };
    try {
      const writesStatus = flags.writeStatus === true;
      const audit = await auditCluster({
        client,
        chunkSize,
        violationsLimit,
        onViolation,
        writesStatus,
        externalData,
        now: Date.now,
      });
      if (flags.json !== true) process.stdout.write(`${audit.total} violations in ${audit.reviewed} objects\n`);
      process.exitCode = denied > 0 ? exitCodes.denied : exitCodes.ok;
    } catch (error) {
      if (!(error instanceof ConnectionError) && !(error instanceof StatusError)) throw error;
      process.stderr.write(`sallyport: audit: ${error.message}\n`);
      process.exitCode = exitCodes.failed;
    }
    if (interval === undefined) break;
    await new Promise((done) => setTimeout(done, interval * 1000));
  }
  client.close();
}

function wholeOf(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new UsageError(`${flag} ${text}: expected a whole number above 0`);
}

function placeOf({ object: { apiVersion, kind, metadata } }: AuditViolation) {
  const { name = "", namespace } = metadata;
  return { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }), name };
}

function jsonLine(violation: AuditViolation): string {
  const { constraint, message, enforcementAction, enforcementActions } = violation;
  return `${JSON.stringify({
    constraint: { kind: constraint.kind, name: constraint.name },
    object: placeOf(violation),
    enforcementAction,
    ...(enforcementActions.length === 0 ? {} : { enforcementActions }),
    message,
  })}\n`;
}

function textLine(violation: AuditViolation): string {
  const { kind, namespace, name } = placeOf(violation);
  const { constraint, message, enforcementAction } = violation;
  const place = `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
  return `${place}  ${enforcementAction}  [${constraint.kind}/${constraint.name}] ${message}\n`;
}
