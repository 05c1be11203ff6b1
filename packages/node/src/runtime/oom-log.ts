import {
  close as closeCallback,
  constants,
  existsSync,
  open as openCallback,
  read as readCallback,
  readFileSync,
} from "node:fs";
import { promisify } from "node:util";

const [open, close, read] = [promisify(openCallback), promisify(closeCallback), promisify(readCallback)];

/** How many processes the kernel had ended for want of memory, and the last line of its log, at some moment. */
export interface OomMark {
  readonly kills: number;
  readonly sequence: number;
}

const counters = "/proc/vmstat";
/** Longer than any record: reading one into less is refused. */
const maxRecordBytes = 8192;

/**
 * What the kernel ended for want of memory, by its counter and its log. A cgroup tells it too, but is gone by the time that a runtime
 * says that its container has ended.
 */
export class OomLog {
  #last: OomMark = { kills: 0, sequence: -1 };

  /** Now: to be taken before a container starts. */
  async mark(): Promise<OomMark> {
    const kills = countKills();
    if (kills !== this.#last.kills) this.#last = { kills, sequence: (await readRecords()).at(-1)?.sequence ?? -1 };
    return this.#last;
  }

  /** Whether a process of a cgroup was ended since. Where the log cannot be read, one that SIGKILL ended counts as such. */
  async hasKilled(cgroup: string, since: OomMark, wasKilled: boolean): Promise<boolean> {
    if (countKills() === since.kills) return false;
    const records = await readRecords();
    if (records.length === 0) return wasKilled;
    return records.some(
      ({ sequence, text }) =>
        sequence > since.sequence &&
        text.startsWith("oom-kill:") &&
        text.split(",").some((each) => each.startsWith("task_memcg=") && each.endsWith(cgroup)),
    );
  }
}

function countKills(): number {
  const text = existsSync(counters) ? readFileSync(counters, "utf8") : "";
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
}

/** All of the kernel's log that is still there: `PRIORITY,SEQUENCE,MICROSECONDS,…;TEXT`, one record a read. None where it cannot be read. */
async function readRecords(): Promise<readonly { readonly sequence: number; readonly text: string }[]> {
  const file = await open("/dev/kmsg", constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined) return [];
  const records: { sequence: number; text: string }[] = [];
  const buffer = Buffer.alloc(maxRecordBytes);
  try {
    for (;;) {
      const line = await nextRecord(file, buffer);
      if (line === undefined) return records;
      const [head = "", text = ""] = line.split(/;(.*)/s);
      records.push({ sequence: Number(head.split(",")[1]), text });
    }
  } finally {
    await close(file);
  }
}

async function nextRecord(file: number, buffer: Buffer): Promise<string | undefined> {
  try {
    const { bytesRead } = await read(file, buffer, 0, buffer.length, null);
    return bytesRead === 0 ? undefined : buffer.toString("utf8", 0, bytesRead);
  } catch (error) {
    // Records that were overwritten while we read.
    if ((error as NodeJS.ErrnoException).code === "EPIPE") return nextRecord(file, buffer);
    return undefined;
  }
}
