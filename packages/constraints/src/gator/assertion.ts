import { RE2JS, RE2JSException } from "re2js";
import type { Assertion, Count } from "./suite.ts";

/** What is wrong with the messages of a case's violations, in gator's words; undefined where the assertion holds. */
export function assertionFault({ violations, message }: Assertion, messages: readonly string[]): string | undefined {
  const matching = message === undefined ? messages : matchingOf(message, messages);
  if (typeof matching === "string") return matching;
  const fault = countFault(violations, matching.length, message);
  return fault && `${fault}: got messages [${messages.join(" ")}]`;
}

function countFault(violations: Count, found: number, message: string | undefined): string | undefined {
  if (violations === "invalid")
    return 'invalid yaml: assertion.violation, if set, must be a nonnegative integer, "yes", or "no"';
  const wanted = wantedText(violations, found);
  if (wanted === undefined) return undefined;
  const about = message === undefined ? "" : ` containing ${JSON.stringify(message)}`;
  return `unexpected number of violations: got ${found} violations${about} but want ${wanted}`;
}

function matchingOf(pattern: string, messages: readonly string[]): readonly string[] | string {
  // Without messages nobody looks at the pattern.
  if (messages.length === 0) return messages;
  try {
    const regex = RE2JS.compile(pattern);
    return messages.filter((each) => regex.matcher(each).find());
  } catch (error) {
    if (error instanceof RE2JSException)
      return `message contains invalid regular expression: error parsing regexp: ${error.message.replace(/^error parsing regexp: /, "")}`;
    throw error;
  }
}

function wantedText(violations: Exclude<Count, "invalid">, found: number): string | undefined {
  if (violations === "yes") return found > 0 ? undefined : "at least 1";
  if (violations === "no") return found === 0 ? undefined : "none";
  return found === violations ? undefined : `exactly ${violations}`;
}
