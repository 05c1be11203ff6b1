import { builtArguments } from "../../scripts/node-arguments.ts";
import { type DecisionReport, run as runDecisions } from "../decisions/bench.ts";
import { findOpaCommand } from "../rego/peers.ts";
import { putLast } from "../rego/puts.ts";

/** A PUT over HTTP when it is the nth policy of a server, milliseconds. */
export interface PolicyPut {
  readonly policies: number;
  readonly sallyport: number;
  readonly opa: number | undefined;
}

export interface PolicyServerReport {
  readonly puts: readonly PolicyPut[];
  readonly decisions: DecisionReport;
}

const sizes = [10, 100, 1000];

/** What a policy server is asked for all day: policies one by one, decisions, and decisions that are logged. */
export async function run(progress: (text: string) => void): Promise<PolicyServerReport> {
  const peer = findOpaCommand();
  const puts: PolicyPut[] = [];
  for (const policies of sizes) {
    progress(`the ${policies}th policy`);
    const sallyport = await putLast([process.execPath, ...builtArguments, "opa"], policies);
    const opa = "file" in peer ? await putLast([peer.file], policies) : undefined;
    puts.push({ policies, sallyport, opa });
  }
  return { puts, decisions: await runDecisions(progress) };
}
