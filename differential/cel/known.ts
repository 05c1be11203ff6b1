import type { CelDifference } from "./run.ts";

/** Why a difference stays; undefined for one that is to be mended. */
export function knownReason({ theirs, ours }: CelDifference): string | undefined {
  const [their, our] = [theirs, ours].map((said) => said.map(firstSyntaxFault));
  const isSyntax = their?.every((each) => each !== undefined) && their.length > 0;
  if (isSyntax && JSON.stringify(their) === JSON.stringify(our))
    return "behind the first fault of syntax ANTLR goes on as best it can: that is told of the first one";
  return undefined;
}

/** `spec.field: …ERROR: <input>:1:7: Syntax error: …`, without the faults behind it. */
function firstSyntaxFault(message: string): string | undefined {
  return /^[\s\S]*?ERROR: <input>:\d+:\d+: Syntax error: [^\n]*/.exec(message)?.[0];
}
