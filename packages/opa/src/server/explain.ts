import { type ExplainMode, type RecordedEvent, TraceBuffer, traceEventsJson, traceRows } from "@sallyport/rego";
import { printableAst } from "../answers/ast-printable.ts";
import type { Printable } from "../answers/json-text.ts";
import { isOn, type ServerRequest } from "./exchange.ts";

const modes: readonly string[] = ["notes", "fails", "full", "debug"];

/** `?explain=full`; what is no mode is off. */
export function explainMode({ query }: ServerRequest): ExplainMode {
  const mode = query.get("explain") ?? "off";
  return modes.includes(mode) ? (mode as ExplainMode) : "off";
}

export function traceFor(request: ServerRequest): TraceBuffer {
  return new TraceBuffer({ locals: !isOn(request, "pretty") });
}

/** Lines of text for people, events for programs. */
export function explanation(request: ServerRequest, events: readonly RecordedEvent[]): Printable {
  // As OPA, which cuts a text into lines: of nothing there is one.
  return isOn(request, "pretty")
    ? events.length === 0
      ? [""]
      : traceRows(events).map((cells) => cells.join(""))
    : printableAst(traceEventsJson(events));
}
