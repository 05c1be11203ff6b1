import { createWriteStream, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type AuditViolation, type DiskConnection, exportBoundary, exportMessage } from "@sallyport/constraints";
import { timestampOf } from "./audit-output.ts";

/** One audit's violations as a file of JSON lines, as Gatekeeper's driver `disk` writes it. */
export interface DiskExport {
  /** Resolves when more may be written. Rejects when the disk does not take it. */
  readonly violation: (violation: AuditViolation) => Promise<void>;
  /** The file gets the name by which readers know that it is whole; what is older than is kept is removed. */
  readonly end: () => Promise<void>;
  /** The audit was broken off: nothing is left of its file. */
  readonly drop: () => void;
}

/**
 * Begins a file `PATH/CHANNEL/TIME.txt`, which is `.log` when it is whole. Throws what the file system says. Gatekeeper locks the file while it
 * writes, which Node cannot; a reader goes by the name.
 */
export function exportToDisk({ path, maxAuditResults }: DiskConnection, channel: string, at: number): DiskExport {
  const id = timestampOf(at);
  const folder = join(path, channel);
  mkdirSync(folder, { recursive: true });
  const name = join(folder, id.replaceAll(":", "_"));
  const stream = createWriteStream(`${name}.txt`, { flags: "a" });
  let fault: Error | undefined;
  stream.on("error", (error) => {
    fault = error;
  });
  const line = (message: object) =>
    new Promise<void>((taken, refused) => {
      if (fault !== undefined) return refused(fault);
      const isRoom = stream.write(`${JSON.stringify(message)}\n`);
      if (isRoom) return taken();
      stream.once("drain", taken).once("error", refused);
    });
  const started = line(exportBoundary("started", id));
  return {
    violation: async (each) => {
      await started;
      await line(exportMessage(each, id));
    },
    end: async () => {
      await started;
      await line(exportBoundary("completed", id));
      await new Promise<void>((done, refused) =>
        stream.end((error?: Error | null) => (error ? refused(error) : done())),
      );
      renameSync(`${name}.txt`, `${name}.log`);
      removeOld(folder, maxAuditResults);
    },
    drop: () => {
      stream.destroy();
      rmSync(`${name}.txt`, { force: true });
    },
  };
}

/** All but the newest, so many as are kept. */
function removeOld(folder: string, kept: number): void {
  const files = readdirSync(folder)
    .filter((name) => /^\d{4}-\d\d-\d\dT[\d_]+Z\.(log|txt)$/.test(name))
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs || (a < b ? -1 : 1));
  for (const each of files.slice(0, Math.max(0, files.length - kept))) rmSync(each, { force: true });
}
