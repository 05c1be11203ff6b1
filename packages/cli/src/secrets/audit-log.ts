import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { AuditEvent } from "@sallyport/secrets";
import { reasonOf } from "../errors.ts";
import { InputError } from "../manifests.ts";

/** Longer lines are no events: an object of a request and one of its answer have 3 MiB each at most. */
const maxLineLength = 16 * 1024 * 1024;

/** Events of a log of kube-apiserver: a JSON object a line, also lists of them as webhooks are sent; `-` is standard input. Throws `InputError`. */
export async function* auditEvents(file: string): AsyncGenerator<AuditEvent> {
  const input = file === "-" ? process.stdin : createReadStream(file);
  let line = 0;
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      line++;
      if (text.trim() !== "") yield* eventsOf(text, `${file}:${line}`);
    }
  } catch (error) {
    throw error instanceof InputError ? error : new InputError(`${file}: ${reasonOf(error)}`);
  }
}

function eventsOf(text: string, place: string): readonly AuditEvent[] {
  if (text.length > maxLineLength) throw new InputError(`${place}: longer than ${maxLineLength} letters`);
  const value = parsed(text, place);
  if (value.kind === "EventList" && Array.isArray(value.items)) return value.items.filter(isOver);
  if (value.kind !== "Event" || !String(value.apiVersion).startsWith("audit.k8s.io/"))
    throw new InputError(`${place}: expected an Event of audit.k8s.io/v1, one a line, as --audit-log-path has them`);
  return isOver(value) ? [value] : [];
}

interface Line extends AuditEvent {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly stage?: string;
  readonly items?: readonly Line[];
}

function parsed(text: string, place: string): Line {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Line;
  } catch {
    // Told below, in one line.
  }
  throw new InputError(`${place}: no JSON object; a log has one a line`);
}

/** What was only received was not yet decided about. */
function isOver({ stage }: Line): boolean {
  return stage !== "RequestReceived";
}
