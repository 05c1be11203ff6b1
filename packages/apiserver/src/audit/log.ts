import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import type { AuditEvent } from "./auditor.ts";

/** kube-apiserver's `--audit-log-maxsize`, `-maxage` and `-maxbackup`. 0 is without limit. */
export interface AuditLogOptions {
  /** Of one file, in MiB. */
  readonly maxSizeMb: number;
  readonly maxAgeDays: number;
  readonly maxBackups: number;
}

export interface AuditLog {
  readonly write: (event: AuditEvent) => void;
  readonly close: () => void;
}

/** A log of one event a line. A full file is put aside under its name with the time, as kube-apiserver names them. Throws when it cannot be opened. */
export function openAuditLog(path: string, options: AuditLogOptions, now: () => number): AuditLog {
  mkdirSync(dirname(path), { recursive: true });
  let file = openSync(path, "a", 0o600);
  let size = statSync(path).size;
  const limit = options.maxSizeMb * 1024 * 1024;
  const rotate = () => {
    closeSync(file);
    renameSync(path, backupName(path, now()));
    file = openSync(path, "a", 0o600);
    size = 0;
    removeOld(path, options, now());
  };
  return {
    // Before the answer's connection is free again, so that no event is lost when the process ends.
    write: (event) => {
      const line = Buffer.from(`${JSON.stringify(event)}\n`);
      if (limit > 0 && size > 0 && size + line.length > limit) rotate();
      writeSync(file, line);
      size += line.length;
    },
    close: () => closeSync(file),
  };
}

function backupName(path: string, now: number): string {
  const extension = extname(path);
  const stamp = new Date(now).toISOString().slice(0, -1).replaceAll(":", "-");
  return join(dirname(path), `${basename(path, extension)}-${stamp}${extension}`);
}

function removeOld(path: string, { maxAgeDays, maxBackups }: AuditLogOptions, now: number): void {
  const extension = extname(path);
  const prefix = `${basename(path, extension)}-`;
  const backups = readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix) && name.endsWith(extension) && /-\d{4}-\d\d-\d\dT[\d.-]+/.test(name))
    .toSorted()
    .reverse()
    .map((name) => join(dirname(path), name));
  const isOld = (file: string) => maxAgeDays > 0 && now - statSync(file).mtimeMs > maxAgeDays * 24 * 3600 * 1000;
  for (const [i, file] of backups.entries()) if ((maxBackups > 0 && i >= maxBackups) || isOld(file)) rmSync(file);
}
