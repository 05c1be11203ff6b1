import { StatusError } from "@sallyport/kube";
import { type Format, mediaTypes } from "./negotiate.ts";

const writes: readonly Format[] = ["json", "yaml", "protobuf"];
const streams: readonly Format[] = ["json", "protobuf"];

/** No such resource, or no such version of it. */
export function notServed(): StatusError {
  return new StatusError("NotFound", "the server could not find the requested resource", {});
}

export function methodNotAllowed(): StatusError {
  return new StatusError("MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}

/** `type` and `form` as negotiation tells them. */
export function notAcceptable(refused: "type" | "form", verb: string, formats: readonly Format[]): StatusError {
  const whole = writes.filter((each) => formats.includes(each)).map((each) => mediaTypes[each]);
  const parts = streams.filter((each) => formats.includes(each)).map((each) => `${mediaTypes[each]};stream=watch`);
  if (refused === "type") {
    // A collection is listed and watched at one path, which offers both.
    const offered = verb === "list" || verb === "watch" ? [...whole, ...parts] : whole;
    const message = `406: Not Acceptable\n\nAvailable representations: ${offered.join(", ")}`;
    return new StatusError("NotAcceptable", message, {});
  }
  const accepted = verb === "watch" ? parts : whole;
  return new StatusError("NotAcceptable", `only the following media types are accepted: ${accepted.join(", ")}`);
}
