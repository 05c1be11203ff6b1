import { readFileSync } from "node:fs";
import { type AuditOptions, openAuditLog, readAuditPolicy } from "@sallyport/apiserver";
import type { Command } from "commander";
import { UsageError } from "./errors.ts";
import { InputError, parseManifests } from "./manifests.ts";

/** kube-apiserver's flags of the audit log, by its names. */
export interface AuditFlags {
  readonly auditPolicyFile?: string;
  readonly auditLogPath?: string;
  readonly auditLogMaxsize: string;
  readonly auditLogMaxage: string;
  readonly auditLogMaxbackup: string;
}

/** Adds the flags. */
export function addAuditOptions(command: Command): Command {
  return command
    .option("--audit-policy-file <file>", "an audit.k8s.io/v1 Policy: which requests are told of, and how much")
    .option("--audit-log-path <file>", "where requests are told of, one JSON a line; - for standard output")
    .option("--audit-log-maxsize <megabytes>", "size at which the file is put aside for a new one; 0: never", "100")
    .option("--audit-log-maxage <days>", "how long files put aside are kept; 0: for ever", "366")
    .option("--audit-log-maxbackup <number>", "how many files put aside are kept; 0: all", "100");
}

/** What the flags say; undefined when nobody is to be told. Throws `UsageError` and `InputError`. */
export function auditOptions(flags: AuditFlags, write: (text: string) => void): AuditOptions | undefined {
  const { auditPolicyFile: file, auditLogPath: path } = flags;
  if (path === undefined) return undefined;
  if (file === undefined) throw new UsageError("--audit-log-path: needs --audit-policy-file");
  const limits = {
    maxSizeMb: numberOf("--audit-log-maxsize", flags.auditLogMaxsize),
    maxAgeDays: numberOf("--audit-log-maxage", flags.auditLogMaxage),
    maxBackups: numberOf("--audit-log-maxbackup", flags.auditLogMaxbackup),
  };
  const policy = readAuditPolicy(parseManifests(file, textOf("--audit-policy-file", file))[0]?.value);
  if ("fault" in policy) throw new InputError(`${file}: ${policy.fault}`);
  if (path === "-") return { policy, sink: (event) => write(`${JSON.stringify(event)}\n`) };
  try {
    return { policy, sink: openAuditLog(path, limits, Date.now).write };
  } catch (error) {
    throw new UsageError(`--audit-log-path ${path}: ${(error as Error).message}`);
  }
}

function textOf(flag: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${flag} ${file}: ${(error as Error).message}`);
  }
}

function numberOf(flag: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`${flag} ${text}: expected a whole number`);
  return Number(text);
}
